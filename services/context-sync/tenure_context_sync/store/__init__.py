"""The newest rows of every source in Postgres, and how far each source has come."""
