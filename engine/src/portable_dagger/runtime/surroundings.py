"""What the host gives to every container so that networks work as they do outside: CA bundle, proxies, package indexes.

It enters neither images nor keys of steps: files are mounted from one folder, variables are added where the container
has none of the name. Only what the host has set is passed on; a host without settings gives nothing.
"""

from __future__ import annotations

import configparser
import os
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from portable_dagger.runtime.plan import BindMount

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

INSIDE = "/.host"
CA_FILE = f"{INSIDE}/ca-certificates.crt"
PIP_FILE = f"{INSIDE}/pip.conf"
APT_FILE = f"{INSIDE}/apt.conf"

# OpenSSL and Go, curl, requests, git, node. pip and apt get it by their own files.
CA_VARIABLES = (
    "SSL_CERT_FILE",
    "CURL_CA_BUNDLE",
    "REQUESTS_CA_BUNDLE",
    "GIT_SSL_CAINFO",
    "NODE_EXTRA_CA_CERTS",
)
PROXY_VARIABLES = ("http_proxy", "https_proxy", "ftp_proxy", "all_proxy", "no_proxy")
INDEX_VARIABLES = (
    "UV_DEFAULT_INDEX",
    "UV_INDEX_URL",
    "UV_INDEX",
    "UV_EXTRA_INDEX_URL",
    "NPM_CONFIG_REGISTRY",
    "npm_config_registry",
    "GOPROXY",
)
# pip, "Configuration": what concerns the index, not how a person likes pip to behave.
PIP_OPTIONS = (
    "index-url",
    "extra-index-url",
    "find-links",
    "no-index",
    "proxy",
    "retries",
    "timeout",
    "trusted-host",
)
PIP_ALIASES = {"default-timeout": "timeout"}
SYSTEM_CA = Path("/etc/ssl/certs/ca-certificates.crt")
LOCAL_CAS = Path("/usr/local/share/ca-certificates")
# Proxies, transport, and what a host without a right clock or with a snapshot mirror needs.
APT_LINE = re.compile(
    r'Acquire::(?:Retries|Check-Valid-Until|Check-Date|(?:http|https|ftp)(?:::[\w.:-]+)+) ".+";'
)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """Variables and mounts for containers."""

    variables: tuple[tuple[str, str], ...] = ()
    mounts: tuple[BindMount, ...] = ()

    def missing_from(self, environment: Mapping[str, str]) -> dict[str, str]:
        """Return the variables that a container with this environment lacks.

        A proxy counts as set in either case.
        """
        has = set(environment) | {
            same
            for name in environment
            if name.lower() in PROXY_VARIABLES
            for same in (name.lower(), name.upper())
        }
        return {name: value for name, value in self.variables if name not in has}


def read(environment: Mapping[str, str], folder: Path) -> Surroundings:
    """Read the host's settings, given its environment; files for containers go to `folder`, which must outlive them."""
    folder.mkdir(mode=0o755, parents=True, exist_ok=True)
    variables = dict(proxies(environment))
    variables |= {name: environment[name] for name in INDEX_VARIABLES if environment.get(name)}
    mounts: list[BindMount] = []
    authorities = ca_bundle(environment)
    if authorities:
        shutil.copyfile(authorities, folder / Path(CA_FILE).name)
        variables |= dict.fromkeys(CA_VARIABLES, CA_FILE)
    pip = pip_options(environment, _pip_files(environment))
    mounts += [BindMount(str(path), path, read_only=True) for path in local_links(pip)]
    variables = uv_variables(pip) | variables
    if authorities:
        pip["cert"] = CA_FILE
    if pip:
        (folder / Path(PIP_FILE).name).write_text(pip_file(pip))
        variables["PIP_CONFIG_FILE"] = PIP_FILE
    apt = apt_lines(_apt_dump())
    if authorities:
        apt.append(f'Acquire::https::CaInfo "{CA_FILE}";')
    if apt:
        (folder / Path(APT_FILE).name).write_text("".join(f"{line}\n" for line in apt))
        variables["APT_CONFIG"] = APT_FILE
    if any(folder.iterdir()):
        mounts.append(BindMount(INSIDE, folder, read_only=True))
    return Surroundings(tuple(sorted(variables.items())), tuple(mounts))


def proxies(environment: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    """Return the proxy variables in lower and upper case: programs differ in which they read."""
    for name in PROXY_VARIABLES:
        value = environment.get(name) or environment.get(name.upper())
        if value:
            yield name, value
            yield name.upper(), value


def ca_bundle(
    environment: Mapping[str, str], system: Path = SYSTEM_CA, local: Path = LOCAL_CAS
) -> Path | None:
    """Return the host's CA bundle if it is one of its own: named by a variable, or with authorities added to it."""
    for name in (*CA_VARIABLES, "PIP_CERT"):
        value = environment.get(name)
        if value and Path(value).is_file():
            return Path(value)
    return system if system.is_file() and any(local.glob("**/*.crt")) else None


def pip_options(environment: Mapping[str, str], files: Iterable[Path]) -> dict[str, str]:
    """Return pip's index options as its files (in the order of their precedence) and variables set them."""
    found: dict[str, str] = {}
    for path in files:
        parser = configparser.RawConfigParser()
        parser.read(path)
        for section in ("global", "install"):
            if parser.has_section(section):
                found |= dict(parser.items(section))
    for name, value in environment.items():
        if name.startswith("PIP_") and value:
            found[name.removeprefix("PIP_").lower().replace("_", "-")] = value
    named = {PIP_ALIASES.get(name, name): value for name, value in found.items()}
    return {name: named[name] for name in PIP_OPTIONS if name in named}


def uv_variables(pip: Mapping[str, str]) -> dict[str, str]:
    """Return uv's variables for pip's index options: uv does not read pip's files."""
    names = {
        "index-url": "UV_DEFAULT_INDEX",
        "extra-index-url": "UV_INDEX",
        "find-links": "UV_FIND_LINKS",
    }
    return {names[option]: " ".join(pip[option].split()) for option in names if option in pip}


def pip_file(options: Mapping[str, str]) -> str:
    """Return a pip.conf; an option of several values has one a line."""
    lines = ["[global]\n"]
    for name, value in options.items():
        words = value.split()
        joined = words[0] if len(words) == 1 else "".join(f"\n    {word}" for word in words)
        lines.append(f"{name} = {joined}\n")
    return "".join(lines)


def local_links(options: Mapping[str, str]) -> list[Path]:
    """Return the host's folders among pip's find-links."""
    links = options.get("find-links", "").split()
    paths = [Path(urlsplit(link).path) for link in links if ":" not in link or link[:5] == "file:"]
    return [path for path in paths if path.is_absolute() and path.is_dir()]


def apt_lines(dump: str) -> list[str]:
    """Return what `apt-config dump` says about proxies and transport."""
    return [line for line in dump.splitlines() if APT_LINE.fullmatch(line)]


def _pip_files(environment: Mapping[str, str]) -> list[Path]:
    home = Path(environment.get("HOME", "/root"))
    chosen = environment.get("PIP_CONFIG_FILE")
    paths = [
        Path("/etc/pip.conf"),
        home / ".pip/pip.conf",
        Path(environment.get("XDG_CONFIG_HOME") or home / ".config") / "pip/pip.conf",
        *([Path(chosen)] if chosen and chosen != os.devnull else []),
    ]
    return [path for path in paths if path.is_file()]


def _apt_dump() -> str:
    program = shutil.which("apt-config")
    if program is None:
        return ""
    return subprocess.run(  # noqa: S603
        [program, "dump"], capture_output=True, text=True, check=True
    ).stdout
