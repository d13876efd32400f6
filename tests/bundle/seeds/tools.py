"""Findings of tools: lint, types, syntax, known vulnerabilities."""

from __future__ import annotations

import json
from typing import Final

from tests.bundle.pipeline import PYTHON, execute, run, with_packages
from tests.bundle.seed import Seed, changed, fixed

_CHECKER: Final = '''\
"""Compares what is required with what is known to be vulnerable."""

import json
import sys


def version(text):
    return tuple(map(int, text.split(".")))


advisories = json.load(open("advisories.json"))
found = 0
for line in open("requirements.txt"):
    name, _, required = line.strip().partition("==")
    for advisory in advisories:
        if advisory["package"] == name and version(required) < version(advisory["fixed"]):
            found += 1
            print(f"{name} {required}: {advisory['id']}, fixed in {advisory['fixed']}")
sys.exit(1 if found else 0)
'''

_ADVISORIES: Final = json.dumps(
    [
        {"id": "CORPUS-2024-0001", "package": "pillow", "fixed": "10.3.0"},
        {"id": "CORPUS-2024-0002", "package": "jinja2", "fixed": "3.1.4"},
    ]
)

SEEDS: Final = (
    Seed(
        "lint",
        "a linter has a finding",
        {"app.py": "import os\nimport sys\n\nprint(sys.path)\n"},
        1,
        "F401",
        with_packages("ruff", "ruff check --no-cache ."),
        altered=(
            fixed({"app.py": "import sys\n\nprint(sys.path)\n"}),
            changed("F821", {"app.py": "import sys\n\nprint(sys.path, here)\n"}),
        ),
    ),
    Seed(
        "type-error",
        "a type checker has a finding",
        {"app.py": "def half(number: int) -> float:\n    return number / 2\n\n\nhalf('two')\n"},
        1,
        "incompatible type",
        with_packages("mypy", "mypy --cache-dir=/dev/null app.py"),
        altered=(
            fixed({"app.py": "def half(number: int) -> float:\n    return number / 2\n"}),
            changed(
                "return-value", {"app.py": "def half(number: int) -> int:\n    return 'one'\n"}
            ),
        ),
    ),
    Seed(
        "syntax-error",
        "a file does not compile",
        {"app.py": "def half(number):\n    return number /\n"},
        1,
        "SyntaxError",
        run(PYTHON, execute("python3 -m py_compile app.py")),
        altered=(fixed({"app.py": "def half(number):\n    return number / 2\n"}),),
    ),
    Seed(
        "warning",
        "a warning counts as an error",
        {"app.py": "print('a' is 'a')\n"},
        1,
        "SyntaxWarning|SyntaxError",
        run(PYTHON, execute("python3 -W error app.py")),
        altered=(fixed({"app.py": "print('a' == 'a')\n"}),),
    ),
    Seed(
        "vulnerable-dependency",
        "a required version has a known vulnerability",
        {
            "check.py": _CHECKER,
            "advisories.json": _ADVISORIES,
            "requirements.txt": "jinja2==3.1.4\npillow==10.2.0\n",
        },
        1,
        "CORPUS-2024-0001",
        run(PYTHON, execute("python3 check.py")),
        altered=(
            fixed({"requirements.txt": "jinja2==3.1.4\npillow==10.3.0\n"}),
            changed("CORPUS-2024-0002", {"requirements.txt": "jinja2==3.1.3\npillow==10.3.0\n"}),
        ),
    ),
)
