"""The command line: each command is a module, or a folder with its logic beside it."""
