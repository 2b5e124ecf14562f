"""`python -m lookup` is the command line."""

import sys

from lookup.cli.main import main

sys.exit(main())
