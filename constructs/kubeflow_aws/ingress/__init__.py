"""Constructs around the load balancer that the Ingress becomes."""
