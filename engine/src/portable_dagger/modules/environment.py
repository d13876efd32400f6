"""Packages that a module brings along: installed once per lock file, beside the SDK's own environment.

What dagger-io itself needs is in every worker already, imported once for all; so those versions are fixed, and a module
gets a folder with the rest. Wheels are installed right away; what has none is built (modules.building).
"""

from __future__ import annotations

import asyncio
import configparser
import hashlib
import importlib.metadata
import os
import re
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portable_dagger.errors import ModuleEnvironmentError
from portable_dagger.modules import building
from portable_dagger.modules.config import PROVIDED, distribution
from portable_dagger.modules.sandbox import SCRATCH
from portable_dagger.modules.source import put

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portable_dagger.modules.building import Builder
    from portable_dagger.modules.source import ModuleSource

_INDEXES: Final = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
}
"""pip's settings, and what uv calls them."""

_LAST_LINES: Final = 12
_NO_WHEEL: Final = re.compile(
    r"no usable wheels|(source|distributions for \S+) is disabled|no wheels"
)
"""What uv says when it may not build what has no wheel."""

_EDITABLE: Final = re.compile(r"^\s*(-e|--editable)[\s=]*")
_INCLUDE: Final = re.compile(r"^\s*(-r|-c|--requirements?|--constraints?)\b")


async def install(
    module: ModuleSource, folder: Path, host: Mapping[str, str], builder: Builder | None = None
) -> Path | None:
    """Return the folder of a module's own packages, installed below `folder` on first use; None if it has none.

    `host` is the environment of the host, for its package index and certificates; without a `builder` only wheels
    are taken. Raises ModuleEnvironmentError.
    """
    lock = module.lock
    if lock is None and not module.project.requirements:
        return None
    wanted = lock.read_text() if lock else "\n".join(sorted(module.project.requirements))
    key = hashlib.sha256("\0".join([wanted, sys.version, *provided()]).encode()).hexdigest()
    target = folder / key[:32]
    if target.is_dir():
        return target
    await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
    environment = {**host, "UV_SYSTEM_CERTS": "1", **package_index(host, _pip_files(host))}
    with tempfile.TemporaryDirectory(
        dir=folder, prefix=".stage-", ignore_cleanup_errors=True
    ) as made:
        stage = Path(made)
        for arguments in await asyncio.to_thread(_commands, module, stage):
            if arguments[0] == "pip":
                await asyncio.to_thread(_plain, stage / "requirements.txt")
            code, printed = await _uv(environment, arguments)
            if code and builder is not None and _NO_WHEEL.search(printed):
                code, printed = await _built(stage, environment, arguments, builder)
            if code:
                raise _failure(module, arguments[0], code, printed)
        packages = stage / "packages"
        packages.mkdir(exist_ok=True)
        packages.chmod(0o755)
        await asyncio.to_thread(put, packages, target)
    return target


def _commands(module: ModuleSource, stage: Path) -> list[list[str]]:
    """Return the arguments of the uv runs that fill `stage`/packages; what they read is written to `stage`."""
    requirements, constraints = stage / "requirements.txt", stage / "constraints.txt"
    install = ["pip", "install", "--python", sys.executable, "--target", str(stage / "packages")]
    install += ["--only-binary", ":all:", "-r", str(requirements)]
    if module.lock is not None and module.lock.name == "uv.lock":
        export = ["export", "--project", str(module.source), "-o", str(requirements)]
        export += ["--frozen", "--no-dev", "--no-emit-project", "--no-header"]
        export += [f"--no-emit-package={pin.partition('==')[0]}" for pin in provided()]
        return [export, [*install, "--no-deps"]]
    wanted = module.lock.read_text() if module.lock else "\n".join(module.project.requirements)
    requirements.write_text(wanted)
    constraints.write_text("\n".join(provided()))
    return [[*install, "--constraint", str(constraints)]]


@cache
def provided() -> tuple[str, ...]:
    """Return `name==version` of dagger-io and all that it needs, as installed here."""
    found: dict[str, str] = {}
    pending = [PROVIDED]
    while pending:
        line = pending.pop()
        name = distribution(line)
        if name in found and "[" not in line:
            continue
        try:
            known = importlib.metadata.distribution(name)
        except importlib.metadata.PackageNotFoundError:
            continue  # needed on other systems or Pythons only
        found[name] = known.version
        extras = set(re.findall(r"[\w-]+", "".join(re.findall(r"\[(.*?)\]", line))))
        for required in known.requires or []:
            extra = re.search(r"extra == [\"']([\w-]+)", required)
            if extra is None or extra.group(1) in extras:
                pending.append(required.partition(";")[0])
    return tuple(sorted(f"{name}=={version}" for name, version in found.items()))


def package_index(environment: Mapping[str, str], files: list[Path]) -> dict[str, str]:
    """Return uv's variables for the package index that pip's variables and configuration `files` name.

    uv's own variables go first, then pip's; of the files, later ones win.
    """
    parser = configparser.ConfigParser(interpolation=None)
    parser.read([file for file in files if file.is_file()])
    found = {}
    for setting, variable in _INDEXES.items():
        of_pip = environment.get(f"PIP_{setting.upper().replace('-', '_')}")
        of_file = parser.get("global", setting, fallback="")
        value = environment.get(variable) or of_pip or of_file
        if value.strip():
            found[variable] = " ".join(value.split())
    return found


def _pip_files(host: Mapping[str, str]) -> list[Path]:
    home = Path(host.get("HOME") or Path.home())
    files = [Path("/etc/pip.conf"), home / ".pip/pip.conf", home / ".config/pip/pip.conf"]
    return [*files, Path(host["PIP_CONFIG_FILE"])] if host.get("PIP_CONFIG_FILE") else files


def _plain(requirements: Path) -> None:
    """Have nothing installed as editable: uv builds such packages at once, even where it may not build."""
    lines = requirements.read_text().splitlines()
    wanted = [_EDITABLE.sub("", line) for line in lines]
    if any(_INCLUDE.match(line) for line in wanted):
        raise ModuleEnvironmentError(
            "a lock file of a module cannot include other files (-r, -c)",
            "lock all packages in one file, such as with: uv export -o requirements.lock",
        )
    requirements.write_text("\n".join(wanted) + "\n")


async def _built(
    stage: Path, environment: Mapping[str, str], arguments: list[str], builder: Builder
) -> tuple[int, str]:
    """Have the packages built, with what uv reads in a folder that is all it sees of the stage."""
    folder = stage / "build"
    # uv reads its requirements and constraints; the other things there are its own
    taken = shutil.ignore_patterns("build", "packages")
    await asyncio.to_thread(shutil.copytree, stage, folder, ignore=taken)
    inside = [argument.replace(str(stage), SCRATCH) for argument in arguments]
    at = inside.index("--only-binary")
    del inside[at : at + 2]
    await building.hand_over(folder)
    answer = await builder(building.Build(folder, tuple(inside), environment))
    if (folder / "packages").is_dir():
        await building.hand_over(folder / "packages", os.geteuid())
        await asyncio.to_thread(shutil.rmtree, stage / "packages", ignore_errors=True)
        (folder / "packages").rename(stage / "packages")
    return answer


async def _uv(environment: Mapping[str, str], arguments: list[str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        building.program(),
        *arguments,
        env=dict(environment),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    try:
        output, _ = await process.communicate()
    except asyncio.CancelledError:
        process.kill()
        await process.wait()
        raise
    return process.returncode or 0, output.decode(errors="replace")


def _failure(module: ModuleSource, command: str, code: int, printed: str) -> ModuleEnvironmentError:
    last = "\n".join(printed.splitlines()[-_LAST_LINES:])
    return ModuleEnvironmentError(
        f"the packages of module {module.config.name!r} could not be installed "
        f"(uv {command}: exit code {code}):\n{last}",
        f"check the dependencies in {module.source / 'pyproject.toml'} and the host's package index; what has no "
        "wheel is built with the compilers and headers of this machine, as a user without rights",
    )
