"""A deployment is a model in an environment: its releases, its rollouts, its route."""
