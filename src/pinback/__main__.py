"""`python -m pinback` is `pinback`."""

import sys

from pinback.cli import main

sys.exit(main())
