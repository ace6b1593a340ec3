"""Build composed training and test sets, as the published scripts do."""
