"""Image references such as `python:3.12-slim`: parsed, checked, and in their full form.

The grammar and the short forms (`debian` is `docker.io/library/debian:latest`) are those of distribution/reference,
which every container tool uses.
"""

from __future__ import annotations

import dataclasses
import re
from dataclasses import dataclass

from portable_dagger.errors import ImageReferenceError

# What a reference without a registry means; part of the reference grammar, not a server that we choose.
DEFAULT_REGISTRY = "docker.io"
DEFAULT_NAMESPACE = "library"
DEFAULT_TAG = "latest"

_LABEL = r"[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?"
_REGISTRY = rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-fA-F:]+\])(?::[0-9]+)?"
_COMPONENT = r"[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*"
_TAG = r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}"
_DIGEST = r"sha256:[0-9a-f]{64}"
_REFERENCE = re.compile(
    rf"(?P<registry>{_REGISTRY})/(?P<repository>{_COMPONENT}(?:/{_COMPONENT})*)"
    rf"(?::(?P<tag>{_TAG}))?(?:@(?P<digest>{_DIGEST}))?"
)
_IDENTIFIER = re.compile(r"[0-9a-f]{64}")
_MAX_NAME_LENGTH = 255


@dataclass(frozen=True, slots=True)
class Reference:
    """An image reference in full: `str()` gives `registry/repository[:tag][@digest]`; "" is a part not given."""

    registry: str
    repository: str
    tag: str = ""
    digest: str = ""

    def __str__(self) -> str:
        """Return the full form."""
        tag = f":{self.tag}" if self.tag else ""
        digest = f"@{self.digest}" if self.digest else ""
        return f"{self.name}{tag}{digest}"

    @property
    def name(self) -> str:
        """Registry and repository, such as `docker.io/library/debian`."""
        return f"{self.registry}/{self.repository}"

    @property
    def familiar(self) -> str:
        """The short form that people write, such as `debian:bookworm-slim`."""
        text = str(self)
        for prefix in (f"{DEFAULT_REGISTRY}/{DEFAULT_NAMESPACE}/", f"{DEFAULT_REGISTRY}/"):
            if text.startswith(prefix):
                return text.removeprefix(prefix)
        return text

    @property
    def is_loopback(self) -> bool:
        """Whether the registry is on this machine, where plain HTTP is allowed (as docker does)."""
        host = self.registry.removeprefix("[").partition("]")[0]
        if not self.registry.startswith("["):
            host = self.registry.partition(":")[0]
        return host in {"localhost", "::1"} or re.fullmatch(r"127(\.\d{1,3}){3}", host) is not None

    def tagged(self) -> Reference:
        """Return the reference with the default tag if it has neither tag nor digest."""
        return self if self.tag or self.digest else dataclasses.replace(self, tag=DEFAULT_TAG)

    def with_digest(self, digest: str) -> Reference:
        """Return the reference pinned to a digest."""
        return dataclasses.replace(self, digest=digest)


def parse(text: str) -> Reference:
    """Read a reference in its short or full form; ImageReferenceError if it does not parse."""
    if _IDENTIFIER.fullmatch(text):
        raise _malformed(text, "a 64 digit hexadecimal number cannot be a repository name")
    registry, rest = _split_registry(text)
    remote = rest.partition("@")[0].partition(":")[0]
    if remote != remote.lower():
        raise _malformed(text, f"repository name ({remote}) must be lowercase")
    match = _REFERENCE.fullmatch(f"{registry}/{rest}")
    if match is None:
        raise _malformed(text)
    parsed = Reference(
        match["registry"], match["repository"], match["tag"] or "", match["digest"] or ""
    )
    if len(parsed.name) > _MAX_NAME_LENGTH:
        raise _malformed(text, f"repository name must not have more than {_MAX_NAME_LENGTH} bytes")
    return parsed


def normalise(text: str) -> str:
    """Return the full form with the default tag where neither tag nor digest was given."""
    return str(parse(text).tagged())


def _split_registry(text: str) -> tuple[str, str]:
    """Tell a registry from the first part of a repository: it has a dot, a port, capitals, or is localhost."""
    first, slash, rest = text.partition("/")
    named = any(sign in first for sign in ".:") or first == "localhost" or first != first.lower()
    registry, rest = (first, rest) if slash and named else (DEFAULT_REGISTRY, text)
    if registry == f"index.{DEFAULT_REGISTRY}":
        registry = DEFAULT_REGISTRY
    if registry == DEFAULT_REGISTRY and "/" not in rest:
        rest = f"{DEFAULT_NAMESPACE}/{rest}"
    return registry, rest


def _malformed(text: str, reason: str = "") -> ImageReferenceError:
    detail = f": {reason}" if reason else ""
    return ImageReferenceError(
        f"failed to parse image address {text}: invalid reference format{detail}",
        hint="write it as [registry/]repository[:tag][@sha256:...], such as python:3.12-slim",
    )
