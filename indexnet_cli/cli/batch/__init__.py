"""``indexnet batch``: folders, globs and lists of pictures to mattes, cut-outs and composites."""
