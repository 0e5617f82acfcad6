"""5. A person takes it from here."""
