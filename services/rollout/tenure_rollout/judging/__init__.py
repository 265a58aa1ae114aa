"""Is a candidate worse than its champion by more than was allowed, told so that looking at any time is sound?"""
