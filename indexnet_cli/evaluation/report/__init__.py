"""The report of an evaluation as one web page."""
