"""Webhooks: signed, tried again, and given up only on the record."""
