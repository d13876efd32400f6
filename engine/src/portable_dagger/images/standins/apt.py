"""The host's apt configuration, as far as building from Debian packages needs it.

Mirror, transport settings, certificates and passwords come from the host. Only the mirror's address gets into an
image (an image whose apt has no source would be of little use), without the password that it may carry.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg"
CA_BUNDLE = "/etc/ssl/certs/ca-certificates.crt"
# Settings of the host that reach the build: how to get at a server, never what to install.
_SETTINGS = re.compile(
    r"Acquire::(?:https?::(?:(?:[^:]+::)?(?:Proxy|CaInfo|Verify-Peer|Verify-Host|Timeout))"
    r"|Retries|Check-Valid-Until|Check-Date|ForceIPv4|ForceIPv6)"
)


@dataclass(frozen=True, slots=True)
class Source:
    """One entry of the host's apt sources."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""

    @property
    def is_debian(self) -> bool:
        """Whether this is Debian's own archive: signed by its keys, or, with no key named, under its usual path."""
        if "main" not in self.components:
            return False
        if self.signed_by.startswith("/"):
            return Path(self.signed_by).name.startswith("debian-archive")
        last_parts = [urlsplit(uri).path.rstrip("/").rpartition("/")[2] for uri in self.uris]
        return any(part in {"debian", "debian-security"} for part in last_parts)


@dataclass(frozen=True, slots=True)
class Mirror:
    """Where the host gets Debian from; `logins` are lines of an apt_auth.conf file for passwords in the addresses."""

    archive: str
    security: str
    logins: tuple[str, ...] = ()

    def sources(self, suite: str) -> str:
        """Return the deb822 text of the sources of a suite."""
        entries = [(self.archive, f"{suite} {suite}-updates")]
        if self.security:
            entries.append((self.security, f"{suite}-security"))
        return "\n".join(
            f"Types: deb\nURIs: {uri}\nSuites: {suites}\nComponents: main\nSigned-By: {KEYRING}\n"
            for uri, suites in entries
        )


def mirror(sources: Iterable[Source]) -> Mirror | None:
    """Return the mirror that a list of sources uses for Debian, None where Debian is not among them."""
    archive = security = ""
    for source in sources:
        if not source.is_debian or not source.uris:
            continue
        if all(suite.endswith(("-security", "/updates")) for suite in source.suites):
            security = security or source.uris[0]
        else:
            archive = archive or source.uris[0]
    if not archive:
        return None
    logins = tuple(dict.fromkeys(line for uri in (archive, security) for line in _login(uri)))
    return Mirror(_bare(archive), _bare(security), logins)


def read_sources(folder: Path = Path("/etc/apt")) -> list[Source]:
    """Read all enabled binary sources of a host."""
    parts = folder / "sources.list.d"
    sources: list[Source] = []
    for path in [folder / "sources.list", *sorted(parts.glob("*.list"))]:
        if path.is_file():
            sources.extend(parse_list(path.read_text()))
    for path in sorted(parts.glob("*.sources")):
        sources.extend(parse_deb822(path.read_text()))
    return sources


def parse_list(text: str) -> Iterator[Source]:
    """Read the one-line format, `deb [options] uri suite component...` (sources.list(5))."""
    for line in text.splitlines():
        match = re.match(r"\s*deb\s+(?:\[(?P<options>[^]]*)\]\s*)?(?P<rest>[^#]+)", line)
        if match is None:
            continue
        options = dict(part.partition("=")[::2] for part in (match["options"] or "").split())
        uri, suite, *components = match["rest"].split()
        yield Source((uri,), (suite,), tuple(components), options.get("signed-by", ""))


def parse_deb822(text: str) -> Iterator[Source]:
    """Read the deb822 format (sources.list(5)): fields in stanzas, comment lines, continuation lines."""
    body = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for stanza in re.split(r"\n\s*\n", body):
        joined = re.sub(r"\n[ \t]+", "\n\t", stanza).replace("\n\t", " ")
        fields = {
            name.strip().lower(): value.strip()
            for name, colon, value in (line.partition(":") for line in joined.splitlines())
            if colon
        }
        if "deb" not in fields.get("types", "").split() or fields.get("enabled") == "no":
            continue
        yield Source(
            tuple(fields.get("uris", "").split()),
            tuple(fields.get("suites", "").split()),
            tuple(fields.get("components", "").split()),
            fields.get("signed-by", ""),
        )


def transport_settings(dump: str) -> list[str]:
    """Pick the lines of `apt-config dump` (one `name "value";` each) that say how to reach a server."""
    return [line for line in dump.splitlines() if _SETTINGS.fullmatch(line.partition(" ")[0])]


def read_settings() -> list[str]:
    """Return the host's own transport settings."""
    command = ["apt-config", "dump", "--no-empty", "--format", '%F "%v";%n', "Acquire"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603
    return transport_settings(done.stdout)


def read_logins(folder: Path = Path("/etc/apt")) -> list[str]:
    """Return the host's logins for package archives (apt_auth.conf(5))."""
    parts = sorted((folder / "auth.conf.d").glob("*.conf"))
    files = [folder / "auth.conf", *parts]
    return [line for path in files if path.is_file() for line in path.read_text().splitlines()]


def ca_bundle() -> Path | None:
    """Return the host's bundle of certificate authorities, None if it has none."""
    path = Path(os.environ.get("SSL_CERT_FILE") or CA_BUNDLE)
    return path if path.is_file() else None


def _login(uri: str) -> list[str]:
    parts = urlsplit(uri)
    if parts.username is None:
        return []
    host = parts.netloc.rpartition("@")[2]
    return [
        f"machine {parts.scheme}://{host} login {parts.username} password {parts.password or ''}"
    ]


def _bare(uri: str) -> str:
    parts = urlsplit(uri)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
