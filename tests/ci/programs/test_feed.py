from __future__ import annotations

import gzip
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING

from ci.programs.feed import main
from tests.ci.programs.bolt import away, database, leaf, write

if TYPE_CHECKING:
    import pytest

PACKED = Path(__file__).parents[1] / "feed" / "trivy.db.gz"


def test_a_database_that_trivys_library_wrote_is_read(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trivy.db"
    path.write_bytes(gzip.decompress(PACKED.read_bytes()))

    assert main([str(path)]) == 0

    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert json.loads(capsys.readouterr().out) == {
        "digest": digest,
        "vulnerabilities": 3,
        "sources": 1,
    }


def test_lists_without_advisories_do_not_count(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "trivy.db"
    database(path, {"vulnerability": {"CVE-1": b"{}"}, "data-source": {"a": b"{}"}, "pip::a": {}})

    assert main([str(path)]) == 0

    found = json.loads(capsys.readouterr().out)
    assert (found["vulnerabilities"], found["sources"]) == (1, 0)


def test_what_cannot_be_read_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "trivy.db"
    for content, message in ((b"", "it has no byte"), (b"x", "no database of bbolt")):
        path.write_bytes(content)
        assert main([str(path)]) == 1
        assert message in capsys.readouterr().err

    write(path, [leaf(2, {"vulnerability": away(9)}, buckets=True)])
    assert main([str(path)]) == 1
    assert "cut short" in capsys.readouterr().err
