"""The gate for real, on a small source: clean, with a fault of each kind, off, and mended."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 600
ON = "[tool.ci.docs]\n"
PROGRAM = """import argparse

parser = argparse.ArgumentParser(prog="shop", description="Sells.")
parser.parse_args()
"""
USAGE = """usage: shop [-h]

Sells.

options:
  -h, --help  show this help message and exit
"""
PAGE = f"""# Shop

[The page](docs/page.md#there)

```python run
import shop_price
print(shop_price.PRICE)
```

```text output
12
```

```sh run
test "$MODE" = docs
```

<!-- help: python3 shop.py --help -->

```text
{USAGE}```
"""


def call(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "--silent", "call", f"--mod={root}", *words, "--source=."]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Give a source whose documentation is right."""
    settings = f'{ON}environment = {{ MODE = "docs" }}\n'
    (tmp_path / "pyproject.toml").write_text(settings, encoding="utf-8")
    (tmp_path / "shop.py").write_text(PROGRAM, encoding="utf-8")
    (tmp_path / "shop_price.py").write_text("PRICE = 12\n", encoding="utf-8")
    (tmp_path / "README.md").write_text(PAGE, encoding="utf-8")
    (tmp_path / "docs").mkdir()
    (tmp_path / "docs" / "page.md").write_text("# There\n", encoding="utf-8")
    return tmp_path


def test_what_is_right_passes(root: Path, shop: Path) -> None:
    ran = call(root, shop, "docs")

    assert ran.returncode == 0, ran.stderr
    assert "nothing to mend\n\ngiven: 2 files\nby: 2 blocks and the help of 1 command" in ran.stdout


def test_each_fault_is_told_with_its_place_and_what_to_do(root: Path, shop: Path) -> None:
    (shop / "shop_price.py").write_text("PRICE = 13\n", encoding="utf-8")
    (shop / "shop.py").write_text(PROGRAM.replace("Sells", "Sells all"), encoding="utf-8")
    bad = "[a](none.md) [b](../README.md#none)\n\n```sh run\nexit 3\n```\n\n```toml\na =\n```\n"
    (shop / "docs" / "page.md").write_text(bad, encoding="utf-8")

    ran = call(root, shop, "docs")

    assert ran.returncode == 1
    for says in (
        r"link +docs/page\.md:1 ",
        r"anchor +docs/page\.md:1 ",
        r"anchor +README\.md:3 ",
        r"run +docs/page\.md:3 +the block ends with exit",
        r"toml +docs/page\.md:8 +this is no toml",
        r"output +README\.md:10 +the block prints",
        r"help +README\.md:20 +`python3 shop\.py",
        r"what to do:\n[\s\S]+help: `dagger generate docs-fix` mends it",
    ):
        assert re.search(says, ran.stderr), (says, ran.stderr)


def test_the_help_of_commands_is_mended_and_nothing_else(root: Path, shop: Path) -> None:
    (shop / "shop.py").write_text(PROGRAM.replace("Sells", "Sells all"), encoding="utf-8")
    before = (shop / "docs" / "page.md").stat().st_mtime_ns

    mended = call(root, shop, "--auto-apply", "docs-fix")

    assert mended.returncode == 0, mended.stderr
    text = (shop / "README.md").read_text(encoding="utf-8")
    assert text == PAGE.replace("Sells", "Sells all")
    assert (shop / "docs" / "page.md").stat().st_mtime_ns == before
    assert call(root, shop, "docs").returncode == 0


def test_the_gate_is_off_without_settings(root: Path, shop: Path) -> None:
    (shop / "pyproject.toml").write_text("[tool.ci]\n", encoding="utf-8")

    ran = call(root, shop, "docs")

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "off: pyproject.toml has no [tool.ci.docs]\n"


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ("paths = ['nowhere']", r"tool\.ci\.docs\.paths .* names no page: nowhere"),
        ("paths = ['README.md', 'doc']", r"tool\.ci\.docs\.paths .* names no page: doc\n"),
        ("requirements = 'none.txt'", r"requirements .* 'none\.txt', which is not in the source"),
    ],
)
def test_what_would_look_at_nothing_is_an_error(
    root: Path, shop: Path, settings: str, says: str
) -> None:
    (shop / "pyproject.toml").write_text(f"{ON}{settings}\n", encoding="utf-8")

    ran = call(root, shop, "docs")

    assert ran.returncode == 1
    assert re.search(says, ran.stderr), ran.stderr
