"""How do events of older schemas read as the newest? None has changed yet."""

from tenure_codec.binding import Upcaster

UPCASTERS: dict[str, Upcaster] = {}
