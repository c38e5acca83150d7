"""The root of every error that the environment causes."""


class SoftTokenError(Exception):
    """Something outside the product failed: a keyring, a file, a server.

    Subclasses carry data, never a translated sentence and never a secret; sentences are made in ui and cli.
    Expected outcomes (a wrong PIN, a refusal) are values in result events, not errors.
    """
