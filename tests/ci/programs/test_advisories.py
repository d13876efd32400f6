from __future__ import annotations

import io
import json
import tarfile
import zipfile
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from ci.programs import bolt
from ci.programs.advisories import main

if TYPE_CHECKING:
    from pathlib import Path


def advisory(name: str, **more: object) -> dict[str, Any]:
    package = {"name": "shop", "ecosystem": "PyPI"}
    ranges = [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]}]
    return {
        "id": name,
        "modified": "2026-11-01T00:00:00Z",
        "affected": [{"package": package, "ranges": ranges}],
        **more,
    }


def write(path: Path, **more: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(advisory(path.stem, **more)), encoding="utf-8")


def index(folder: Path) -> dict[str, Any]:
    assert main([str(folder / "given"), str(folder / "index")]) == 0
    facts: dict[str, Any] = json.loads((folder / "index" / "facts.json").read_text())
    return facts


def ids(folder: Path) -> list[str]:
    listed = (folder / "index" / "advisories.json").read_text(encoding="utf-8")
    return [each["id"] for each in json.loads(listed)]


def test_every_form_is_read_wherever_it_lies(tmp_path: Path) -> None:
    given = tmp_path / "given"
    write(given / "PYSEC-1.json", modified="2026-11-03T12:00:00Z")
    text = yaml.safe_dump(advisory("PYSEC-2"))
    (given / "below").mkdir()
    (given / "below" / "PYSEC-2.yaml").write_text(text, encoding="utf-8")
    content = json.dumps(advisory("PYSEC-3")).encode()
    with tarfile.open(given / "feed.tar.gz", "w:gz") as archive:
        for name, data in (("vulns/PYSEC-3.json", content), (".github/workflow.yml", b"on: push")):
            entry = tarfile.TarInfo(name)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    with zipfile.ZipFile(given / "all.zip", "w") as packed:
        packed.writestr("PYSEC-4.yml", yaml.safe_dump(advisory("PYSEC-4")))
    (given / "README.md").write_text("no advisory\n", encoding="utf-8")

    facts = index(tmp_path)

    assert ids(tmp_path) == ["PYSEC-1", "PYSEC-2", "PYSEC-3", "PYSEC-4"]
    assert (facts["advisories"], facts["withdrawn"]) == (4, 0)
    assert facts["modified"] == "2026-11-03T12:00:00+00:00"
    content = (tmp_path / "index" / "db" / "trivy.db").read_bytes()
    assert {name: each.size() for name, each in bolt.root(content).buckets().items()} == {
        "pip::OSV": 1,
        "data-source": 1,
        "vulnerability": 4,
    }


def test_withdrawn_ones_older_copies_and_other_ecosystems_do_not_count(tmp_path: Path) -> None:
    given = tmp_path / "given"
    write(given / "new" / "PYSEC-1.json", modified="2026-11-03T00:00:00Z", summary="new")
    write(given / "old" / "PYSEC-1.json", summary="old")
    write(given / "PYSEC-2.json", withdrawn="2026-11-02T00:00:00Z")
    write(given / "GHSA-1.json", affected=[{"package": {"name": "shop", "ecosystem": "npm"}}])

    facts = index(tmp_path)

    assert ids(tmp_path) == ["PYSEC-1"]
    assert '"summary":"new"' in (tmp_path / "index" / "advisories.json").read_text()
    assert (facts["advisories"], facts["withdrawn"]) == (1, 1)


def test_the_digest_is_of_the_advisories_however_they_are_packed(tmp_path: Path) -> None:
    for name in ("one", "other"):
        write(tmp_path / name / "given" / name / "PYSEC-1.json")

    assert index(tmp_path / "one")["digest"] == index(tmp_path / "other")["digest"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("README", b"", "there is no advisory of a package of PyPI"),
        ("PYSEC-1.json", b"{", "PYSEC-1.json is no advisory"),
        ("PYSEC-1.json", b"[]", "PYSEC-1.json is no advisory"),
        ("PYSEC-1.yaml", b"a: [", "PYSEC-1.yaml is no advisory"),
        ("settings.yaml", b"a: 1", "settings.yaml is no advisory"),
        ("feed.tar.gz", b"no archive", "the archive feed.tar.gz cannot be unpacked"),
        ("feed.zip", b"no archive", "the archive feed.zip cannot be unpacked"),
    ],
)
def test_what_cannot_be_read_is_an_error_that_names_it(
    tmp_path: Path, name: str, content: bytes, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    given = tmp_path / "given"
    given.mkdir()
    (given / name).write_bytes(content)

    assert main([str(given), str(tmp_path / "index")]) == 1
    assert says in capsys.readouterr().err
