"""Upkeep: what keeps rows, keys, copies and promises whole; no stage, and no stage knows of it."""
