"""Budgets, measured: `make bench`."""
