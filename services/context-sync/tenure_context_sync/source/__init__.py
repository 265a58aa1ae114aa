"""A source is what a connector writes changes of."""
