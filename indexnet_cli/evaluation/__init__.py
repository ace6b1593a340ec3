"""Whole sets of mattes against their ground truth: layouts, pairing, scoring, comparison."""
