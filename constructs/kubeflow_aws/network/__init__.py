"""The network that the cluster lives in."""
