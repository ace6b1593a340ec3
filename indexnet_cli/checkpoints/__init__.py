"""Checkpoints: what is known of them, where they lie, and how they are read safely."""
