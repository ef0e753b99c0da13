"""What the Lambda functions of this application have in common."""
