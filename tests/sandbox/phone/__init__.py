"""The stand-in carrier, tested with the official client and an office of its own."""
