"""Kubernetes objects as plain data: what identifies one, and what stands in it."""
