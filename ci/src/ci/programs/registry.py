"""A repository at a registry, by the OCI distribution specification v1.1: blobs, manifests, tags and referrers."""

from __future__ import annotations

import hashlib
import json
import sys
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit, urlunsplit

import requests

from ci.programs.connection import Connection
from ci.programs.errors import AbsentError, DigestError, PlanError, RegistryError
from ci.programs.hiccup import Patience, trouble
from ci.programs.layout import INDEX
from ci.programs.parts import INDEXES, MANIFESTS

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

    from ci.programs.layout import Descriptor
    from ci.programs.logins import Logins
    from ci.programs.parts import Part

PULL: Final = "pull"
PUSH: Final = "pull,push"

_ACCEPT: Final = ", ".join(INDEXES + MANIFESTS)
_CHUNK: Final = 1 << 20
# What registries without the referrers API answer to it.
_NO_REFERRERS: Final = (400, 404, 405, 406)


@dataclass(frozen=True, slots=True)
class Manifest:
    """A manifest or index as a registry gave it."""

    media_type: str
    raw: bytes

    @property
    def digest(self) -> str:
        """The digest of its bytes."""
        return digest_of(self.raw)

    def document(self, what: str) -> dict[str, Any]:
        """Return its object. Raises RegistryError."""
        try:
            value = json.loads(self.raw)
        except ValueError as error:
            raise RegistryError(f"{what} is not JSON") from error
        if not isinstance(value, dict):
            raise RegistryError(f"{what} is no object")
        return value


@dataclass(frozen=True, slots=True)
class Referrers:
    """What refers to a manifest; `native` says whether the registry keeps the list by itself."""

    entries: list[Descriptor]
    native: bool


def to_stderr(line: str) -> None:
    """Say a line of progress on standard error."""
    print(line, file=sys.stderr, flush=True)


@dataclass(slots=True)
class Repository:
    """One repository at a registry; may be used by several threads.

    name: with the registry, such as ghcr.io/org/name. address: where the registry is reached, http:// or https://.
    actions: PULL or PUSH. say: takes a line of progress. Everything raises RegistryError, AccessError where the
    registry does not let us in; what may pass has been tried again by then.
    """

    name: str
    address: str
    logins: Logins = field(repr=False)
    actions: str = PULL
    patience: Patience = field(default_factory=Patience)
    say: Callable[[str], None] = to_stderr
    _connection: Connection = field(init=False, repr=False)
    _path: str = field(init=False)

    def __post_init__(self) -> None:
        registry, _, path = self.name.partition("/")
        parts = urlsplit(self.address)
        if not registry or not path or parts.scheme not in {"http", "https"} or not parts.hostname:
            raise PlanError(
                f"{self.name!r} at {self.address!r} is no repository",
                "Give a name such as ghcr.io/org/name and an address such as https://ghcr.io.",
            )
        if parts.username or parts.password:
            raise PlanError(f"the address of {self.name} holds a login", "Give it as --auth.")
        self._path = f"/v2/{path}"
        self._connection = Connection(
            self.name,
            self.address.rstrip("/"),
            f"repository:{path}:{self.actions}",
            self.logins.find(self.name),
            self.patience,
            lambda line: self.say(f"{self.name}: {line}"),
        )

    def close(self) -> None:
        """Close all connections."""
        self._connection.close()

    def reach(self) -> None:
        """Check that the registry answers, and lets us write where this is for pushing.

        Only a write shows whether writing is allowed: an upload is begun, which the registry forgets. To cancel
        it would need the right to delete.
        """
        if self.actions == PULL:
            self._connection.ask("reach it", "GET", "/v2/", (200,))
            return
        self._connection.ask("begin an upload", "POST", self._uploads, (202,))

    def has_blob(self, digest: str) -> bool:
        """Say whether a blob is there."""
        answer = self._connection.ask(
            f"look for {digest}", "HEAD", f"{self._path}/blobs/{digest}", (200, 404)
        )
        return bool(answer.status_code == requests.codes.ok)

    def put_blob(self, part: Part, path: Path) -> None:
        """Upload a blob from a file, from its beginning again where that breaks off."""
        begun = False

        def attempt() -> None:
            nonlocal begun
            # An answer may have got lost after the registry had everything.
            if begun and self.has_blob(part.digest):
                return
            begun = True
            self._upload(part, path)

        self._connection.persist(f"upload {part}", attempt)

    def get_blob(self, part: Part, path: Path) -> None:
        """Download a blob into a file. Raises AbsentError, and DigestError if it is not what its digest says."""
        self._connection.persist(f"download {part}", lambda: self._download(part, path))

    def find_manifest(self, reference: str) -> str:
        """Return the digest of the manifest that a tag or digest leads to, "" if there is none."""
        what = f"look for {reference}"
        answer = self._manifest(what, "HEAD", reference)
        if answer.status_code == requests.codes.not_found:
            return ""
        # The header is optional.
        known = answer.headers.get("Docker-Content-Digest", "")
        return known or digest_of(self._manifest(what, "GET", reference).content)

    def get_manifest(self, reference: str, what: str = "") -> Manifest:
        """Return the manifest that a tag or digest leads to; `what` is its role in messages.

        Raises AbsentError, and DigestError if it is not what its digest says.
        """
        what = f"{what} {reference}".lstrip()
        answer = self._manifest(f"get {what}", "GET", reference)
        if answer.status_code == requests.codes.not_found:
            raise AbsentError(f"{self.name}: there is no {what}", "Check the tag or digest.")
        found = Manifest(_media_type(answer), answer.content)
        if ":" in reference and found.digest != reference:
            raise self._changed(what, found.digest)
        return found

    def put_manifest(self, reference: str, manifest: Manifest, what: str) -> bool:
        """Put a manifest under a tag or its digest; say whether the registry lists it as a referrer by itself."""
        answer = self._connection.ask(
            f"put {what}",
            "PUT",
            f"{self._path}/manifests/{reference}",
            (200, 201, 202),
            headers={"Content-Type": manifest.media_type},
            body=manifest.raw,
        )
        return "OCI-Subject" in answer.headers

    def referrers(self, digest: str) -> Referrers:
        """Return what refers to a manifest: from the referrers API, or the tag that stands in where there is none."""
        entries: list[Descriptor] = []
        address = f"{self._path}/referrers/{digest}"
        while address:
            answer = self._connection.ask(
                f"list what refers to {digest}",
                "GET",
                address,
                (200, *_NO_REFERRERS),
                headers={"Accept": INDEX},
            )
            # Some answer with a page for people.
            if answer.status_code in _NO_REFERRERS or _media_type(answer) != INDEX:
                return Referrers(self._tagged(digest), native=False)
            page = Manifest(INDEX, answer.content).document(f"what refers to {digest}")
            entries += page["manifests"]
            address = self._absolute(answer, answer.links.get("next", {}).get("url", ""))
        return Referrers(entries, native=True)

    def add_referrers(self, digest: str, added: Sequence[Descriptor]) -> bool:
        """List referrers of a manifest where the registry does not by itself; say whether anything was written.

        The entries of others are kept. Two that write at the same time may lose one's entries: the specification has no
        way to prevent that.
        """
        known = self.referrers(digest)
        listed = {entry["digest"] for entry in known.entries}
        missing = [entry for entry in added if entry["digest"] not in listed]
        if known.native or not missing:
            return False
        value = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [*known.entries, *missing]}
        raw = json.dumps(value, separators=(",", ":")).encode()
        self.put_manifest(_fallback(digest), Manifest(INDEX, raw), f"the referrers of {digest}")
        return True

    @property
    def _uploads(self) -> str:
        return f"{self._path}/blobs/uploads/"

    def _upload(self, part: Part, path: Path) -> None:
        begun = self._connection.once(f"upload {part}", "POST", self._uploads, (202,))
        parts = urlsplit(self._location(begun))
        query = "&".join(filter(None, (parts.query, f"digest={part.digest}")))
        self._connection.once(
            f"upload {part}",
            "PUT",
            urlunsplit(parts._replace(query=query)),
            (201, 204),
            headers={"Content-Type": "application/octet-stream"},
            body=path,
        )

    def _download(self, part: Part, path: Path) -> None:
        answer = self._connection.once(
            f"download {part}", "GET", f"{self._path}/blobs/{part.digest}", (200, 404), stream=True
        )
        with answer:
            if answer.status_code == requests.codes.not_found:
                raise AbsentError(f"{self.name}: {part} is missing")
            actual = hashlib.sha256()
            size = 0
            try:
                with path.open("wb") as file:
                    for chunk in answer.iter_content(_CHUNK):
                        size += len(chunk)
                        if size > part.size:
                            raise DigestError(f"{self.name}: {part} is larger than {part.size} B")
                        actual.update(chunk)
                        file.write(chunk)
            except requests.RequestException as error:
                raise trouble(self.name, error) from error
        if (digest := f"sha256:{actual.hexdigest()}") != part.digest:
            raise self._changed(str(part), digest)

    def _manifest(self, what: str, method: str, reference: str) -> requests.Response:
        return self._connection.ask(
            what,
            method,
            f"{self._path}/manifests/{reference}",
            (200, 404),
            headers={"Accept": _ACCEPT},
        )

    def _tagged(self, digest: str) -> list[Descriptor]:
        """Return the entries of the tag that stands in for the referrers API ("Referrers Tag Schema")."""
        tag = _fallback(digest)
        answer = self._manifest(f"get {tag}", "GET", tag)
        if answer.status_code == requests.codes.not_found:
            return []
        return list(Manifest(INDEX, answer.content).document(tag).get("manifests") or [])

    def _location(self, answer: requests.Response) -> str:
        location = answer.headers.get("Location", "")
        if not location:
            raise RegistryError(f"{self.name}: it begins an upload without saying where")
        return self._absolute(answer, location)

    def _absolute(self, answer: requests.Response, url: str) -> str:
        """Return a URL of an answer, which may be relative, as an absolute one; "" for none."""
        return requests.compat.urljoin(answer.url, url) if url else ""

    def _changed(self, what: str, actual: str) -> DigestError:
        return DigestError(
            f"{self.name}: {what} has been changed: its content is {actual}",
            "Do not use this image. Find out who wrote to the registry, and publish it again.",
        )


def digest_of(raw: bytes) -> str:
    """Return the digest of bytes, sha256:HEX."""
    return f"sha256:{hashlib.sha256(raw).hexdigest()}"


def _fallback(digest: str) -> str:
    return digest.replace(":", "-")


def _media_type(answer: requests.Response) -> str:
    return answer.headers.get("Content-Type", "").partition(";")[0].strip()
