"""Continuous delivery: the pipeline, what it builds with, and what it checks."""
