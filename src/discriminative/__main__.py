"""``python -m discriminative``."""

import sys

from discriminative.cli import main

if __name__ == "__main__":
    sys.exit(main())
