"""The EKS cluster: control plane, nodes, add-ons and the way manifests reach it."""
