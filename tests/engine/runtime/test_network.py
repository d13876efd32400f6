"""The containers' network, for real."""

from __future__ import annotations

import asyncio
import fcntl
import socket
import struct
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import pytest_asyncio

from portable_dagger.runtime import linux, resolver, uplink
from portable_dagger.runtime.network import Network
from portable_dagger.runtime.traffic import Traffic
from tests.engine.runtime.ways_out import NOTHING_LEADS_OUT, WAYS_OUT

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from portable_dagger.runtime.slot import Slot
    from tests.engine.runtime.conftest import Workshop

SIOCGIFHWADDR = 0x8927

DIAL = (
    "import socket,sys\n"
    "try: print(socket.create_connection((sys.argv[1], int(sys.argv[2])), 1).recv(9).decode())\n"
    "except OSError as e: print(type(e).__name__)\n"
)


@pytest_asyncio.fixture
async def network(namespace: None) -> AsyncIterator[Network]:  # noqa: ARG001
    """Return an open network."""
    made = Network()
    await made.open()
    yield made
    await made.close()


def host_links() -> set[str]:
    return {name for _, name in socket.if_nameindex()}


async def test_closing_leaves_nothing(namespace: None) -> None:  # noqa: ARG001
    before, forwarding = host_links(), uplink.FORWARDING.read_text()
    registered = {p.name for p in uplink.REGISTRY.glob("[0-9]*")}
    network = Network()
    await network.open()
    slot = await network.acquire("one")
    assert len(host_links() - before) == 1
    await network.release(slot)
    await network.close()
    assert host_links() == before
    if not registered:
        assert uplink.FORWARDING.read_text() == forwarding
    assert {p.name for p in uplink.REGISTRY.glob("[0-9]*")} <= registered


async def test_two_networks_side_by_side(network: Network) -> None:
    other = Network()
    await other.open()
    assert other.gateway != network.gateway
    await other.close()


async def test_a_container_has_its_slots_address_and_resolver(
    network: Network, workshop: Workshop
) -> None:
    slot = await network.acquire("one")
    _, out, _ = await workshop.run(
        "sh", "-c", "hostname -i; cat /etc/resolv.conf; ip route | head -1", network=slot
    )
    first, *rest = out.splitlines()
    assert first == slot.address
    assert rest[-1] == f"default via {network.gateway} dev eth0 "
    assert "\n".join(rest[:-1]) + "\n" == slot.resolver
    await network.release(slot)


async def test_engine_and_containers_reach_a_container(
    network: Network, workshop: Workshop
) -> None:
    server, client = await network.acquire("one"), await network.acquire("one")
    script = (
        "import socket\ns=socket.create_server(('', 80))\nprint('up', flush=True)\n"
        "while True: c=s.accept()[0]; c.send(b'hello'); c.close()"
    )
    process = await workshop.start(workshop.plan("/usr/bin/python3", "-c", script, network=server))
    await workshop.printed_out(b"up")
    reader, writer = await asyncio.open_connection(server.address, 80)
    assert await reader.read() == b"hello"
    writer.close()
    command = ("/usr/bin/python3", "-c", DIAL, "db", "80")
    _, out, _ = await workshop.run(*command, network=client, hosts=((server.address, "db"),))
    assert out == "hello\n"
    await process.kill()
    await network.release(server)
    await network.release(client)


async def test_a_container_does_not_reach_the_host(network: Network, workshop: Workshop) -> None:
    slot = await network.acquire("one")
    with socket.create_server(("0.0.0.0", 0)) as listener:  # noqa: S104  that is what is tried
        port = str(listener.getsockname()[1])
        own = {"127.0.0.1", _own_address()}
        for address in own | {_link_address(network)}:
            _, out, _ = await workshop.run(
                "/usr/bin/python3", "-c", DIAL, address, port, network=slot
            )
            assert out in {"ConnectionRefusedError\n", "TimeoutError\n"}
    await network.release(slot)


def _own_address() -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect(("192.0.2.1", 9))
        return str(probe.getsockname()[0])


def _link_address(network: Network) -> str:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.connect((network.gateway, 9))
        return str(probe.getsockname()[0])


async def test_a_listener_inside_leads_to_the_engine(network: Network, workshop: Workshop) -> None:
    slot = await network.acquire("one")
    listener = slot.listen()
    port = listener.getsockname()[1]

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"engine")
        await writer.drain()
        writer.close()

    server = await asyncio.start_server(answer, sock=listener)
    command = ("/usr/bin/python3", "-c", DIAL, "127.0.0.1", str(port))
    assert (await workshop.run(*command, network=slot))[1] == "engine\n"
    other = await network.acquire("one")
    assert (await workshop.run(*command, network=other))[1] == "ConnectionRefusedError\n"
    server.close()
    await server.wait_closed()
    await network.release(slot)
    await network.release(other)


AROUND = (
    # To another segment by way of the gateway, as a container that makes its own routes could try it.
    "ip route add {address}/32 via {gateway} && python3 -c 'import socket; "
    'socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"x", ("{address}", 80))\'; echo sent'
)


async def test_sessions_do_not_reach_each_others_containers(
    network: Network, workshop: Workshop
) -> None:
    server, client = await network.acquire("one"), await network.acquire("two")
    neighbour = await network.acquire("one")
    with server.listen_outside(80) as listener, _datagrams(server) as datagrams:
        dial = ("/usr/bin/python3", "-c", DIAL, server.address, "80")
        assert (await workshop.run(*dial, network=client))[1] == "TimeoutError\n"
        script = AROUND.format(address=server.address, gateway=network.gateway)
        _, out, err = await workshop.run("sh", "-c", script, network=client, privileged=True)
        assert out == "sent\n", err
        with pytest.raises(TimeoutError):
            datagrams.recv(1)
        direct = script.partition("&& ")[2]
        await workshop.run("sh", "-c", direct, network=neighbour)
        assert datagrams.recv(1) == b"x"
        thread = threading.Thread(target=_answer_once, args=(listener, b"one"))
        thread.start()
        assert (await workshop.run(*dial, network=neighbour))[1] == "one\n"
        thread.join()
    for slot in (server, client, neighbour):
        await network.release(slot, reuse=False)


def _datagrams(slot: Slot) -> socket.socket:
    made = linux.in_network(
        slot.descriptor, lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    )
    made.bind((slot.address, 80))
    made.settimeout(1)
    return made


async def test_a_slot_follows_its_next_owner_to_another_segment(
    network: Network, workshop: Workshop
) -> None:
    first = await network.acquire("one")
    held = [await network.acquire("one") for _ in range(6)]
    await network.release(first)
    moved = [await network.acquire("two") for _ in range(8)]
    assert first in moved
    (server, *_), client = [slot for slot in moved if slot is not first], first
    with server.listen_outside(80) as listener:
        thread = threading.Thread(target=_answer_once, args=(listener, b"two"))
        thread.start()
        dial = ("/usr/bin/python3", "-c", DIAL, server.address, "80")
        assert (await workshop.run(*dial, network=client))[1] == "two\n"
        thread.join()
    for slot in (*held, *moved):
        await network.release(slot)


def _answer_once(listener: socket.socket, said: bytes) -> None:
    listener.settimeout(10)
    connection, _ = listener.accept()
    connection.sendall(said)
    connection.close()


async def test_slots_are_used_again_when_nothing_is_left_in_them(network: Network) -> None:
    slot = await network.acquire("one")
    await network.release(slot)
    again = [await network.acquire("one") for _ in range(8)]
    assert slot in again
    listener = again[0].listen()
    await network.release(again[0])
    later = [await network.acquire("one") for _ in range(8)]
    assert again[0] not in later
    listener.close()
    for used in again[1:] + later:
        await network.release(used, reuse=False)


async def test_cancelling_an_acquisition_loses_no_slot(network: Network) -> None:
    held = [await network.acquire("one") for _ in range(6)]
    tasks = [asyncio.ensure_future(network.acquire("one")) for _ in range(6)]
    await asyncio.sleep(0)
    for task in tasks:
        task.cancel()
    done = await asyncio.gather(*tasks, return_exceptions=True)
    for slot in [*held, *(slot for slot in done if not isinstance(slot, BaseException))]:
        await network.release(slot)


def test_a_new_network_is_the_threads_own() -> None:
    with Path("/proc/self/status").open() as status:
        if "CapEff:\t0000000000000000" in status.read():
            pytest.skip("network namespaces need root here")
    descriptor = linux.new_network()
    names = linux.in_network(descriptor, socket.if_nameindex)
    assert [name for _, name in names] == ["lo"]
    assert len(socket.if_nameindex()) >= 1


def hardware_address(link: str) -> str:
    """A link's hardware address, asked of the kernel: /sys shows the network namespace that it was mounted in."""
    request = struct.pack("256s", link.encode())
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asked:
        return fcntl.ioctl(asked.fileno(), SIOCGIFHWADDR, request)[18:24].hex()


async def test_the_bridge_keeps_its_hardware_address(network: Network) -> None:
    """Containers that have learnt it lost the network for half a minute when another one came."""
    hub = network._hub.descriptor  # noqa: SLF001
    first = await network.acquire("one")
    before = linux.in_network(hub, lambda: hardware_address("segment0"))
    slots = [await network.acquire("one") for _ in range(20)]
    assert linux.in_network(hub, lambda: hardware_address("segment0")) == before
    for slot in (first, *slots):
        await network.release(slot, reuse=False)
    assert linux.in_network(hub, lambda: hardware_address("segment0")) == before


async def test_a_cut_slot_has_no_way_out(network: Network, workshop: Workshop) -> None:
    slot = await network.acquire("one", cut=True)
    _, out, err = await workshop.run("/usr/bin/python3", "-c", WAYS_OUT, network=slot)
    assert out.splitlines() == NOTHING_LEADS_OUT, err
    assert network.sent_outside(slot) == Traffic(0, 0)
    await network.release(slot)


async def test_cut_slots_of_an_owner_reach_each_other(network: Network, workshop: Workshop) -> None:
    server, client = [await network.acquire("one", cut=True) for _ in range(2)]
    stranger = await network.acquire("two", cut=True)
    with server.listen_outside(80) as listener:
        dial = ("/usr/bin/python3", "-c", DIAL, server.address, "80")
        thread = threading.Thread(target=_answer_once, args=(listener, b"one"))
        thread.start()
        assert (await workshop.run(*dial, network=client))[1] == "one\n"
        thread.join()
        assert (await workshop.run(*dial, network=stranger))[1] == "TimeoutError\n"
        # The engine reaches it as well: it looks whether services are ready, and forwards ports to them.
        thread = threading.Thread(target=_answer_once, args=(listener, b"two"))
        thread.start()
        reader, writer = await network.connect(server.address, 80)
        assert await reader.read() == b"two"
        writer.close()
        thread.join()
    assert [network.sent_outside(slot) for slot in (server, client)] == [Traffic(), Traffic()]
    for slot in (server, client, stranger):
        await network.release(slot)


FORCED = (
    "ip route add default via {gateway} && python3 -c 'import socket; "
    "made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    'for address in ("192.0.2.1", "{gateway}", "{host}"): made.sendto(b"x", (address, 9))\n'
    "made = socket.socket(); made.settimeout(0.5)\n"
    'try: made.connect(("{host}", {port}))\n'
    "except OSError as error: print(type(error).__name__)'"
)


async def test_the_hub_drops_what_comes_from_a_cut_slot(
    network: Network, workshop: Workshop
) -> None:
    slot = await network.acquire("one", cut=True)
    with socket.create_server(("0.0.0.0", 0)) as listener:  # noqa: S104  that is what is tried
        script = FORCED.format(
            gateway=network.gateway, host=_link_address(network), port=listener.getsockname()[1]
        )
        _, out, err = await workshop.run("sh", "-c", script, network=slot, privileged=True)
    assert out == "TimeoutError\n", err
    sent = network.sent_outside(slot)
    assert sent.passed == 0
    assert sent.dropped >= 4  # three datagrams, and what asks for a connection
    await network.release(slot, reuse=False)


SEND = (
    "import socket,sys\nmade = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)\n"
    "for _ in range(int(sys.argv[2])): made.sendto(b'x', (sys.argv[1], 9))"
)


async def test_packets_are_counted_for_each_use_of_a_slot(
    network: Network, workshop: Workshop
) -> None:
    used: set[str] = set()
    while True:
        slot, neighbour = await network.acquire("one"), await network.acquire("one")
        assert network.sent_outside(slot) == Traffic(0, 0)
        for address, count in (("192.0.2.1", "3"), (neighbour.address, "2")):
            command = ("/usr/bin/python3", "-c", SEND, address, count)
            assert (await workshop.run(*command, network=slot))[0] == 0
        assert network.sent_outside(slot) == Traffic(3, 0)
        assert network.sent_outside(neighbour) == Traffic(0, 0)
        await network.release(slot)
        await network.release(neighbour)
        if slot.name in used:
            break
        used.add(slot.name)


async def test_slots_change_between_cut_and_open_segments(
    network: Network, workshop: Workshop
) -> None:
    routes = ("sh", "-c", "ip route show default; cat /etc/resolv.conf")
    way = f"default via {network.gateway} dev eth0 \n"
    before: set[str] = set()
    for cut in (False, True, False, True, True, False):
        slots = [await network.acquire(f"cut {cut}", cut=cut) for _ in range(6)]
        for slot in slots[:2] + slots[-2:]:
            _, out, _ = await workshop.run(*routes, network=slot)
            assert out == (resolver.NONE if cut else way + resolver.resolver_text())
        names = {slot.name for slot in slots}
        assert not before or names & before
        before |= names
        for slot in slots:
            await network.release(slot)
