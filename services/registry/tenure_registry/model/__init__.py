"""A model: its versions, what is known of them, who let them through, and how they end."""
