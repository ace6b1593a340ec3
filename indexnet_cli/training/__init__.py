"""Losses, recipes, initialisation, the training loop and its snapshots."""
