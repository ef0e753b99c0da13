"""Constructs of the platform's names: hosted zone and certificates."""
