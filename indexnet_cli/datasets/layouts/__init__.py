"""Training folders on disk, a file for each layout: which pictures belong together."""
