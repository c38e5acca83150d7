"""What survives a restart: the encrypted vault and the key that opens it."""
