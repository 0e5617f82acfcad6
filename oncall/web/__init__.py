"""The frame of the pages: rendering, sign-in, access, forms, live updates and languages."""
