"""What a deployment costs, and whether the platform fits on its nodes, before it is made."""
