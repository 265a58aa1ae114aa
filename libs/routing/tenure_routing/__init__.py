"""Which release answers a request? The one answer to that, for routers, gateways and the service itself."""

from tenure_routing.assignment import Choice, assign, choose, mirrored, place_of
from tenure_routing.record import Arm, HeaderArm, Mirror, Route

__all__ = ["Arm", "Choice", "HeaderArm", "Mirror", "Route", "assign", "choose", "mirrored", "place_of"]
