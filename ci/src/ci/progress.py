"""What a function says while it works; its answer is not the place for that."""

import sys


def progress(text: str) -> None:
    """Say something to who watches the call: standard error is shown live, and is no part of the answer."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()
