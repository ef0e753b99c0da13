"""The rights that we give, held against what AWS and the makers of controllers publish."""
