"""How two sets of Kubernetes objects differ, and what Kubernetes or upstream says to that."""
