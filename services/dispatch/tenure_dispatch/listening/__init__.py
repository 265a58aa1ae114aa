"""Server-sent events, for whoever would rather listen than be called."""
