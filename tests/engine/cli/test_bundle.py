"""`dagger bundle`: what people read, and the verb with a real engine and a real file."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from portable_dagger.bundle.description import (
    Description,
    Host,
    Layer,
    Missing,
    Mount,
    Outcome,
    Place,
    Port,
    Report,
    Service,
    Step,
)
from portable_dagger.bundle.images import Image
from portable_dagger.bundle.writing import write
from portable_dagger.cli import bundle
from portable_dagger.errors import CommandLineError
from portable_dagger.images.config import ImageConfig
from portable_dagger.store.store import Store

DAGGER = str(Path(__file__).parents[3] / "dagger")

STEP = Step(
    name="pytest",
    kind="exec",
    place=Place(
        "step-1",
        "linux/amd64",
        ("pytest", "-k", "a b"),
        ("sha256:1",),
        environment=(("MODE", "x y"),),
        mounts=(Mount("/srv", "directory"),),
        services=(("db", "database"),),
    ),
    outcome=Outcome(1, reports=(Report("/srv/junit.xml", "sha256:9"),)),
    expect="ANY",
    duration=3.2,
    missing=(Missing("network", "pypi.example", "3 packets went out"),),
    same_as=("pytest on 3.12",),
)
SERVICE = Service(
    "database", "db", Place("service-1", "linux/amd64", ("serve",), ()), (Port(5432),), data=True
)
DESCRIPTION = Description(
    created=1_700_000_000.0,
    command="dagger call test",
    workdir="/srv",
    host=Host("6.1", "x86_64", 2, 2**30, "Some CPU", gpu="550"),
    versions={"engine": "1", "crun": "2"},
    steps=(STEP,),
    services=(SERVICE,),
    layers=(
        Layer("sha256:1", "sha256:2", 1_000_000, "Debian bookworm", held=False),
        Layer("sha256:3", "sha256:4", 5_000_000, "pip install"),
    ),
    commit="abc-dirty",
)


def facts(**more: Any) -> dict[str, Any]:  # noqa: ANN401  JSON
    return {
        "path": "/step.bundle",
        "size": 6_000_000,
        "digest": "sha256:0",
        "signers": [],
        "images": {"step-1": {"user": "1000", "workdir": "/srv"}},
        "description": json.loads(json.dumps(dataclasses.asdict(DESCRIPTION))),
        **more,
    }


def test_show() -> None:
    lines = bundle.text(facts(), "a step.bundle").splitlines()
    assert lines == [
        "bundle    a step.bundle, 6.0 MB, not signed",
        "made      2023-11-14 22:13:20 UTC by `dagger call test`",
        "          in /srv, commit abc-dirty",
        "with      crun 2, engine 1",
        "on        Linux 6.1 x86_64, 2 processors Some CPU, 1.1 GB of memory, GPU driver 550",
        "",
        "step 1    pytest",
        "  command pytest -k 'a b'",
        "  ended   exit code 1 after 3.2s (expected: any)",
        "  image   step-1 (linux/amd64), user 1000, in /srv",
        "  set     'MODE=x y'",
        "  mount   /srv (directory)",
        "  bound   db is the service database",
        "  report  /srv/junit.xml",
        "  missing network pypi.example: 3 packets went out",
        "  same    pytest on 3.12 failed in the same way",
        "",
        "service   database (service-1), as the step found it, ports 5432/tcp",
        "",
        "SIZE              LAYER",
        "5.0 MB            pip install",
        "1.0 MB  left out  Debian bookworm",
        "",
        "run it again: ./dagger reproduce 'a step.bundle'",
    ]


def test_verify() -> None:
    told = {"path": "/b", "blobs": 3, "size": 2_000_000, "signers": [], "signed": ""}
    start = "/b: 3 blobs of 2.0 MB have the digests that name them; "
    assert bundle.verified(told) == f"{start}not signed\n"
    assert "--key checks it" in bundle.verified({**told, "signers": ["K="]})
    assert bundle.verified({**told, "signed": "K="}) == f"{start}signed by the key K=\n"


@pytest.mark.parametrize("words", [[], ["show"], ["sow", "file"], ["show", "file", "more"]])
def test_wrong_words(words: list[str]) -> None:
    with pytest.raises(CommandLineError, match="show, verify or export"):
        bundle.run({}, words)


def test_wrong_options() -> None:
    with pytest.raises(CommandLineError, match="/missing cannot be read"):
        bundle.run({"key": ["/missing"]}, ["verify", "file"])
    with pytest.raises(CommandLineError, match="a number is wanted, not one"):
        bundle.run({"step": ["one"]}, ["export", "file"])


@pytest.mark.slow
def test_with_an_engine(tmp_path: Path) -> None:
    def dagger(*words: str) -> subprocess.CompletedProcess[str]:
        command = [DAGGER, "bundle", *words]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    store = Store(tmp_path / "store")
    step = dataclasses.replace(STEP, place=Place("step-1", "linux/amd64", ("true",), ()))
    description = dataclasses.replace(
        DESCRIPTION,
        steps=(dataclasses.replace(step, outcome=Outcome(1)),),
        services=(),
        layers=(),
    )
    images = [Image("step-1", "linux/amd64", ImageConfig(cmd=("true",)), ())]
    path = tmp_path / "step.bundle"
    write(store, path, description, images)
    store.close()
    shown = dagger("show", "step.bundle")
    assert "step 1    pytest" in shown.stdout.splitlines(), shown.stderr
    assert json.loads(dagger("show", "--json", "step.bundle").stdout)["path"] == str(path)
    assert "4 blobs" in dagger("verify", "step.bundle").stdout
    assert "network create --internal" in dagger("export", "step.bundle").stdout
    os.truncate(path, 3000)
    broken = dagger("verify", "step.bundle")
    assert broken.returncode == 1
    assert broken.stderr.startswith(f"Error: {path} ")
    assert "Hint: get the file again" in broken.stderr
