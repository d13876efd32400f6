"""The gate `licences` for real: wheels of a package index, unpacked in a container."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 900
IDNA = """\
idna==3.20 \\
    --hash=sha256:a7db850025b95ded1eae8a46181a1a6c56c92c96f0e2b005d9ff8dc0210cab44 \\
    --hash=sha256:ab7ae7122974553370f0bdb919e1a960b2cd1bc1ef0276416d896db81c14582c
"""
# Its metadata says no more than "BSD License".
UNCLEAR = """\
idna==3.10 \\
    --hash=sha256:946d195a0d259cbba61165e88e65941f16e9b36ea6ddb97f00452bae8b1287d3
"""
ELSEWHERE = """\
colorama==0.4.6 ; sys_platform == 'win32' \\
    --hash=sha256:4f1d9991f5acc0ca119f9d443620b77f9d6b33703e51011c16baf57afb285fc6
"""


def gate(root: Path, source: Path, settings: str) -> subprocess.CompletedProcess[str]:
    (source / "pyproject.toml").write_text(settings, encoding="utf-8")
    command = [str(root / "dagger"), "--silent", "call", f"--mod={root}", "licences", "--source=."]
    return subprocess.run(
        command, cwd=source, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    (tmp_path / "lock.txt").write_text(IDNA + ELSEWHERE, encoding="utf-8")
    return tmp_path


def settings(*lines: str) -> str:
    return "\n".join(["[tool.ci.licences]", "locks = ['lock.txt']", *lines, ""])


def test_what_is_allowed_passes_and_what_is_not_looked_at_is_told(root: Path, shop: Path) -> None:
    ran = gate(root, shop, settings("allowed = ['bsd-3-clause']"))

    assert ran.returncode == 0, ran.stderr
    assert "licences: BSD-3-Clause 1\n" in ran.stdout
    assert "for other systems or Pythons, and not looked at: colorama 0.4.6\n" in ran.stdout
    assert "given: 1 package, 1 file\nby: the metadata of wheels for Python 3.11 on" in ran.stdout


@pytest.mark.parametrize("line", ["denied = ['BSD-3-Clause']", "allowed = ['MIT']"])
def test_a_bad_case_is_red_and_says_where_and_what_to_do(root: Path, shop: Path, line: str) -> None:
    ran = gate(root, shop, settings(line))

    assert ran.returncode == 1
    row = "HIGH BSD-3-Clause idna 3.20 lock.txt:1 not let pass: BSD-3-Clause"
    assert row in [" ".join(text.split()) for text in ran.stderr.splitlines()]
    assert "do without idna, or let BSD-3-Clause pass in [tool.ci.licences]" in ran.stderr


def test_an_unknown_licence_is_red_until_somebody_names_it(root: Path, shop: Path) -> None:
    (shop / "lock.txt").write_text(UNCLEAR, encoding="utf-8")
    known = "[tool.ci.licences.known.idna]\nlicence = 'BSD-3-Clause'\nreason = 'shown'"

    unknown = gate(root, shop, settings())
    named = gate(root, shop, settings(known))

    assert unknown.returncode == 1
    row = "HIGH unknown idna 3.10 lock.txt:1 its metadata says 'BSD License'"
    assert row in [" ".join(text.split()) for text in unknown.stderr.splitlines()]
    assert "name it: [tool.ci.licences.known.idna] in pyproject.toml" in unknown.stderr
    assert named.returncode == 0, named.stderr
    assert "licences: BSD-3-Clause 1\n" in named.stdout


def test_without_settings_it_is_off(root: Path, shop: Path) -> None:
    ran = gate(root, shop, "[tool.ci]\n")

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "off: pyproject.toml has no [tool.ci.licences]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        (
            settings("denied = ['GPL3']"),
            "tool.ci.licences in pyproject.toml cannot be held: 'GPL3'",
        ),
        (
            "[tool.ci.licences]\nlocks = ['none.txt']\n",
            "names 'none.txt', which is not in the sour",
        ),
    ],
)
def test_what_would_hold_nothing_is_an_error(root: Path, shop: Path, text: str, says: str) -> None:
    ran = gate(root, shop, text)

    assert ran.returncode == 1
    assert says in ran.stderr
