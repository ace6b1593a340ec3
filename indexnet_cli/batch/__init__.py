"""Many pictures: finding and pairing them, the pipeline, and what is done already."""
