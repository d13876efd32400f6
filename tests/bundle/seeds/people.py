"""Failures that hang on who runs a command."""

from __future__ import annotations

from typing import Final

from tests.bundle.pipeline import COPIED, DEBIAN, PYTHON, execute, run
from tests.bundle.seed import Seed, fixed

SEEDS: Final = (
    Seed(
        "permission",
        "a user writes where only root may",
        {"write.sh": "id -un\necho result > /src/result.txt\n"},
        2,
        "Permission denied",
        run(DEBIAN, "with-user nobody", execute("sh write.sh"), source=COPIED),
        altered=(fixed({"write.sh": "id -un\necho result > /tmp/result.txt\n"}),),
    ),
    Seed(
        "not-executable",
        "a script lacks the mode to be run",
        {"run.sh": "#!/bin/sh\necho ran\n"},
        1,
        "(?i)permission denied",
        run(DEBIAN, execute("./run.sh")),
    ),
    Seed(
        "user-id",
        "a user has no entry in the password file",
        {"who.py": "import os\nimport pwd\n\nprint(pwd.getpwuid(os.getuid()).pw_name)\n"},
        1,
        "uid not found: 1234",
        run(PYTHON, "with-user 1234:1234", execute("python3 who.py")),
        altered=(fixed({"who.py": "import os\n\nprint(os.getuid())\n"}),),
    ),
)
