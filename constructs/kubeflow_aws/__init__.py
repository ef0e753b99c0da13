"""Kubeflow on Amazon EKS: the construct library behind this application."""
