"""`python -m benchmarks`, see `program`."""

import sys

from benchmarks.program import main

if __name__ == "__main__":
    main(sys.argv[1:])
