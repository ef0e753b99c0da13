"""Files of this project: read strictly, kept whole, and what a mistake in one is called."""
