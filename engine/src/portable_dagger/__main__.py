"""`python -m portable_dagger --state DIR`: the engine's process, as the command line starts it.

A start is mostly imports. The two processes that only watch the engine do not need them, and so are forked before. Two
things would make them a quarter longer: the garbage collector looks through the objects that they make again and again
and finds nothing (once they are frozen, it looks at them no more), and aiohttp reads the certificate authorities twice
for clients, which the engine does not use.
"""

from __future__ import annotations

import argparse
import gc
import os
from pathlib import Path

from portable_dagger.runtime import launcher


def run(started: launcher.Started) -> None:
    """Import the engine and run it, in the namespaces that the launcher made."""
    authorities = os.environ.pop("SSL_CERT_FILE", None)
    from portable_dagger import engine  # noqa: PLC0415  not in the processes that watch

    if authorities is not None:
        os.environ["SSL_CERT_FILE"] = authorities
    gc.freeze()
    gc.enable()
    engine.run(started)


def main() -> None:
    """Start the engine for a state directory."""
    parser = argparse.ArgumentParser(prog="portable_dagger", description=__doc__)
    parser.add_argument("--state", type=Path, required=True, help="the state directory")
    launcher.launch(parser.parse_args().state, run)


gc.disable()
main()
