"""The frame of the pages: who is looking, in which language, and what every page shares."""
