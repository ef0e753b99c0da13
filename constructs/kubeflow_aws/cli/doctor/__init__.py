"""Looks, before a deployment, at everything outside of this project that could stop it."""
