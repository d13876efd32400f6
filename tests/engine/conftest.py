"""What all tests of the engine need."""

from __future__ import annotations

import signal

# A shell starts what it puts in the background with SIGINT ignored, and children inherit that: tests that send Ctrl-C
# to a command would wait for ever. A handler is not inherited, so children have the default again.
signal.signal(signal.SIGINT, signal.default_int_handler)
