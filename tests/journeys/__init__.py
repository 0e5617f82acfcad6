"""Whole stories through the sandbox, as sentences."""
