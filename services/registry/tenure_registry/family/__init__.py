"""A family: what its models inherit."""
