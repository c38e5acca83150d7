"""The use cases; they own the order of things."""
