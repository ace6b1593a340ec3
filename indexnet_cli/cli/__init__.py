"""The command line: one file a command. Only here typer and rich are known."""
