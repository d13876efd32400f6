"""Packages that a module brings along: installed once per lock file, beside the SDK's own environment.

What dagger-io itself needs is in every worker already, imported once for all; so those versions are fixed, and a module
gets a folder with the rest. Only wheels are installed: building one would run its code on the host.
"""

from __future__ import annotations

import asyncio
import configparser
import hashlib
import importlib.metadata
import re
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portable_dagger.errors import ModuleEnvironmentError
from portable_dagger.modules.config import PROVIDED, distribution

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portable_dagger.modules.source import ModuleSource

_INDEXES: Final = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "find-links": "UV_FIND_LINKS",
}
"""pip's settings, and what uv calls them."""

_LAST_LINES: Final = 12


async def install(module: ModuleSource, folder: Path, host: Mapping[str, str]) -> Path | None:
    """Return the folder of a module's own packages, installed below `folder` on first use; None if it has none.

    `host` is the environment of the host, for its package index and certificates. Raises ModuleEnvironmentError.
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
            await _uv(module, environment, arguments)
        packages = stage / "packages"
        packages.mkdir(exist_ok=True)
        packages.chmod(0o755)
        packages.rename(target)
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


async def _uv(module: ModuleSource, environment: Mapping[str, str], arguments: list[str]) -> None:
    program = Path(sys.prefix) / "bin" / "uv"
    process = await asyncio.create_subprocess_exec(
        str(program) if program.exists() else "uv",
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
    if process.returncode:
        last = "\n".join(output.decode(errors="replace").splitlines()[-_LAST_LINES:])
        raise ModuleEnvironmentError(
            f"the packages of module {module.config.name!r} could not be installed "
            f"(uv {arguments[0]}: exit code {process.returncode}):\n{last}",
            f"check the dependencies in {module.source / 'pyproject.toml'} and the host's package index; "
            "packages without a wheel for this Python cannot be used",
        )
