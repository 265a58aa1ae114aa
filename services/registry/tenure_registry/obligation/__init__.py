"""What a model owes because of what became of its training data."""
