"""Builds stand-ins: runs the scripts of their recipes, keeps the layers in the store, each built once.

A layer that two stand-ins share is built once even if both are asked for at the same time.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import shutil
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from portable_dagger.errors import ImageUnavailableError, StandInError
from portable_dagger.graph.sharing import Sharing
from portable_dagger.images.clamping import EPOCH, clamp
from portable_dagger.images.config import ImageConfig, Pairs, merge
from portable_dagger.images.packing import layer_digest
from portable_dagger.images.standins import apt
from portable_dagger.images.standins.recipe import LayerRecipe, StandIn, data_path
from portable_dagger.runtime import overlay
from portable_dagger.store.snapshot import Snapshot

if TYPE_CHECKING:
    from portable_dagger.store.store import Stage, Store

Report = Callable[[str, str], None]
KIND = "stand-in"
_TIMEOUT = 900.0
_TAIL_LINES = 25
_PROXIES = ("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY")


@dataclass(frozen=True, slots=True)
class Built:
    """A built stand-in: file system, configuration, and where it came from."""

    snapshot: Snapshot
    config: ImageConfig
    note: str


class StandIns:
    """The stand-ins of one store."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._sharing = Sharing()

    async def build(self, stand_in: StandIn, report: Report) -> Built:
        """Build a stand-in, or take it from the store; the first variant that works is taken.

        Raises ImageUnavailableError, naming all that was tried, when none works.
        """
        tried = list(stand_in.missing)
        for variant in stand_in.variants:
            try:
                layers, variables = await self._layers(variant.layer, report)
            except StandInError as error:
                tried.append(f"{variant.note}: {error.message}")
                report(KIND, f"{stand_in.name}: {error.message}")
                continue
            config = dataclasses.replace(variant.config, env=merge(variant.config.env, variables))
            return Built(Snapshot(layers), config, variant.note)
        raise ImageUnavailableError(
            f"no stand-in for {stand_in.name} could be built: {'; '.join(tried)}",
            hint="install what is missing on this machine, or make a registry reachable that has the image",
        )

    async def _layers(self, recipe: LayerRecipe, report: Report) -> tuple[tuple[str, ...], Pairs]:
        layers: tuple[str, ...] = ()
        variables: Pairs = ()
        for layer in recipe.chain():
            digest, found = await self._layer(layer, layers, report)
            layers = (digest,) if layer.place == "beside" else (*layers, digest)
            variables = merge(variables, found)
        return layers, variables

    async def _layer(
        self, recipe: LayerRecipe, below: tuple[str, ...], report: Report
    ) -> tuple[str, Pairs]:
        """Return digest and variables of one layer."""
        kept = await asyncio.to_thread(self._store.get_step, recipe.key)
        if kept is not None:
            return kept["layer"], tuple(kept["variables"].items())

        async def make() -> tuple[str, Pairs]:
            report(KIND, f"building {recipe.title}")
            started = time.monotonic()
            made = await build_layer(self._store, recipe, below)
            report(KIND, f"built {recipe.title} in {time.monotonic() - started:.1f} s")
            return made

        result: tuple[str, Pairs] = await self._sharing.once(recipe.key, make)
        return result


async def build_layer(
    store: Store, recipe: LayerRecipe, below: tuple[str, ...]
) -> tuple[str, Pairs]:
    """Run one layer's script, commit the layer, and remember it under its key; StandInError if it fails.

    Cancelling ends the script and leaves nothing behind.
    """
    check_host(recipe)
    lowers = [store.layer_path(digest) for digest in below]
    stage = await asyncio.to_thread(store.stage)
    try:
        with tempfile.TemporaryDirectory(prefix="stand-in-") as scratch:
            variables = await _run(recipe, lowers, stage, Path(scratch))
        await asyncio.to_thread(clamp, stage.root)
        digest = await asyncio.to_thread(layer_digest, stage.root)
        await asyncio.to_thread(stage.commit, digest, "stand-in", recipe.title)
    finally:
        stage.abort()
    value = {"layer": digest, "variables": dict(variables)}
    await asyncio.to_thread(store.put_step, recipe.key, value, [*below, digest], portable=True)
    return digest, variables


def check_host(recipe: LayerRecipe) -> None:
    """Raise StandInError if this machine lacks what a recipe's script needs."""
    if recipe.place == "host" and shutil.which("mmdebstrap") is None:
        raise StandInError(
            f"{recipe.title} needs mmdebstrap, which is not installed",
            hint="apt-get install mmdebstrap debian-archive-keyring",
        )


async def _run(recipe: LayerRecipe, lowers: list[Path], stage: Stage, scratch: Path) -> Pairs:
    for name in ("input", "output", "root", "empty"):
        (scratch / name).mkdir()
    stage.root.chmod(0o755)
    _write_inputs(recipe, scratch / "input")
    environment = {
        **{name: os.environ[name] for name in _PROXIES if name in os.environ},
        **dict(recipe.settings),
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "LC_ALL": "C.UTF-8",
        "SOURCE_DATE_EPOCH": str(EPOCH),
        "PYTHONHASHSEED": "0",
        "LOWER": ":".join(str(path) for path in reversed(lowers)) or str(scratch / "empty"),
        "UPPER": str(stage.root),
        "WORK": str(stage.work),
        "ROOT": str(scratch / "root"),
        "INPUT": str(scratch / "input"),
        "OUTPUT": str(scratch / "output"),
        "PLACE": recipe.place,
        "REDIRECTS": overlay.REDIRECTS,
    }
    namespaces = [
        "unshare",
        "--mount",
        "--pid",
        "--fork",
        "--kill-child",
        "--propagation",
        "private",
    ]
    await _execute(
        [*namespaces, "sh", str(data_path("enter.sh"))], environment, scratch / "log", recipe.title
    )
    variables = scratch / "output" / "variables"
    lines = variables.read_text().splitlines() if variables.exists() else []
    return tuple((name, value) for name, _, value in (line.partition("=") for line in lines))


def _write_inputs(recipe: LayerRecipe, folder: Path) -> None:
    """Write what a script reads: itself, its inputs, and the host's apt configuration."""
    (folder / "script").write_text(recipe.text)
    folders = [(name, path) for name, path in recipe.inputs if path.is_dir()]
    (folder / "folders").write_text("".join(f"{name} {path}\n" for name, path in folders))
    for name, path in recipe.inputs:
        if path.is_file():
            shutil.copy(path, folder / name)
    inside = recipe.place != "host"
    # Inside it is the build's own mount.
    seen_from = Path("/tmp/input") if inside else folder  # noqa: S108 # nosec B108
    mirror = apt.mirror(apt.read_sources())
    settings = apt.read_settings()
    bundle = apt.ca_bundle()
    if bundle is not None:
        if inside:
            shutil.copy(bundle, folder / "ca.crt")
        settings.append(f'Acquire::https::CaInfo "{seen_from / "ca.crt" if inside else bundle}";')
    logins = [*apt.read_logins(), *(mirror.logins if mirror else ())]
    if logins:
        (folder / "auth.conf").touch(mode=0o600)
        (folder / "auth.conf").write_text("\n".join(logins) + "\n")
        settings.append(f'Dir::Etc::netrc "{seen_from / "auth.conf"}";')
    (folder / "apt.conf").write_text("\n".join(settings) + "\n")
    suite = dict(recipe.settings).get("SUITE")
    if mirror is not None and suite is not None:
        (folder / "debian.sources").write_text(mirror.sources(suite))


async def _execute(command: list[str], environment: dict[str, str], log: Path, title: str) -> None:
    """Run a command, its output going to a file; the last lines of that are in the error if it fails."""
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *command,
            env=environment,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            code = await asyncio.wait_for(process.wait(), _TIMEOUT)
        except TimeoutError:
            code = None
        finally:
            if process.returncode is None:
                process.kill()
                await process.wait()
    if code != 0:
        problem = f"exit code {code}" if code is not None else f"not done after {_TIMEOUT:.0f} s"
        text = await asyncio.to_thread(log.read_text, errors="replace")
        lines = "\n  ".join(text.splitlines()[-_TAIL_LINES:])
        raise StandInError(
            f"building {title} failed ({problem}); its last lines:\n  {lines}",
            hint="check that the Debian mirror in the host's apt sources can be reached",
        )
