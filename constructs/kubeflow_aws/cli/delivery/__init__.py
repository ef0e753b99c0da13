"""What must be so outside of this project, that a pipeline may be trusted with deployments."""
