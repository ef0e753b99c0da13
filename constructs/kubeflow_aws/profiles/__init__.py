"""The profiles of the deployment file as Kubernetes objects: their people, walls and files."""
