"""A policy says what a version needs to get further, and who may let it."""
