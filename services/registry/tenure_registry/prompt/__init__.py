"""A prompt: revisions that never change."""
