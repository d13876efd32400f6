"""Scans for real: Trivy in a container, a small source with something of each kind, and feeds that will not do."""

from __future__ import annotations

import datetime as dt
import gzip
import json
import re
import subprocess
from pathlib import Path

import pytest

from tests.ci.programs.bolt import database

pytestmark = pytest.mark.slow

TIME_LIMIT_SECONDS = 600
# Made up for this test, in two parts so that no scanner takes this file for what it looks for.
SECRET = "ghp_" + "0123456789abcdefghijABCDEFGHIJ456789"
WAIVER = """
[[tool.ci.waivers]]
id = "CVE-2020-14343"
owner = "ada"
reason = "nothing loads foreign YAML"
expires = {expires}
"""


def scan(
    root: Path, folder: Path, *more: str, name: str = "scan"
) -> subprocess.CompletedProcess[str]:
    command = [str(root / "dagger"), "call", "-m", str(root), name, "--source=source", *more]
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=TIME_LIMIT_SECONDS, check=False
    )


def write_feed(folder: Path, updated: dt.datetime) -> None:
    folder.mkdir()
    packed = Path(__file__).parent / "feed" / "trivy.db.gz"
    (folder / "trivy.db").write_bytes(gzip.decompress(packed.read_bytes()))
    date = updated.isoformat()
    metadata = {"Version": 2, "UpdatedAt": date, "NextUpdate": date, "DownloadedAt": date}
    (folder / "metadata.json").write_text(json.dumps(metadata), encoding="utf-8")


def now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Give a folder with a source in which nothing is to mend, and a feed of today."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "pyproject.toml").write_text("[tool.ci]\n", encoding="utf-8")
    (tmp_path / "source" / "requirements.txt").write_text("idna==3.10\n", encoding="utf-8")
    write_feed(tmp_path / "feed", now())
    return tmp_path


def test_nothing_to_mend_passes_and_says_with_what(root: Path, folder: Path) -> None:
    ran = scan(root, folder, "--feed=feed")

    assert ran.returncode == 0, ran.stderr
    assert "nothing to mend" in ran.stdout
    assert "looked at: 1 package, 1 file\nscanner: trivy" in ran.stdout
    assert re.search(rf"feed: of {now():%Y-%m-%d}T\S+, 3 vulnerabilities, sha256:", ran.stdout)


def test_each_kind_is_found_and_no_secret_is_shown(root: Path, folder: Path) -> None:
    source = folder / "source"
    (source / "requirements.txt").write_text("pyyaml==5.3\n", encoding="utf-8")
    (source / "settings.py").write_text(f'TOKEN = "{SECRET}"\n', encoding="utf-8")
    (source / "Dockerfile").write_text("FROM debian:12\nCMD true\n", encoding="utf-8")

    ran = scan(root, folder, "--feed=feed")
    options = ("--gate=scan", "--feed=feed", "export", "--path=report")
    reported = scan(root, folder, *options, name="report")

    assert ran.returncode != 0
    assert "CVE-2020-14343" in ran.stderr
    assert "secret" in ran.stderr
    assert "misconfiguration" in ran.stderr
    assert reported.returncode == 0, reported.stderr
    texts = [
        path.read_text(encoding="utf-8") for path in sorted((folder / "report" / "scan").iterdir())
    ]
    assert len(texts) == 4
    assert not any(SECRET in text for text in (*texts, ran.stderr, ran.stdout))
    found = json.loads((folder / "report" / "scan" / "findings.json").read_text(encoding="utf-8"))
    failing = {entry["kind"] for entry in found["findings"] if entry["state"] == "failing"}
    assert failing == {"vulnerability", "secret", "misconfiguration"}
    sarif = json.loads((folder / "report" / "scan" / "findings.sarif").read_text(encoding="utf-8"))
    assert sarif["version"] == "2.1.0"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (".trivyignore", "CVE-2020-14343\ngithub-pat\n"),
        (".trivyignore.yaml", "vulnerabilities: [{id: CVE-2020-14343}]\nsecrets: [{id: github-pat}]\n"),
        ("trivy.yaml", "scan: {skip-dirs: ['**'], skip-files: ['**']}\nseverity: [LOW]\n"),
        ("trivy-secret.yaml", "disable-rules: [github-pat]\n"),
    ],
)  # fmt: skip
def test_no_file_of_the_source_turns_the_scanner_s_eyes_away(
    root: Path, folder: Path, name: str, text: str
) -> None:
    source = folder / "source"
    (source / "requirements.txt").write_text("pyyaml==5.3\n", encoding="utf-8")
    (source / "settings.py").write_text(f'TOKEN = "{SECRET}"\n', encoding="utf-8")
    (source / name).write_text(text, encoding="utf-8")

    ran = scan(root, folder, "--feed=feed")

    assert ran.returncode != 0, ran.stdout
    assert "CVE-2020-14343" in ran.stderr
    assert "github-pat" in ran.stderr


@pytest.mark.parametrize(("days", "passes"), [(1, True), (-1, False)])
def test_a_waiver_holds_until_it_expires(
    root: Path, folder: Path, days: int, *, passes: bool
) -> None:
    expires = now().date() + dt.timedelta(days=days)
    (folder / "source" / "requirements.txt").write_text("pyyaml==5.3\n", encoding="utf-8")
    (folder / "source" / "pyproject.toml").write_text(
        f"[tool.ci]\n{WAIVER.format(expires=expires.isoformat())}", encoding="utf-8"
    )

    ran = scan(root, folder, "--feed=feed")

    assert (ran.returncode == 0) is passes
    if passes:
        assert "waived: CVE-2020-14343" in ran.stdout
    else:
        assert f"by ada expired on {expires}" in ran.stderr


def test_feeds_that_will_not_do(root: Path, folder: Path) -> None:
    write_feed(folder / "stale", now() - dt.timedelta(days=30))
    write_feed(folder / "hollow", now())
    database(folder / "hollow" / "trivy.db", {})
    write_feed(folder / "damaged", now())
    (folder / "damaged" / "trivy.db").write_bytes(b"no database")
    (folder / "empty").mkdir()
    (folder / "empty" / "README").write_text("nothing\n", encoding="utf-8")

    stale = scan(root, folder, "--feed=stale")
    hollow = scan(root, folder, "--feed=hollow")
    damaged = scan(root, folder, "--feed=damaged")
    empty = scan(root, folder, "--feed=empty")
    (folder / "empty" / "db.tar.gz").write_bytes(b"no archive")
    broken = scan(root, folder, "--feed=empty")

    assert stale.returncode != 0
    assert "30 days ago; tool.ci.scan.feed-max-age-days allows 7" in stale.stderr
    assert hollow.returncode != 0
    assert "the feed's trivy.db is empty: 0 vulnerabilities" in hollow.stderr
    assert damaged.returncode != 0
    assert "the feed's trivy.db cannot be read: it is no database" in damaged.stderr
    assert empty.returncode != 0
    assert "the feed has neither trivy.db nor db.tar.gz" in empty.stderr
    assert broken.returncode != 0
    assert "the feed's db.tar.gz cannot be unpacked" in broken.stderr
