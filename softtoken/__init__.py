"""Soft Token: a desktop soft token."""

__version__ = "0.1.0"
