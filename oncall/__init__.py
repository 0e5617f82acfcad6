"""OnCall: voice-call welfare checks for municipal welfare teams."""

__version__ = "0.1.0"
