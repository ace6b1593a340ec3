"""``python -m indexnet_cli``: the same as ``indexnet``."""

from indexnet_cli.cli.main import main

if __name__ == "__main__":
    main()
