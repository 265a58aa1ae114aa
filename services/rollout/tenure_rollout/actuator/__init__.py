"""An actuator is a gateway or router that turns routes into traffic."""
