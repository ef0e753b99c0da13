"""What CloudFormation resource types do: one module per family of services."""
