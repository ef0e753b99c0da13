"""The pinned upstream sources, until they lie in the cache: locked, fetched, read, linked."""
