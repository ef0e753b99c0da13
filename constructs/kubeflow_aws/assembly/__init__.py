"""Reads what a synth wrote: the stacks of a cloud assembly, their objects, what waits for what."""
