"""The stand-ins: a telephone carrier, a model and the people who pick up, speaking the real protocols locally."""
