"""A snapshot pins a range of a source's changes."""
