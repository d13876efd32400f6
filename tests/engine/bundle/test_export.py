"""The script that runs a step by docker or podman: what it says, and that podman really runs it."""

from __future__ import annotations

import dataclasses
import os
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from portable_dagger.bundle.description import (
    Description,
    Host,
    Missing,
    Mount,
    Outcome,
    Place,
    Port,
    Service,
    Step,
)
from portable_dagger.bundle.export import script
from portable_dagger.bundle.images import Image
from portable_dagger.bundle.layers import pack_layer, pack_tree
from portable_dagger.bundle.masking import Mask
from portable_dagger.bundle.reading import Reader
from portable_dagger.bundle.writing import write
from portable_dagger.errors import BundleError
from portable_dagger.images.config import ImageConfig
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from collections.abc import Callable

    from portable_dagger.store.store import Store

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="layers have owners: needs root")

NONE = Mask(())


def exported(path: Path, number: int = 1) -> str:
    with Reader(path) as reader:
        return script(reader, number)


def changed(made: Any, **place: Any) -> Any:  # noqa: ANN401  of conftest
    step = made.description.steps[0]
    other = dataclasses.replace(step, place=dataclasses.replace(step.place, **place))
    return dataclasses.replace(
        made, description=dataclasses.replace(made.description, steps=(other,))
    )


def test_script(made: Any, tmp_path: Path) -> None:  # noqa: ANN401
    path = tmp_path / "a step's.bundle"
    digest = made.write(path).removeprefix("sha256:")[:12]
    text = exported(path)
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    lines = text.splitlines()
    assert "network create --internal" in text
    run = next(line for line in lines if "--rm" in line)
    assert "--init --user 1000 --workdir /srv --env MODE=test --env TOKEN" in run
    assert '--add-host db:"$(address "$network-1")"' in run
    assert run.endswith(f"localhost/bundle-{digest}:step-1 pytest -q || code=$?")
    assert 'wait_for "$network-1" 1538' in lines
    without = subprocess.run(["sh"], input=text, text=True, check=False, capture_output=True)
    assert without.returncode != 0
    assert "TOKEN: set it to the secret token, which is not in the bundle" in without.stderr


def test_what_is_not_in_the_image(made: Any, tmp_path: Path) -> None:  # noqa: ANN401
    path = tmp_path / "step.bundle"
    mounts = (
        Mount("/run/secrets/key.pem", "secret", name='the "key"'),
        Mount("/scratch", "temp", size=1000),
        Mount("/run/docker.sock", "socket"),
    )
    special = changed(made, mounts=mounts, privileged=True, init=False, services=())
    step = dataclasses.replace(
        special.description.steps[0],
        stdin=made.store.put_blob(b"input"),
        missing=(Missing("socket", "/run/docker.sock"),),
    )
    description = dataclasses.replace(special.description, steps=(step,))
    dataclasses.replace(special, description=description).write(path)
    text = exported(path)
    subprocess.run(["sh", "-n"], input=text, text=True, check=True)
    run = next(line for line in text.splitlines() if "--rm" in line)
    assert "--privileged" in run
    assert "--init" not in run
    assert '--volume "$FILE_KEY_PEM":/run/secrets/key.pem:ro' in run
    assert "--tmpfs /scratch:size=1000" in run
    assert run.startswith('tar --extract --to-stdout --file "$bundle" blobs/sha256/')
    assert "# missing: socket /run/docker.sock" in text
    assert "$network-1" not in text


def test_refused(made: Any, tmp_path: Path) -> None:  # noqa: ANN401
    path = tmp_path / "step.bundle"
    made.write(path)
    for number in (0, 2):
        with pytest.raises(BundleError, match=f"no step {number}"):
            exported(path, number)
    first, *rest = made.description.layers
    layers = (dataclasses.replace(first, held=False), *rest)
    thin = dataclasses.replace(made.description, layers=layers)
    dataclasses.replace(made, description=thin).write(path)
    with pytest.raises(BundleError, match="thin: it leaves out the layer layer base"):
        exported(path)


SERVE = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 4711, Listen => 5, ReuseAddr => 1) or die; "
    'while (my $c = $s->accept) { open(my $f, "<", "/data/answer"); print $c readline($f); close $c }'
)
ASK = (
    'use IO::Socket::INET; my $s = IO::Socket::INET->new("oracle:4711") or die "no oracle: $!"; '
    'print "the oracle says ", <$s>; print "mode $ENV{MODE}, token $ENV{TOKEN}, user $>\\n"; '
    'open(my $f, "<", "input") or die; print "mounted ", <$f>; '
    'my $o = IO::Socket::INET->new(PeerAddr => "192.0.2.1:80", Timeout => 2); print "outside: ", $o ? 1 : $!, "\\n"; '
    "exit 42"
)


def rootfs(root: Path) -> None:
    """Copy Debian's perl, shell and cat, with what they load, to be a root file system."""
    programs = ["/usr/bin/perl", "/bin/sh", "/bin/cat"]
    listed = subprocess.run(["ldd", *programs], check=True, capture_output=True, text=True).stdout
    libraries = {word for word in listed.split() if word.startswith("/") and not word.endswith(":")}
    for name in (*programs, *libraries):
        target = root / name.lstrip("/")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(name, target)
    for folder in Path("/usr/lib").glob("*/perl-base"):
        shutil.copytree(folder, root / str(folder).lstrip("/"), symlinks=True)
    (root / "etc").mkdir()
    (root / "etc/passwd").write_text("root:x:0:0::/:/bin/sh\n")


@pytest.fixture
def podman(tmp_path: Path) -> dict[str, str]:
    """Give the environment of a podman with a storage of its own."""
    if shutil.which("podman") is None or not list(Path("/usr/lib").glob("*/perl-base")):
        pytest.skip("needs podman, and the perl of Debian")
    (tmp_path / "storage.conf").write_text(
        f'[storage]\ndriver = "vfs"\ngraphroot = "{tmp_path}/podman"\nrunroot = "{tmp_path}/run"\n'
    )
    # A sandbox may not raise limits; crun does not take two versions of cgroups at once, which runc does.
    runtime = "runc" if shutil.which("runc") else "crun"
    (tmp_path / "containers.conf").write_text(
        '[containers]\ndefault_ulimits = ["nofile=1024:1024", "nproc=1024:1024"]\n'
        f'[engine]\nruntime = "{runtime}"\n'
    )
    return {
        **os.environ,
        "CONTAINERS_STORAGE_CONF": str(tmp_path / "storage.conf"),
        "CONTAINERS_CONF": str(tmp_path / "containers.conf"),
        "TOKEN": "given",
    }


@pytest.mark.slow
def test_podman_runs_it(
    store: Store,
    add_layer: Callable[[str, Callable[[Path], object]], str],
    podman: dict[str, str],
    tmp_path: Path,
) -> None:
    def content(root: Path) -> None:
        (root / "src").mkdir()
        (root / "src/input").write_text("input\n")
        (root / "data").mkdir()
        (root / "data/answer").write_text("42\n")

    base = pack_layer(store, add_layer("base", rootfs), NONE).layer
    snapshot = Snapshot((add_layer("content", content),))
    source = pack_tree(store, snapshot, "/src", "/srv/src", NONE).layer
    data = pack_tree(store, snapshot, "/data", "/data", NONE).layer
    place = Place(
        "step-1",
        "linux/amd64",
        ("/usr/bin/perl", "-e", ASK),
        (base.diff_id,),
        environment=(("MODE", "it's a test"),),
        secrets=(("TOKEN", "token"),),
        mounts=(Mount("/srv/src", "directory", source.diff_id, "/srv/src"),),
        services=(("oracle", "db"),),
    )
    oracle = Place("service-1", "linux/amd64", ("/usr/bin/perl", "-e", SERVE), (base.diff_id,))
    description = Description(
        1.0,
        "dagger call test",
        "/srv",
        Host("6.1", "x86_64", 2, 2**30),
        {},
        (Step("ask", "exec", place, Outcome(42)),),
        (Service("db", "db-host", oracle, (Port(4711),), data=True),),
        (base, source, data),
    )
    asking = ImageConfig(cmd=place.args, workdir="/srv/src", user="1000")
    images = (
        Image("step-1", "linux/amd64", asking, (base.diff_id, source.diff_id)),
        Image(
            "service-1", "linux/amd64", ImageConfig(cmd=oracle.args), (base.diff_id, data.diff_id)
        ),
    )
    path = tmp_path / "step.bundle"
    write(store, path, description, images)
    done = subprocess.run(
        ["sh"],
        input=exported(path),
        env={**podman, "ENGINE": "podman"},
        text=True,
        capture_output=True,
        timeout=120,
        check=False,
    )
    lines = done.stdout.splitlines()
    assert done.returncode == 42, done.stderr
    assert "the oracle says 42" in lines
    assert "mode it's a test, token given, user 1000" in lines
    assert "mounted input" in lines
    assert "outside: Network is unreachable" in lines
    assert done.stderr.endswith("exit code 42; in the bundle 42\n")
    left = subprocess.run(
        ["podman", "ps", "--all", "--quiet"], env=podman, capture_output=True, check=True
    )
    assert left.stdout == b""
