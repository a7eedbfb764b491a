"""`python -m recycling` is the command `recycling`."""

import sys

from recycling.commands.program import main

sys.exit(main())
