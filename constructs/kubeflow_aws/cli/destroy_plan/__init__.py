"""What `cdk destroy --all` would leave behind, and what would stop it, said beforehand."""
