"""Self-contained web pages of mattes: templates, styles and scripts without a network."""
