"""From image and trimap arrays of any size to an alpha matte of the same size."""
