"""Training and validation pictures: the open pack, drawn mattes, compositions, trimaps, damage."""
