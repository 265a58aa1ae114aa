"""What turns routes into traffic: gateways of other makes, and how each is kept to what was decided."""
