"""Callers: which consumers were seen in a model's traffic, and which have gone quiet."""
