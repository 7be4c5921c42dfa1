"""Exit status 0 if the backend named on the command line can be imported, 1 with a line that says so if not."""

import importlib.util
import sys

if importlib.util.find_spec(sys.argv[1]) is None:
    print(f"{sys.argv[1]} is not installed: its tests are left out (make test-all installs it)")
    sys.exit(1)
