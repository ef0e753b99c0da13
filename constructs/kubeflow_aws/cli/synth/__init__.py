"""Synthesizes a deployment, and sums it up."""
