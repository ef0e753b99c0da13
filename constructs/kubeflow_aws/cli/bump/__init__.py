"""Pins other versions of upstream sources, and shows what they change."""
