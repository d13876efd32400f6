"""Ways in which a command ends, and what it is given and says."""

from __future__ import annotations

from typing import Final

from tests.bundle.pipeline import DEBIAN, PYTHON, execute, run
from tests.bundle.seed import Seed, changed, fixed

_CRASH: Final = "import ctypes\n\nprint('before', flush=True)\nctypes.string_at({address})\n"
_ALLOCATE: Final = "held = [bytearray(1 << 20) for _ in range({megabytes})]\nprint(len(held))\n"
_LIMITED: Final = "ulimit -v 204800; exec python3 grow.py"
_TOTAL: Final = "import sys\n\nprint(sum(int(line) for line in sys.stdin))\n"

SEEDS: Final = (
    Seed(
        "timeout",
        "a command is ended by timeout(1)",
        {"wait.sh": "echo waiting\nsleep 60\n"},
        124,
        "waiting",
        run(DEBIAN, execute("timeout 2 sh wait.sh")),
        altered=(
            fixed({"wait.sh": "echo waiting\n"}),
            changed("124", {"wait.sh": "echo waiting\nexit 3\n"}),
        ),
    ),
    Seed(
        "segfault",
        "a program is ended by SIGSEGV",
        {"crash.py": _CRASH.format(address=0)},
        139,
        "before",
        run(PYTHON, execute("python3 crash.py")),
        altered=(
            fixed({"crash.py": "print('before')\n"}),
            changed("139", {"crash.py": "print('before')\nraise SystemExit(4)\n"}),
        ),
    ),
    Seed(
        "out-of-memory",
        "a program wants more memory than it may have",
        {"grow.py": _ALLOCATE.format(megabytes=1000)},
        1,
        "MemoryError",
        run(PYTHON, execute(f"sh -c '{_LIMITED}'")),
        altered=(fixed({"grow.py": _ALLOCATE.format(megabytes=10)}),),
    ),
    Seed(
        "tool",
        "a tool says nothing and ends with another code than zero",
        {"notes.txt": "nothing of what is looked for\n"},
        1,
        "exit code: 1",
        run(DEBIAN, execute("grep -q approved notes.txt")),
        altered=(fixed({"notes.txt": "approved\n"}),),
    ),
    Seed(
        "terminated",
        "a program is ended by SIGTERM",
        {"end.sh": "echo ending\nkill -TERM $$\nsleep 5\n"},
        143,
        "ending",
        run(DEBIAN, execute("sh end.sh")),
    ),
    Seed(
        "missing-program",
        "a program is not installed",
        {"notes.txt": "nothing\n"},
        1,
        "no-such-program",
        run(DEBIAN, execute("no-such-program --version")),
    ),
    Seed(
        "passing",
        "a command passes, and is captured because that was asked for",
        {"notes.txt": "approved\n"},
        0,
        "approved",
        run(DEBIAN, execute("grep approved notes.txt")),
        capture=("--capture-step", "grep approved"),
        verdict="again",
        altered=(changed("exit", {"notes.txt": "refused\n"}),),
    ),
    Seed(
        "unexpected-success",
        "a command should have failed and did not",
        {"notes.txt": "approved\n"},
        1,
        "exit code: 0|expected",
        run(DEBIAN, "with-exec --expect=FAILURE -- grep -q approved notes.txt"),
    ),
    Seed(
        "stdin",
        "a command reads what does not fit from its standard input",
        {"total.py": _TOTAL},
        1,
        "invalid literal for int.. with base 10: 'three",
        run(PYTHON, "with-exec --stdin '1\n2\nthree\n' -- python3 total.py"),
        altered=(
            fixed({"total.py": "import sys\n\nprint(len(list(sys.stdin)))\n"}),
            changed("TypeError", {"total.py": "import sys\n\nprint(sum(sys.stdin))\n"}),
        ),
    ),
    Seed(
        "redirected",
        "what a command said went into files",
        {"report.sh": "echo 3 of 4 done\necho the fourth is broken >&2\nexit 9\n"},
        9,
        "exit code: 9",
        run(
            DEBIAN,
            "with-exec --redirect-stdout=/out.txt --redirect-stderr=/err.txt -- sh report.sh",
        ),
        altered=(
            changed("fifth", {"report.sh": "echo 3 of 4 done\necho the fifth is >&2\nexit 9\n"}),
        ),
    ),
    Seed(
        "bytes",
        "a command's output is no text",
        {"speak.sh": "printf 'caf\\351 \\377\\376\\000 end\\n'\nexit 1\n"},
        1,
        "caf",
        run(DEBIAN, execute("sh speak.sh")),
    ),
    Seed(
        "huge-output",
        "a command says 20 MB before it fails",
        {"speak.sh": "yes 'the same line, again and again' | head -c 20000000\nexit 1\n"},
        1,
        "exit code: 1",
        run(DEBIAN, execute("sh speak.sh")),
    ),
)
