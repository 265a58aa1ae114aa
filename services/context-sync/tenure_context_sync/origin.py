"""Which event does something come of that only time, or what came of a source, makes due?"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Origin:
    """The event that declared it. A verdict that comes and goes for months starts from here each time.

    From the stream's last event each would be one hop further, and look like reactions running in a circle.
    """

    event_id: str
    correlation_id: str
    hops: int
