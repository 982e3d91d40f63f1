"""``python -m zhida.cli``: the same as the command ``zhida``."""

from zhida.cli.app import main

if __name__ == "__main__":
    main()
