"""An airline scores departure delays: a model's life on real data."""
