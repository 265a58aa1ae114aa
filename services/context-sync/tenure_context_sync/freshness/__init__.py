"""How old is what a model reads, and is its source idle or dead?"""
