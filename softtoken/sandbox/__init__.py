"""A local server that plays the IAA tenant and verifies real codes."""
