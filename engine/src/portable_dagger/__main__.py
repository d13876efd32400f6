"""`python -m portable_dagger --state DIR`: the engine's process, as the command line starts it.

A start is mostly imports, and two things would make them a quarter longer. The garbage collector looks through the
objects that they make again and again and finds nothing; once they are frozen, it looks at them no more. And aiohttp
reads the file of certificate authorities twice for clients, which the engine does not use.
"""

import gc
import os

gc.disable()
authorities = os.environ.pop("SSL_CERT_FILE", None)

from portable_dagger.engine import main  # noqa: E402

if authorities is not None:
    os.environ["SSL_CERT_FILE"] = authorities
gc.freeze()
gc.enable()
main()
