"""Errors of a matte against ground truth, as the published tables have them."""
