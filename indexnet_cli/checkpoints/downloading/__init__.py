"""Checkpoint files from their published addresses into the cache: resumed, verified, locked."""
