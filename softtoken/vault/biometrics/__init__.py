"""Fingers and faces: what each system offers to open a credential with, behind one Protocol (docs/biometrics.md)."""
