"""How does something that others named get a name here?"""

import re
from hashlib import sha256

from tenure_registry.inbox.asks import named

MOST_KEPT = 100


def name_of(theirs: str) -> str:
    """Theirs where it is a name here; else what of it is one, and a hash, so that no two become the same."""
    if named(theirs):
        return theirs
    kept = re.sub(r"[^a-z0-9._-]+", "-", theirs.lower()).strip("-._")[:MOST_KEPT]
    return f"{kept or 'unnamed'}-{sha256(theirs.encode()).hexdigest()[:8]}"
