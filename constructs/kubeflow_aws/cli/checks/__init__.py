"""What doctors and the smoke check find, one check a thing, and how it is shown."""
