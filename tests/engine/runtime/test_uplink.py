"""Addresses and rules of an engine on its host."""

from __future__ import annotations

from ipaddress import IPv4Network

from portable_dagger.runtime import uplink


def test_engines_share_no_address() -> None:
    blocks = [uplink.choose(index, []) for index in range(32)]
    found = [block.block for block in blocks if block]
    assert len(found) == 32
    assert not any(a.overlaps(b) for i, a in enumerate(found) for b in found[:i])


def test_the_hosts_routes_are_kept_clear() -> None:
    everything = IPv4Network("0.0.0.0/0")
    taken = [everything, IPv4Network("10.213.0.0/20")]
    first = uplink.choose(0, taken)
    assert first is not None
    assert first.block == IPv4Network("10.87.0.0/21")
    assert uplink.choose(2, taken) == uplink.Addresses(2, IPv4Network("10.213.16.0/21"))
    assert uplink.choose(0, [IPv4Network("10.0.0.0/8")]) is None


def test_addresses_of_a_block() -> None:
    addresses = uplink.Addresses(3, IPv4Network("10.213.24.0/21"))
    assert str(addresses.containers) == "10.213.24.0/22"
    assert str(addresses.gateway) == "10.213.24.1/22"
    assert (str(addresses.host_end), str(addresses.hub_end)) == ("10.213.28.1/30", "10.213.28.2/30")
    assert not addresses.containers.overlaps(addresses.host_end.network)


def test_rules_name_the_engine() -> None:
    text = uplink.rules(uplink.Addresses(3, IPv4Network("10.213.24.0/21")))
    assert "table inet portable_dagger_3" in text
    assert 'ip saddr 10.213.24.0/22 oifname != "pdagger3" masquerade' in text
    assert 'iifname "pdagger3" drop' in text
