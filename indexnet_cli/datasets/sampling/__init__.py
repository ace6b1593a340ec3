"""How the published trainers and ours draw samples from scenes, a file for each of them."""
