"""Other versions of upstream sources: when they must come; tried, compared and pinned."""
