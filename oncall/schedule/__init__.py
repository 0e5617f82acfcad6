"""Stage 2, when is the next check-in: it promises that every slot is laid out once and dialled only when it may be."""
