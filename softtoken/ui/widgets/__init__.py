"""Painted controls that several views share."""
