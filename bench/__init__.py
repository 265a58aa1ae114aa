"""How fast is it, beside the physical limit or a peer measured in the same run?"""
