"""Failures that hang on files: their order, presence, links, room."""

from __future__ import annotations

from typing import Final

from tests.bundle.pipeline import COPIED, DEBIAN, PYTHON, execute, run, variable
from tests.bundle.seed import NONCE, Seed, changed, fixed

_ORDER: Final = """\
import os
import sys

names = os.listdir("parts")
sys.exit(0 if names == sorted(names) else "parts are not read in their order")
"""

_SETTINGS: Final = """\
import sys

import settings

try:
    import local_settings as local
except ModuleNotFoundError:
    local = settings
sys.exit(f"debug is on in {local.__name__}" if local.DEBUG else 0)
"""

_GIT: Final = ("git", "-c", "user.name=corpus", "-c", "user.email=corpus@example.org")

SEEDS: Final = (
    Seed(
        "file-order",
        "a folder is read in the order that the file system gives",
        {
            "main.py": _ORDER,
            **{f"parts/{number:02}-part.ini": f"[{number}]\n" for number in range(30)},
        },
        1,
        "not read in their order",
        run(PYTHON, execute("python3 main.py")),
        altered=(
            fixed(
                {"main.py": _ORDER.replace('os.listdir("parts")', 'sorted(os.listdir("parts"))')}
            ),
        ),
    ),
    Seed(
        "missing-file",
        "a file that the program reads was never added",
        {"main.py": "print(open('config/app.toml').read())\n"},
        1,
        "FileNotFoundError",
        run(PYTHON, execute("python3 main.py"), source=COPIED),
        altered=(
            fixed({"config/app.toml": "port = 8000\n"}),
            changed("IsADirectoryError", {"config/app.toml/keep": ""}),
        ),
    ),
    Seed(
        "untracked-file",
        "a file that git does not know makes the difference",
        {
            "main.py": _SETTINGS,
            "settings.py": "DEBUG = False\n",
            "local_settings.py": "DEBUG = True\n",
        },
        1,
        "debug is on in local_settings",
        run(PYTHON, execute("python3 main.py")),
        prepare=(
            ("git", "init", "--quiet"),
            ("git", "add", "main.py", "settings.py"),
            (*_GIT, "commit", "--quiet", "--message", "without local settings"),
        ),
        altered=(fixed({"local_settings.py": "DEBUG = False\n"}),),
    ),
    Seed(
        "symlink-loop",
        "two links lead to each other",
        {"notes.txt": "kept\n"},
        1,
        "Too many levels of symbolic links",
        run(DEBIAN, execute("cat first")),
        links={"first": "second", "second": "first"},
    ),
    Seed(
        "read-only",
        "a command writes to a mount that is read-only",
        {"write.sh": "echo result > result.txt\n"},
        2,
        "Read-only file system",
        run(
            DEBIAN,
            execute("sh write.sh"),
            source="with-mounted-directory --read-only /src $src | with-workdir /src",
        ),
        altered=(fixed({"write.sh": "echo result > /tmp/result.txt\n"}),),
    ),
    Seed(
        "full",
        "a temporary file system has no room left",
        {"fill.sh": "head -c 2000000 /dev/zero > /scratch/zeros\n"},
        1,
        "No space left on device",
        run(DEBIAN, "with-mounted-temp --size=1048576 /scratch", execute("sh fill.sh")),
        altered=(fixed({"fill.sh": "head -c 200000 /dev/zero > /scratch/zeros\n"}),),
    ),
    Seed(
        "cache-volume",
        "an entry of a cache volume is stale; a bundle takes no volumes along",
        {"main.sh": "! grep -s stale /cache/entry\n", "fill.sh": "echo stale > /cache/entry\n"},
        1,
        "stale",
        run(
            DEBIAN,
            "with-mounted-cache /cache $(cache-volume corpus)",
            variable("RUN", NONCE),
            execute("sh fill.sh"),
            execute("sh main.sh"),
        ),
        verdict="missing",
        missing="cache",
    ),
    Seed(
        "overwritten",
        "a command deletes its own source before it fails",
        {
            "main.sh": "grep -c . data.txt\nrm data.txt main.sh\necho all is gone\nexit 5\n",
            "data.txt": "1\n2\n",
        },
        5,
        "all is gone",
        run(DEBIAN, execute("sh main.sh")),
    ),
)
