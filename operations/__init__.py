"""What an operator runs beside the CDK: checks, plans and estimates of a deployment."""
