"""Constructs of the artifacts: the bucket, and who may read and write what in it."""
