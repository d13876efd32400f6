"""`python -m portable_dagger.cli`: what the wrapper `dagger` runs."""

import sys

from portable_dagger.cli.main import main

sys.exit(main(sys.argv[1:]))
