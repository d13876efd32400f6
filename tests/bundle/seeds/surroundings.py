"""Failures that hang on variables, locale, time zone, clock, and the kind of processor."""

from __future__ import annotations

from typing import Final

from tests.bundle.pipeline import DEBIAN, PYTHON, execute, run, variable
from tests.bundle.seed import DEADLINE, Seed, changed, fixed

_MODE: Final = """\
import os

limits = {{"test": 1, "production": 100}}
print(limits[os.environ["APP_MODE"]{strip}])
"""

_DAY: Final = """\
import datetime
import sys

day = datetime.datetime.fromtimestamp(1_700_000_000{zone}).date().isoformat()
sys.exit(0 if day == "2023-11-14" else f"the day is {{day}}")
"""

_CLOCK: Final = f"""\
now=$(date +%s)
if [ "$now" -lt {DEADLINE} ]; then echo "the certificate is not valid yet" >&2; exit 3; fi
echo valid
"""

SEEDS: Final = (
    Seed(
        "variable",
        "an environment variable has a value that nobody thought of",
        {"main.py": _MODE.format(strip="")},
        1,
        "KeyError: 'staging'",
        run(PYTHON, variable("APP_MODE", "staging"), execute("python3 main.py")),
        altered=(
            fixed({"main.py": "print('any mode')\n"}),
            changed("KeyError: 'gnigats'", {"main.py": _MODE.format(strip="[::-1]")}),
        ),
    ),
    Seed(
        "locale",
        "text is read in the encoding of the locale",
        {"main.py": "print(len(open('name.txt').read()))\n", "name.txt": "Größe\n"},
        1,
        "UnicodeDecodeError: 'ascii'",
        run(
            PYTHON,
            variable("LC_ALL", "C"),
            variable("PYTHONUTF8", "0"),
            variable("PYTHONCOERCECLOCALE", "0"),
            execute("python3 main.py"),
        ),
        altered=(
            fixed({"main.py": "print(len(open('name.txt', encoding='utf-8').read()))\n"}),
            changed(
                "UnicodeEncodeError",
                {"main.py": "print(open('name.txt', encoding='utf-8').read())\n"},
            ),
        ),
    ),
    Seed(
        "time-zone",
        "a day is another one elsewhere",
        {"main.py": _DAY.format(zone="")},
        1,
        "the day is 2023-11-15",
        run(PYTHON, variable("TZ", "XST-10"), execute("python3 main.py")),
        altered=(fixed({"main.py": _DAY.format(zone=", datetime.timezone.utc")}),),
    ),
    Seed(
        "clock",
        "it is too early; at replay it is late enough",
        {"check.sh": _CLOCK},
        3,
        "not valid yet",
        run(DEBIAN, execute("sh check.sh")),
        lapse=20,
    ),
    Seed(
        "platform",
        "a program is for another kind of processor",
        {"check.sh": '[ "$(uname -m)" = x86_64 ] || { echo "only for x86_64" >&2; exit 1; }\n'},
        1,
        "only for x86_64|(?i:exec format error)|executable file not found",
        f"src=$(host | directory .)\ncontainer --platform=linux/arm64 | from {DEBIAN}"
        " | with-mounted-directory /src $src | with-workdir /src | with-exec -- sh check.sh | stdout",
    ),
)
