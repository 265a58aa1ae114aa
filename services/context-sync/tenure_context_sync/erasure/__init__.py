"""Personal data: sealed at the door, opened for those who may, erased for all."""
