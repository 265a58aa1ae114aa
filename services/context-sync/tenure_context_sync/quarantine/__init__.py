"""Who is told of the records that can't be read?"""
