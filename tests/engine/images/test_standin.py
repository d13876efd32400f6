"""Stand-ins, really built: Debian packages are downloaded and installed."""

from __future__ import annotations

import asyncio
import os
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import ImageUnavailableError
from portable_dagger.images import platform as platforms
from portable_dagger.images import standins
from portable_dagger.images.clamping import EPOCH
from portable_dagger.images.config import ImageConfig
from portable_dagger.images.reference import parse
from portable_dagger.images.resolve import Images, resolve
from portable_dagger.images.standin import StandIns, build_layer
from portable_dagger.images.standins import python
from portable_dagger.images.standins.recipe import LayerRecipe, StandIn, Variant
from portable_dagger.images.standins.strip import stripped
from portable_dagger.runtime import emulation
from portable_dagger.store.store import Store

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from portable_dagger.images.platform import Platform
    from portable_dagger.images.resolve import Image

root_only = pytest.mark.skipif(
    os.geteuid() != 0 or shutil.which("mmdebstrap") is None, reason="needs root and mmdebstrap"
)

OWN = platforms.default()
FOREIGN = platforms.parse("linux/amd64" if OWN.architecture == "arm64" else "linux/arm64")
PACKAGED = "python:3.11-slim-bookworm"
MACHINES = {"amd64": 62, "arm64": 183}
LOADERS = {"amd64": "lib64/ld-linux-x86-64.so.2", "arm64": "lib/ld-linux-aarch64.so.1"}

# Connections from 127.0.0.1 need no password, as in the official image; those from elsewhere do.
ADDRESS = "10.9.9.9"
ENTER = """
ip link set lo up
ip address add $ADDRESS/32 dev lo
mount -t overlay -o "lowerdir=$LOWER,upperdir=$UPPER,workdir=$WORK" overlay "$MERGED"
mount -t proc proc "$MERGED/proc"
mount -t tmpfs tmpfs "$MERGED/dev"
for node in null zero urandom; do : > "$MERGED/dev/$node"; mount --bind "/dev/$node" "$MERGED/dev/$node"; done
ln -s /proc/self/fd "$MERGED/dev/fd"
exec chroot "$MERGED" /bin/sh -c "$COMMAND"
"""


class Reports(list[str]):
    """Collects what is reported."""

    def __call__(self, kind: str, text: str) -> None:
        self.append(f"{kind}: {text}")


@pytest.fixture(scope="module")
def images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    """Give images of one store, so that the base is built once for all tests."""
    state = tmp_path_factory.mktemp("stand-ins")
    store = Store(state / "store")
    yield Images(store, state)
    store.close()


@pytest.fixture(scope="module")
def other_images(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Images]:
    """Give images of a second store, in which everything is built anew."""
    state = tmp_path_factory.mktemp("other")
    store = Store(state / "store")
    yield Images(store, state)
    store.close()


@pytest.fixture
def enter(images: Images, tmp_path: Path) -> Enter:
    return Enter(images.store, tmp_path)


class Enter:
    """Runs commands in a container of sorts: namespaces and a chroot of an image."""

    def __init__(self, store: Store, scratch: Path) -> None:
        self._store, self._scratch = store, scratch

    def run(
        self, image: Image, command: str, env: Mapping[str, str] | None = None
    ) -> subprocess.CompletedProcess[str]:
        layers = [str(path) for path in self._store.layer_paths(image.snapshot)]
        folder = self._scratch / image.digest
        places = {name: folder / name.lower() for name in ("UPPER", "WORK", "MERGED")}
        for place in places.values():
            place.mkdir(parents=True, exist_ok=True)
        environment = {
            **dict(image.config.env),
            **(env or {}),
            **{name: str(place) for name, place in places.items()},
            "LOWER": ":".join(reversed(layers)),
            "ADDRESS": ADDRESS,
            "COMMAND": command,
        }
        namespaces = ["unshare", "--mount", "--pid", "--net", "--fork", "--kill-child"]
        return subprocess.run(
            [*namespaces, "sh", "-euc", ENTER],
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=40,
        )


@pytest.mark.slow
@root_only
async def test_debian(images: Images, enter: Enter) -> None:
    reports = Reports()
    image = await resolve(images, "debian:bookworm-slim", "linux", reports)
    assert image.origin == "stand-in"
    assert "stand-in: building Debian bookworm" in reports
    assert any(text.startswith("warning: debian:bookworm-slim is a stand-in") for text in reports)
    done = enter.run(image, "cat /etc/debian_version; id -un; ls /tmp /var/lib/apt/lists")
    assert done.stdout.startswith("12.")
    assert done.stdout.splitlines()[1] == "root"
    size = sum(
        path.lstat().st_size for path in images.store.layer_paths(image.snapshot)[0].rglob("*")
    )
    assert size < 150_000_000

    again = Reports()
    second = await resolve(images, "debian:12-slim", "linux", again)
    assert second.snapshot == image.snapshot
    assert not any("building" in text for text in again)
    pinned = await resolve(images, image.full_reference, "linux", Reports())
    assert (pinned.origin, pinned.snapshot, pinned.config) == (
        "store",
        image.snapshot,
        image.config,
    )


@pytest.mark.slow
@root_only
async def test_pythons_at_the_same_time(images: Images, enter: Enter) -> None:
    minors = [minor for minor in python.MINORS if python.host_interpreter(minor)][-2:]
    if not minors:
        pytest.skip("this machine has no interpreter that could be copied")
    reports = Reports()
    built = await asyncio.gather(
        *(resolve(images, f"python:{minor}-slim", "linux", reports) for minor in minors)
    )
    assert reports.count("stand-in: building libraries of Python") <= 1
    for minor, image in zip(minors, built, strict=True):
        done = enter.run(
            image,
            "python3 -c 'import ssl, sqlite3, sys, sysconfig; print(sys.version.split()[0], sys.prefix,"
            ' sysconfig.get_path("purelib"))\' && pip --version && which python pip3',
        )
        version = dict(image.config.env)["PYTHON_VERSION"]
        site = f"/usr/local/lib/python{minor}/site-packages"
        lines = done.stdout.splitlines()
        assert lines[0] == f"{version} /usr/local {site}", done.stderr
        assert lines[1].endswith(f"from {site}/pip (python {minor})")
        assert lines[2:] == ["/usr/local/bin/python", "/usr/local/bin/pip3"]
        top = images.store.layer_path(image.snapshot.layers[-1])
        prefix = python.host_interpreter(minor)
        assert prefix is not None
        traces = ["grep", "-rlF", str(prefix[0]), "--include=*.py", "--include=*.pyc", str(top)]
        assert await asyncio.to_thread(_output, traces) == ""
        assert await asyncio.to_thread(_left_over, top) == []


def _left_over(top: Path) -> list[Path]:
    """Return what the official slim images leave out: tests, static libraries, debugging symbols."""
    return [
        path
        for path in (top / "usr/local").rglob("*")
        if (path.is_dir() and path.name in {"test", "tests", "idle_test"})
        or path.suffix == ".a"
        or (
            path.is_file()
            and ".so" in path.name
            and stripped(path.read_bytes()) != path.read_bytes()
        )
    ]


def _output(command: list[str]) -> str:
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout


@pytest.mark.slow
@root_only
async def test_python_of_debian(
    images: Images, enter: Enter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(python, "PREFIXES", ())
    image = await resolve(images, "python:3.11-slim", "linux", Reports())
    done = enter.run(
        image, "python -c 'import sys; print(sys.prefix)' && pip --version && pip list"
    )
    assert done.stdout.startswith("/usr/local\npip "), done.stderr
    assert dict(image.config.env)["PYTHON_VERSION"].startswith("3.11.")


@pytest.fixture
async def foreign_python(images: Images) -> Image:
    return await resolve(images, PACKAGED, str(FOREIGN), Reports())


@pytest.mark.slow
@root_only
def test_foreign_platform_without_running_it(images: Images, foreign_python: Image) -> None:
    (layer,) = images.store.layer_paths(foreign_python.snapshot)
    assert foreign_python.note.startswith(
        f"stand-in (CPython 3.11 of Debian bookworm, put together for {FOREIGN} without running it)"
    )
    programs = [path for path in layer.rglob("*") if path.is_file() and not path.is_symlink()]
    machines = {machine(path) for path in programs} - {None}
    assert machines == {MACHINES[FOREIGN.architecture]}
    for path in ("usr/bin/python3.11", "bin/bash", LOADERS[FOREIGN.architecture]):
        assert machine(layer / path) == MACHINES[FOREIGN.architecture], path
    assert (layer / "usr/local/bin/python3.11").readlink() == Path("/usr/bin/python3.11")
    assert "pip" in {path.name for path in layer.glob("usr/local/lib/python3.11/*/*")}
    query = ["dpkg-query", f"--admindir={layer}/var/lib/dpkg", "-W", "-f", "${Architecture}\n"]
    assert set(_output(query).split()) == {"all", FOREIGN.architecture}
    assert _output([*query[:2], "--show", "-f", "${db:Status-Abbrev}\n"]).split() == ["ii"] * len(
        _output(query).split()
    )


def machine(path: Path) -> int | None:
    """Return the `e_machine` of a program (elf.h), None for any other file."""
    with path.open("rb") as file:
        head = file.read(20)
    return int.from_bytes(head[18:20], "little") if head[:4] == b"\x7fELF" else None


@pytest.mark.slow
@root_only
def test_foreign_platform_runs_in_an_emulator(foreign_python: Image, enter: Enter) -> None:
    done = enter.run(
        foreign_python,
        "python3 -c 'import bz2, ctypes, lzma, platform, sqlite3, ssl, zlib; print(platform.machine())' "
        "&& dpkg --print-architecture && dpkg --audit && pip --version",
    )
    if emulation.REFUSED in done.stderr.lower():
        pytest.skip(f"this machine has no emulator for {FOREIGN}")
    lines = done.stdout.splitlines()
    assert platforms.parse(lines[0]) == FOREIGN, done.stderr
    assert lines[1] == FOREIGN.architecture
    assert lines[2].startswith("pip ")


@pytest.mark.slow
@root_only
@pytest.mark.parametrize("platform", [OWN, FOREIGN], ids=str)
async def test_build_from_nothing_is_the_same(
    images: Images, other_images: Images, platform: Platform
) -> None:
    first = await resolve(images, PACKAGED, str(platform), Reports())
    second = await resolve(other_images, PACKAGED, str(platform), Reports())
    one, two = images.store.layer_paths(first.snapshot), other_images.store.layer_paths(
        second.snapshot
    )
    assert [entries(layer) for layer in one] == [entries(layer) for layer in two]
    assert (first.digest, first.snapshot) == (second.digest, second.snapshot)
    # The clock of the machine shows nowhere, so another day's build is the same, too.
    assert (one[0] / "etc/shadow").read_text().startswith(f"root:*:{EPOCH // 86400}:")


def entries(layer: Path) -> dict[str, tuple[object, ...]]:
    """Return what a layer's entries are like, so that a difference is told by its name."""
    statuses = {
        str(path.relative_to(layer)): (path, path.lstat()) for path in sorted(layer.rglob("*"))
    }
    return {
        name: (s.st_mode, s.st_uid, s.st_gid, int(s.st_mtime), path.is_dir() or s.st_size)
        for name, (path, s) in statuses.items()
    }


@pytest.fixture
async def postgres(images: Images) -> Image:
    return await resolve(images, "postgres:15", "linux", Reports())


def served(image: Image, queries: str) -> str:
    """Give the commands that start the image's own command, wait until it answers, query it, and stop it."""
    command = shlex.join([*(image.config.entrypoint or ()), *(image.config.cmd or ())])
    return (
        f"{command} > /log 2>&1 & server=$!; "
        "for i in $(seq 100); do pg_isready -q -U postgres -h 127.0.0.1 && break; "
        "kill -0 $server 2>/dev/null || break; sleep 0.1; done; "
        f'{queries}; kill -INT $server; wait $server; echo "exit $?"; cat /log >&2'
    )


@pytest.mark.slow
@root_only
def test_postgres_with_password(postgres: Image, enter: Enter) -> None:
    settings = {"POSTGRES_PASSWORD": "s3'cret", "POSTGRES_USER": "app", "POSTGRES_DB": "app_db"}
    queries = (
        "psql -h $ADDRESS -U app -d app_db -Atc 'select current_user, current_database(), 1+1'; "
        "psql -h $ADDRESS -U app -d app_db -Atc 'show server_encoding; ' -c 'show lc_collate'; "
        "PGPASSWORD=wrong psql -h $ADDRESS -U app -d app_db -Atc 'select 1' 2>&1 | grep -c 'authentication failed'; "
        "stat -c '%U %a' $PGDATA"
    )
    done = enter.run(postgres, served(postgres, queries), {**settings, "PGPASSWORD": "s3'cret"})
    assert done.stdout.splitlines() == [
        "app|app_db|2",
        "UTF8",
        "en_US.utf8",
        "1",
        "postgres 700",
        "exit 0",
    ], done.stderr
    assert "s3'cret" not in done.stderr

    # A second start finds the database and keeps it.
    kept = "PGPASSWORD=\"s3'cret\" psql -h $ADDRESS -U app -d app_db -Atc 'select 42'"
    again = enter.run(postgres, served(postgres, kept))
    assert again.stdout.splitlines() == ["42", "exit 0"], again.stderr
    assert "Skipping initialization" in again.stderr


@pytest.mark.slow
@root_only
def test_postgres_init_files_and_trust(postgres: Image, enter: Enter) -> None:
    prepare = (
        "cd /docker-entrypoint-initdb.d; echo 'create table t (x int); insert into t values (7);' > 1.sql; "
        "echo 'insert into t values (8);' | gzip > 2.sql.gz; "
        "echo 'psql -U postgres -d named -c \"insert into t values (9)\"' > 3.sh; echo named > /name; "
    )
    settings = {"POSTGRES_HOST_AUTH_METHOD": "trust", "POSTGRES_DB_FILE": "/name"}
    settings["POSTGRES_INITDB_ARGS"] = "--data-checksums --locale=C"
    queries = (
        "psql -h $ADDRESS -U postgres -d named -Atc 'select sum(x) from t' "
        "-c 'show data_checksums' -c 'show lc_collate'"
    )
    done = enter.run(postgres, prepare + served(postgres, queries), settings)
    assert done.stdout.splitlines() == ["24", "on", "C", "exit 0"], done.stderr


@pytest.mark.slow
@root_only
@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({}, "You must specify POSTGRES_PASSWORD"),
        ({"POSTGRES_PASSWORD": "a", "POSTGRES_PASSWORD_FILE": "/f"}, "are exclusive"),
    ],
)
def test_postgres_refuses(
    postgres: Image, enter: Enter, settings: dict[str, str], message: str
) -> None:
    done = enter.run(postgres, "docker-entrypoint.sh postgres", settings)
    assert done.returncode == 1
    assert message in done.stderr


@pytest.mark.slow
@root_only
def test_postgres_other_commands(postgres: Image, enter: Enter) -> None:
    done = enter.run(
        postgres, "docker-entrypoint.sh id -un; docker-entrypoint.sh postgres --version"
    )
    assert done.stdout.splitlines()[0] == "root"
    assert done.stdout.splitlines()[1].startswith("postgres (PostgreSQL) 15.")


def script(tmp_path: Path, text: str) -> LayerRecipe:
    """Make a recipe of a script that runs on the host, which is quick."""
    path = tmp_path / "script.sh"
    path.write_text(text)
    return LayerRecipe("a layer", str(path), place="host")


@root_only
async def test_failing_script(store: Store, tmp_path: Path) -> None:
    recipe = script(tmp_path, "echo about to fail; exit 3")
    variant = Variant(recipe, ImageConfig(), "a variant")
    with pytest.raises(ImageUnavailableError) as error:
        await StandIns(store).build(StandIn("x:1", (variant,), ("no y",)), Reports())
    assert "no y; a variant: building a layer failed (exit code 3)" in error.value.message
    assert "about to fail" in error.value.message
    assert list((store.root / "stages").iterdir()) == []


@root_only
async def test_cancelled_build_leaves_nothing(store: Store, tmp_path: Path) -> None:
    marker = tmp_path / "started"
    recipe = script(tmp_path, f"touch {marker}; echo x > $ROOT/file; sleep 60")
    build = asyncio.create_task(build_layer(store, recipe, ()))
    for _ in range(1000):
        if marker.exists():
            break
        await asyncio.sleep(0.01)
    build.cancel()
    with pytest.raises(asyncio.CancelledError):
        await build
    assert list((store.root / "stages").iterdir()) == []
    assert str(store.root) not in await asyncio.to_thread(Path("/proc/mounts").read_text)


@root_only
async def test_variables_of_a_script(store: Store, tmp_path: Path) -> None:
    recipe = script(tmp_path, "echo A=b=c > $OUTPUT/variables; echo x > $ROOT/file")
    digest, variables = await build_layer(store, recipe, ())
    assert variables == (("A", "b=c"),)
    assert (store.layer_path(digest) / "file").read_text() == "x\n"
    assert store.get_step(recipe.key) == {"layer": digest, "variables": {"A": "b=c"}}


async def test_platform_of_no_stand_in(images: Images) -> None:
    with pytest.raises(
        ImageUnavailableError, match="stand-in: only for linux/amd64, linux/arm64 and"
    ):
        await resolve(images, "debian:bookworm-slim", "linux/s390x", Reports())


def test_digest_is_never_stood_for() -> None:
    assert standins.find(parse(f"debian:bookworm-slim@sha256:{'0' * 64}")) is None
