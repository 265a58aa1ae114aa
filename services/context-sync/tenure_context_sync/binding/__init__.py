"""A binding says which context a model reads, and how fresh it must be."""
