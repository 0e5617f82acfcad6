"""3. Speak with the resident."""
