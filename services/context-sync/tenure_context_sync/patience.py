"""How long may a source show nothing before that means something?"""


def patience_seconds(every_seconds: int) -> int:
    """How long a source that shows so often that it lives may show nothing: twice that.

    Never less than once and two looks of a second: what is known of a source that beats each second may be a beat and
    a look old, and would pass for dead by the least delay more.
    """
    return max(2 * every_seconds, every_seconds + 2)
