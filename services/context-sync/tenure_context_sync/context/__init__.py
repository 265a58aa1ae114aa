"""A context is a declared view over a source."""
