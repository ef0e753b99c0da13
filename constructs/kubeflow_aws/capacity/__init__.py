"""Whether the platform fits on the nodes that a deployment file gives it."""
