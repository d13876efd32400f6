"""`python -m portable_dagger.cli`: what the wrapper `dagger` runs."""

import sys

# Compiling the sources at every start would take longer than most commands; PYTHONDONTWRITEBYTECODE, which base images
# like to set, is about other programs.
sys.dont_write_bytecode = False

from portable_dagger.cli.main import main  # noqa: E402

sys.exit(main(sys.argv[1:]))
