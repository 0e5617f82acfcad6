"""The stand-in OpenAI: realtime conversations, transcription, responses, speech and the list of models."""
