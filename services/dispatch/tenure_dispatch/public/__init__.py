"""The public topics: what was accepted, for those who don't check chains."""
