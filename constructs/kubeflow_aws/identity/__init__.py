"""Constructs of sign-in with Amazon Cognito."""
