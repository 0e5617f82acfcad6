"""Tests of the stand-in OpenAI, with OpenAI's own client."""
