"""Audits the images of a deployment."""
