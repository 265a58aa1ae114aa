"""Subscriptions: who wants which events, at which address."""
