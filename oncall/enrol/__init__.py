"""1. Whom may we call, and on whose consent."""
