"""Offers: searching, filtering, hosts, prices. Plain Python without a screen."""
