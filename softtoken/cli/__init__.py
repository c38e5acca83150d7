"""The same controller from a terminal."""
