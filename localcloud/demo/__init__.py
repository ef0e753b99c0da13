"""`make demo`: a whole deployment with the real CDK CLI, shown while it happens."""
