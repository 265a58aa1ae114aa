"""What do hosts say?"""


def full(partition: str) -> str:
    """What a host says of a partition whose quarantine holds the two records that it may."""
    return (
        f"{partition}: 2 records are in quarantine, and the next can't be read either; "
        "`tenure quarantine list` shows them: replay or discard some, and it goes on."
    )
