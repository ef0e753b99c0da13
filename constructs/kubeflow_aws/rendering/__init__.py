"""From pinned upstream sources to packs of Kubernetes objects: plain functions, no CDK."""
