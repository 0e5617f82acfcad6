"""The call stage."""
