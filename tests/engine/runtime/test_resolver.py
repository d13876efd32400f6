"""The host's DNS settings as containers get them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.runtime.resolver import reachable, resolver_text

if TYPE_CHECKING:
    from pathlib import Path


def test_servers_that_containers_cannot_reach_are_left_out() -> None:
    text = "# own\nnameserver 127.0.0.53\nnameserver fe80::1%eth0\nnameserver 10.1.1.1\nsearch a\noptions ndots:2\n"
    assert reachable(text) == "nameserver 10.1.1.1\nsearch a\noptions ndots:2\n"


def test_resolved_upstream_when_the_host_asks_itself(tmp_path: Path) -> None:
    stub, upstream = tmp_path / "stub", tmp_path / "upstream"
    stub.write_text("nameserver 127.0.0.53\nsearch corp\n")
    upstream.write_text("nameserver 10.9.9.9\nsearch corp\n")
    assert resolver_text((stub, upstream)) == "nameserver 10.9.9.9\nsearch corp\n"
    assert resolver_text((tmp_path / "absent", stub)) == "search corp\n"
