"""4. Understand what was said."""
