"""A freeze is a time in which nothing may move."""
