from __future__ import annotations

from importlib.resources import files

from ci import go
from ci.contract import oasdiff


def test_a_program_is_told_by_its_version() -> None:
    assert go.origin(oasdiff.FOLDER, oasdiff.PACKAGE) == "oasdiff v1.37.0 of its Go module"


def test_every_module_is_locked_by_its_hash() -> None:
    folder = files("ci").joinpath(oasdiff.FOLDER)
    required = [
        line.split()[:2]
        for line in folder.joinpath("go.mod").read_text(encoding="utf-8").splitlines()
        if line.startswith("\t")
    ]
    hashes = folder.joinpath("go.sum").read_text(encoding="utf-8")

    assert required
    for name, version in required:
        assert f"{name} {version} h1:" in hashes
