"""Picture files and arrays: reading, writing, trimaps, foreground colours and composites."""
