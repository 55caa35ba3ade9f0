"""Let ``python -m stancekit.cli`` be the command line."""

import sys

from stancekit.cli import main

sys.exit(main())
