"""Lambda functions, run from their real code in local processes."""
