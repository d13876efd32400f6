"""Peers from Debian on the same machine in the same run: what podman and buildah take for `true`."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

from bench.measurement import Measurement, rounds
from bench.workplace import IMAGE, BenchError, nonce, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.workplace import Workplace

RUNS = 10
LIMITS = ("--ulimit=nofile=1024:1024", "--ulimit=nproc=1024:1024")
"""podman would raise them, which a machine need not allow. Both peers run runc: crun refuses some hosts' cgroups."""


def measure(place: Workplace) -> Iterator[Measurement]:
    """Yield the seconds of one `podman run` and one `buildah run` of `true`, in the image of our own cases."""
    archive = place.scratch / "image.tar"
    with place.session() as session:
        session.query(
            f'{{ container {{ from(address: "{IMAGE}") {{ export(path: {json.dumps(str(archive))}) }} }} }}'
        )
    for program, measured in (("podman", _podman), ("buildah", _buildah)):
        name = f"`true` by {program} run, each"
        if shutil.which(program) is None:
            yield Measurement(name, failure=f"apt-get install {program}")
            continue
        try:
            yield Measurement(name, measured(place.scratch / program, archive))
        except BenchError as error:
            yield Measurement(name, failure=str(error))


def _podman(folder: Path, archive: Path) -> tuple[float, ...]:
    folder.mkdir()
    podman = ["podman", "--root", str(folder / "root"), "--runroot", str(folder / "run")]
    loaded = run([*podman, "load", "--quiet", "--input", str(archive)], folder)
    image = loaded.strip().split()[-1]
    try:
        command = [*podman, "--runtime=runc", "run", "--rm", *LIMITS, image, "true"]
        run(command, folder)
        return rounds(RUNS, lambda: run(command, folder))
    finally:
        run([*podman, "rmi", "--force", "--all"], folder)


def _buildah(folder: Path, archive: Path) -> tuple[float, ...]:
    folder.mkdir()
    buildah = ["buildah", "--root", str(folder / "root"), "--runroot", str(folder / "run")]
    made = run(
        [*buildah, "from", "--name", f"bench-{nonce()}", f"docker-archive:{archive}"], folder
    )
    name = made.strip().splitlines()[-1]
    try:
        command = [*buildah, "run", "--runtime=runc", name, "--", "true"]
        run(command, folder)
        return rounds(RUNS, lambda: run(command, folder))
    finally:
        run([*buildah, "rm", name], folder)
        run([*buildah, "rmi", "--all", "--force"], folder)
