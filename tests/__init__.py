"""Tests mirror the stages; journeys tell whole stories, shape guards the layout."""
