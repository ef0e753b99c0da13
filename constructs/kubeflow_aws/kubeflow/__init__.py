"""Constructs that apply the platform's components to a cluster."""
