"""The people who pick up: who answers which number, what they say, and when they have heard enough."""
