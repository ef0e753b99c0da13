"""Backups that AWS Backup makes."""
