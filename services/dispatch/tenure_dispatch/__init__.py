"""Dispatch: accepted events, delivered to those outside."""
