"""The stand-in for Twilio: its telephone network, REST interface, webhooks, TwiML and media streams."""
