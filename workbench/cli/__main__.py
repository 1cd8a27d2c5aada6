"""``python -m workbench.cli``."""

import sys

from workbench.cli.program import main

if __name__ == "__main__":
    sys.exit(main())
