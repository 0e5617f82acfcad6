"""Upkeep: copies that can be brought back, keys that can be changed, words that are forgotten in time."""
