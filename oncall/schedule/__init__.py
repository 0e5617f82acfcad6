"""2. When is the next check-in, and who has a free line for it."""
