from __future__ import annotations

import requests

from ci.programs import osv
from ci.programs.osv_server import Book, served

ADVISORY = {
    "id": "PYSEC-1",
    "aliases": ["CVE-1"],
    "summary": "A hole",
    "database_specific": {"severity": "HIGH"},
    "affected": [
        {
            "package": {"name": "Shop.Core", "ecosystem": "PyPI"},
            "ranges": [
                {"type": "ECOSYSTEM", "events": [{"introduced": "0"}, {"fixed": "2.0"}]},
                {"type": "ECOSYSTEM", "events": [{"introduced": "3"}, {"fixed": "3.1"}]},
            ],
        }
    ],
}


def test_the_server_answers_as_osvs_api_does() -> None:
    with served(Book([osv.read(ADVISORY)])) as address:
        package = {"name": "shop_core", "ecosystem": "PyPI"}
        query = {"package": package, "version": "1.0"}
        hit = requests.post(address, json=query, timeout=10).json()
        miss = requests.post(address, json={**query, "version": "2.0"}, timeout=10).json()

    (found,) = hit["vulns"]
    assert (found["id"], found["aliases"]) == ("PYSEC-1", ["CVE-1"])
    (affected,) = found["affected"]
    assert affected["package"]["name"] == "shop-core"
    assert [event.get("fixed") for event in affected["ranges"][0]["events"]] == [None, "2.0", "3.1"]
    assert miss == {}
