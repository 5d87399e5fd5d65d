"""Logs: every line once, in order, made harmless."""
