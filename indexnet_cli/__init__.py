"""IndexNet matting: image and trimap in, alpha matte out."""
