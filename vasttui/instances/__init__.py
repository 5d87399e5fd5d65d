"""Instances: where they are in their life, and what deserves a look. Plain Python without a screen."""
