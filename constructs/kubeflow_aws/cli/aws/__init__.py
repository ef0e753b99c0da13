"""What every command that asks AWS shares: credentials, clients, and the stacks that are there."""
