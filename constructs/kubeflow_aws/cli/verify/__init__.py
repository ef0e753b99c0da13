"""Proves that a deployment works: runs a pipeline and shows what it left in S3 and in RDS."""
