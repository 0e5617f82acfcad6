"""6. What did it achieve."""
