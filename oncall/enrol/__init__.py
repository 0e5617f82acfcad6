"""Stage 1, whom may we call and on whose consent: it promises that nobody is called who is not on the roster with a yes."""
