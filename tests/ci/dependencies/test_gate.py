"""The gate `dependencies` for real: pip-audit and Trivy in containers, on small locks and small advisories."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 900
SETTINGS = "[tool.ci.dependencies]\nlocks = ['*.txt']\n"
CLEAN = "shop-core==2.0 \\\n    --hash=sha256:00\n"
# Both versions of a package, as a lock for several versions of Python has them.
BAD = """\
shop-core==1.0 ; python_version < '3.10' \\
    --hash=sha256:00
Shop_Core==1.1 ; python_version >= '3.10' \\
    --hash=sha256:00
shop-legacy==1.0
"""
CRITICAL = "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H"
WAIVER = """
[[tool.ci.waivers]]
id = "CVE-2026-1"
owner = "ada"
reason = "nothing of it is called"
expires = 9999-12-31
"""


def call(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(root / "dagger"), "--silent", *words],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT_SECONDS,
        check=False,
    )


def gate(root: Path, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    given = words or ("--advisories=advisories",)
    return call(root, folder, "call", f"--mod={root}", "dependencies", "--source=source", *given)


def write(path: Path, package: str, *events: dict[str, str], **more: object) -> None:
    """Write an advisory of an hour ago."""
    time = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    affected = {
        "package": {"name": package, "ecosystem": "PyPI"},
        "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *events]}],
    }
    document = {"id": path.stem, "modified": time.isoformat(), "affected": [affected], **more}
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps(document), encoding="utf-8")


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Give a folder with a source in which nothing is to mend, and with advisories."""
    source, advisories = tmp_path / "source", tmp_path / "advisories"
    source.mkdir()
    subprocess.run(["git", "init", "--quiet", str(source)], check=True)
    (source / "pyproject.toml").write_text(SETTINGS, encoding="utf-8")
    (source / "lock.txt").write_text(CLEAN, encoding="utf-8")
    scored = {"severity": [{"type": "CVSS_V3", "score": CRITICAL}]}
    aliases = ["CVE-2026-1", "GHSA-1"]
    write(advisories / "PYSEC-2026-1.json", "Shop.Core", {"fixed": "1.1"}, aliases=aliases)
    write(advisories / "GHSA-1.json", "shop-core", {"fixed": "1.1"}, **scored)
    write(advisories / "PYSEC-2026-2.json", "shop-core", {"fixed": "1.2"})
    write(advisories / "PYSEC-2026-3.json", "shop-legacy")
    withdrawn = {"withdrawn": "2026-01-01T00:00:00Z"}
    write(advisories / "PYSEC-2026-4.json", "shop-core", {"fixed": "9"}, **withdrawn)
    return tmp_path


def test_a_clean_lock_passes_and_it_is_told_by_what(root: Path, shop: Path) -> None:
    ran = gate(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert "nothing to mend" in ran.stdout
    assert "looked at: 1 package, 1 file\nscanner: pip-audit 2" in ran.stdout
    today = dt.datetime.now(dt.UTC) - dt.timedelta(hours=1)
    assert f"feed: of {today:%Y-%m-%d}T" in ran.stdout
    assert "Z, 4 advisories, sha256:" in ran.stdout


def test_bad_cases_are_red_once_each_and_say_where_and_what_to_do(root: Path, shop: Path) -> None:
    (shop / "source" / "lock.txt").write_text(BAD, encoding="utf-8")

    ran = gate(root, shop)

    assert ran.returncode == 1
    rows = [" ".join(line.split()) for line in ran.stderr.splitlines() if "lock.txt:" in line]
    both = "known to pip-audit and trivy"
    assert rows == [
        "CRITICAL CVE-2026-1 shop-core 1.0 1.1 lock.txt:1 GHSA-1, PYSEC-2026-1, known to pip-a…",
        f"UNKNOWN PYSEC-2026-2 shop-core 1.0 1.2 lock.txt:1 {both}",
        f"UNKNOWN PYSEC-2026-2 shop-core 1.1 1.2 lock.txt:3 {both}",
        f"UNKNOWN PYSEC-2026-3 shop-legacy 1.0 - lock.txt:5 {both}",
    ]
    assert "CVE-2026-1, PYSEC-2026-2: upgrade shop-core 1.0 to 1.2 in lock.txt" in ran.stderr
    assert "no version mends it: do without shop-legacy 1.0 in lock.txt, or waive" in ran.stderr
    assert "4 findings to mend" in ran.stderr


def test_a_vulnerability_that_one_source_alone_knows_is_red_and_told(
    root: Path, shop: Path
) -> None:
    # A local version comes after the one it is of (PEP 440), but matches what includes that one.
    write(shop / "advisories" / "PYSEC-2026-5.json", "shop-core", {"last_affected": "3.0"})
    (shop / "source" / "lock.txt").write_text("shop-core==3.0+local\n", encoding="utf-8")

    ran = gate(root, shop)

    assert ran.returncode == 1
    told = "the sources disagree on PYSEC-2026-5 of shop-core 3.0+local: trivy knows it, pip-audit"
    assert told in ran.stderr


def test_without_settings_it_is_off(root: Path, shop: Path) -> None:
    (shop / "source" / "pyproject.toml").write_text("[tool.ci]\n", encoding="utf-8")

    ran = gate(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert ran.stdout == "off: pyproject.toml has no [tool.ci.dependencies]\n"


def test_settings_and_waivers_let_pass(root: Path, shop: Path) -> None:
    (shop / "source" / "lock.txt").write_text("shop-core==1.0\nshop-legacy==1.0\n")
    (shop / "advisories" / "PYSEC-2026-2.json").unlink()
    text = f"{SETTINGS}ignore-unfixed = true\n{WAIVER}"
    (shop / "source" / "pyproject.toml").write_text(text, encoding="utf-8")

    ran = gate(root, shop)

    assert ran.returncode == 0, ran.stderr
    assert "waived: CVE-2026-1 lock.txt:1: nothing of it is called (ada," in ran.stdout
    assert "1 more that [tool.ci.dependencies] lets pass" in ran.stdout


@pytest.mark.parametrize(
    ("path", "text", "says"),
    [
        ("source/lock.txt", "shop-core>=1\n", "lock.txt:1 locks no package by its version"),
        ("source/lock.txt", "# nothing\n", "hold no package"),
        (
            "source/pyproject.toml",
            "[tool.ci.dependencies]\n",
            "has '**/requirements*.txt', which no file matches",
        ),
        ("source/lock.txt", "shop-core==none\n", "shop-core none"),
        ("advisories/broken.json", "{", "the advisories cannot be read: broken.json is no advis"),
    ],
)
def test_what_would_look_at_nothing_is_an_error(
    root: Path, shop: Path, path: str, text: str, says: str
) -> None:
    (shop / path).write_text(text, encoding="utf-8")

    ran = gate(root, shop)

    assert ran.returncode == 1
    assert says in ran.stderr


def test_advisories_that_will_not_do(root: Path, shop: Path) -> None:
    time = dt.datetime.now(dt.UTC) - dt.timedelta(days=30, hours=1)
    write(shop / "old" / "PYSEC-1.json", "shop-core", {"fixed": "1"}, modified=time.isoformat())
    (shop / "empty").mkdir()
    (shop / "empty" / "README").write_text("nothing\n", encoding="utf-8")

    old = gate(root, shop, "--advisories=old")
    allowed = gate(root, shop, "--advisories=old", "--max-age-days=31")
    empty = gate(root, shop, "--advisories=empty")

    assert old.returncode == 1
    assert "30 days ago; tool.ci.dependencies.feed-max-age-days allows 7" in old.stderr
    assert allowed.returncode == 0, allowed.stderr
    assert empty.returncode == 1
    assert "there is no advisory of a package of PyPI" in empty.stderr
    assert "Give as --advisories a directory" in empty.stderr


def test_without_advisories_and_services_it_is_an_error_that_says_so(
    root: Path, shop: Path
) -> None:
    gate(root, shop)

    ran = gate(root, shop, "--offline")

    assert ran.returncode == 1
    assert "Trivy could not fetch its vulnerability database" in ran.stderr
    assert "Give as --advisories a directory" in ran.stderr


def test_check_takes_the_advisories_that_the_users_file_names(root: Path, shop: Path) -> None:
    text = "CI_DEPENDENCIES_ADVISORIES=../old\nCI_DEPENDENCIES_MAX_AGE_DAYS=31\n"
    (shop / "source" / ".env").write_text(text, encoding="utf-8")
    time = dt.datetime.now(dt.UTC) - dt.timedelta(days=30)
    write(shop / "old" / "PYSEC-1.json", "shop-core", {"fixed": "1"}, modified=time.isoformat())

    clean = call(root, shop / "source", "check", f"--mod={root}", "dependencies")

    # The module's own repository is what is checked.
    assert clean.returncode == 0, clean.stderr
    assert "user default: dependencies, --advisories=../old" in clean.stderr


def test_the_report_and_the_captures_hold_what_was_found(root: Path, shop: Path) -> None:
    (shop / "source" / "lock.txt").write_text(BAD, encoding="utf-8")
    given = ("--gate=dependencies", "--source=source", "--git=source", "--advisories=advisories")

    reported = call(root, shop, "call", f"--mod={root}", "-o=report", "report", *given)
    captured = call(root, shop, "call", f"--mod={root}", "-o=failures", "capture", *given)

    assert reported.returncode == 0, reported.stderr
    (sarif,) = [
        json.loads(path.read_text()) for path in shop.glob("report/**/dependencies/*.sarif")
    ]
    assert [run["tool"]["driver"]["name"] for run in sarif["runs"]] == ["pip-audit", "Trivy"]
    assert captured.returncode == 0, captured.stderr
    assert {path.name for path in shop.glob("failures/*.tar")} == {
        "pip-audit.tar",
        "trivy-locks.tar",
    }
