"""How packs of objects reach a cluster: their order, how many at once, when the next may."""
