"""What do a source's rows look like, when does that change, and whom does it hit?"""
