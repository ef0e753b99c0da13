"""Constructs of the metadata database: RDS for MySQL, its credentials and their rotation."""
