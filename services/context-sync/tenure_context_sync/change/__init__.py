"""What does a record of a change topic say? One module a format."""
