"""A server of advisories on the loopback, which speaks OSV's API (https://google.github.io/osv.dev/post-v1-query)."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Final

from packaging.utils import canonicalize_name
from packaging.version import Version

from ci.programs import osv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ci.programs.osv import Advisory, Affected

_PATH: Final = "/v1/query"


class Book:
    """Advisories by the packages that they are of."""

    def __init__(self, advisories: Iterable[Advisory]) -> None:
        self._entries: dict[str, list[tuple[Advisory, Affected]]] = {}
        for advisory in advisories:
            for affected in advisory.affected:
                self._entries.setdefault(affected.package, []).append((advisory, affected))
        self.severities = {
            advisory.id: advisory.severity
            for entries in self._entries.values()
            for advisory, _ in entries
        }

    def answer(self, package: str, version: str) -> dict[str, Any]:
        """Return what OSV's API answers: the advisories that affect a version; nothing at all without one."""
        name, wanted = canonicalize_name(package), Version(version)
        found = [
            _vulnerability(advisory, affected, wanted)
            for advisory, affected in self._entries.get(name, ())
            if wanted in affected
        ]
        return {"vulns": found} if found else {}


def _vulnerability(advisory: Advisory, affected: Affected, version: Version) -> dict[str, Any]:
    """Return an advisory as pip-audit reads it: one range of one package, with the versions that are worth a word."""
    fixed = [{"fixed": str(each)} for each in affected.fixes(version)]
    return {
        "id": advisory.id,
        "aliases": list(advisory.aliases),
        "summary": advisory.summary,
        "affected": [
            {
                "package": {"name": affected.package, "ecosystem": osv.ECOSYSTEM},
                "ranges": [{"type": "ECOSYSTEM", "events": [{"introduced": "0"}, *fixed]}],
            }
        ],
    }


@contextmanager
def served(book: Book) -> Iterator[str]:
    """Give the address of a server that answers out of a book."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            answer = json.dumps(book.answer(query["package"]["name"], query["version"])).encode()
            self.send_response(200 if self.path == _PATH else 404)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_address[1]}{_PATH}"
    finally:
        server.shutdown()
        server.server_close()
