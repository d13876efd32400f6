"""Files over HTTP: fetched once by each client; what did not change since an earlier time is not sent again (ETag)."""

from __future__ import annotations

import asyncio
import hashlib
import posixpath
import shutil
import tempfile
import urllib.error
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit, urlunsplit

from portable_dagger.errors import HttpError
from portable_dagger.graph.steps import step_key
from portable_dagger.ops import reach
from portable_dagger.store.disk import disk_errors

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from portable_dagger.store.store import Store

NOT_MODIFIED = 304
SILENCE = 60.0
"""Seconds without a byte after which a server counts as gone."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for; `authorization` is the header's text.

    address: host:port of the URL's server, "" to look it up.
    away_from: the containers' network, when this machine must not be asked either (ops/reach.py).
    """

    url: str
    address: str = ""
    authorization: str = ""
    away_from: IPv4Network | None = None

    @property
    def name(self) -> str:
        """The last element of the URL's path, or `index`."""
        return posixpath.basename(urlsplit(self.url).path) or "index"

    def prepared(self, etag: str) -> urllib.request.Request:
        """Return the request to send; HttpError for a URL that is not of http or https."""
        parts = urlsplit(self.url)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise HttpError(f"{self.url} is no http or https URL", "write it as https://host/path")
        target = parts
        if self.address:
            target = parts._replace(netloc=self.address)
        place = urlunsplit(target)
        request = urllib.request.Request(place)  # noqa: S310  the scheme is checked above
        request.add_header("Host", parts.netloc)
        request.add_header("User-Agent", "portable-dagger")
        if self.authorization:
            request.add_header("Authorization", self.authorization)
        if etag:
            request.add_header("If-None-Match", etag)
        return request

    def opener(self) -> urllib.request.OpenerDirector:
        """Return what sends the request, and those that servers redirect it to; HttpError where it must not go."""
        if self.away_from is None or self.address:
            return urllib.request.build_opener()
        _refuse(self.url, self.away_from)
        return urllib.request.build_opener(_Redirects(self.away_from))


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows redirections, but for those to this machine."""

    def __init__(self, away_from: IPv4Network) -> None:
        self._away_from = away_from

    def redirect_request(  # noqa: PLR0913, PLR0917  as in the class above
        self, req: Any, fp: Any, code: Any, msg: Any, headers: Any, newurl: str  # noqa: ANN401
    ) -> urllib.request.Request | None:
        _refuse(newurl, self._away_from)
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _refuse(url: str, containers: IPv4Network) -> None:
    why = reach.refusal(url, containers)
    if why:
        raise HttpError(why, reach.TODO)


async def fetch(store: Store, request: Request) -> Path:
    """Return the file of the store that holds what the server sent, now or last time; raises HttpError."""
    return await asyncio.to_thread(_fetch, store, request)


def _fetch(store: Store, request: Request) -> Path:
    who = (
        hashlib.sha256(request.authorization.encode()).hexdigest() if request.authorization else ""
    )
    key = step_key("http", [request.url, who])
    kept = store.get_step(key) or {}
    try:
        with (
            request.opener().open(
                request.prepared(kept.get("etag", "")), timeout=SILENCE
            ) as answer,
            tempfile.NamedTemporaryFile(dir=store.root, delete=False) as file,
        ):
            with disk_errors(store.root):
                shutil.copyfileobj(answer, file)
            etag = answer.headers.get("ETag", "")
    except urllib.error.HTTPError as error:
        if error.code == NOT_MODIFIED:
            return store.blob_path(kept["blob"])
        raise HttpError(
            f"{request.url}: the server answered {error.code} {error.reason}"
        ) from error
    except OSError as error:
        raise HttpError(
            f"{request.url}: {error}", "check the address, the network and the proxies"
        ) from error
    blob = store.put_blob_file(Path(file.name), move=True, kind="http", title=request.url)
    if etag:
        store.put_step(key, {"etag": etag, "blob": blob}, blobs=[blob])
    return store.blob_path(blob)
