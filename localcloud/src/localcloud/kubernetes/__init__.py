"""The Kubernetes API of each emulated EKS cluster."""
