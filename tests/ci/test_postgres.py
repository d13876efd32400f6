from __future__ import annotations

from urllib.parse import urlsplit

from ci.postgres import HOST, url


def test_the_address_has_the_wanted_scheme_and_the_bound_name() -> None:
    address = urlsplit(url("postgresql+psycopg"))

    assert (address.scheme, address.hostname, address.port) == ("postgresql+psycopg", HOST, 5432)
    assert (address.username, address.path) == ("postgres", "/postgres")
    assert address.password
