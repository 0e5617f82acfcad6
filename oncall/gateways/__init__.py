"""The two doors to the outside world, the telephone and the model, and the shelf for recordings."""
