"""A context's view: how the values that a model reads come from the newest rows of the sources. Pure."""
