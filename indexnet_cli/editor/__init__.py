"""Painting a trimap in a page of the user's own browser, with a matte that follows the brush."""
