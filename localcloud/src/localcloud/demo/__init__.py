"""A whole CDK application, deployed with the real CDK CLI, shown while it happens."""
