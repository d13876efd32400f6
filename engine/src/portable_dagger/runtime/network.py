"""The containers' network: a hub with a bridge for each session, and slots, network namespaces with one address each.

    container (slot)  eth0 --- slotN  segmentM (hub)  uplink --- pdaggerN  host  --- NAT --- outside

Containers of one session reach each other, and none of another session: their bridges differ, and the hub passes
nothing from one to the other. Those on a cut segment reach nothing else: they have no route, and the hub passes nothing
on from there (traffic.py).

The engine itself stays in the host's network: proxies, resolvers and registries on the host's loopback work as ever,
and it reaches containers by a route. Hub and slots live as long as the engine's descriptors, so its end, however it
comes, takes all links with it; nft's table on the host is what the launcher removes (uplink.py). IPv4 only.
"""

from __future__ import annotations

import asyncio
import os
from typing import TYPE_CHECKING

from portable_dagger.errors import NetworkError
from portable_dagger.runtime.hub import Hub
from portable_dagger.runtime.segment import Segment, Segments

if TYPE_CHECKING:
    from ipaddress import IPv4Network

    from portable_dagger.runtime.slot import Slot
    from portable_dagger.runtime.traffic import Traffic

READY = 4
"""Slots that are made ahead of their use."""
KEPT = 32
"""Slots that are kept for another use."""


class Network:
    """The network of one engine."""

    def __init__(self) -> None:
        self._opened: Hub | None = None
        self._made = 0
        self._ready: list[Slot] = []
        self._segments = Segments()
        self._placed: dict[str, Segment] = {}
        self._before: dict[str, Traffic] = {}
        self._making: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def gateway(self) -> str:
        """The hub's address, which containers can reach."""
        return str(self._hub.addresses.gateway.ip)

    @property
    def containers(self) -> IPv4Network:
        """The network that all containers are in."""
        return self._hub.addresses.containers

    async def open(self) -> None:
        """Make the hub and its link to the host; raises NetworkError."""
        self._opened = await asyncio.to_thread(Hub)
        self._make_ready()

    async def close(self) -> None:
        """Remove everything."""
        self._closed = True
        if self._making:
            await asyncio.wait(self._making)
        for slot in self._ready:
            os.close(slot.descriptor)
        self._ready.clear()
        if self._opened:
            await asyncio.to_thread(self._opened.close)
            self._opened = None

    async def acquire(self, owner: str, *, cut: bool = False) -> Slot:
        """Return a slot that nobody else uses, on the segment of its owner, a session.

        cut: it has no way out: nothing but the owner's other slots, which are cut as well, is reached from it.
        """
        slot = await self._acquired(self._segments.join(owner, cut=cut))
        self._before[slot.name] = self._hub.sent(slot)
        return slot

    def sent_outside(self, slot: Slot) -> Traffic:
        """Return what was sent from a slot to outside of the containers' network since it was acquired.

        What the container's own kernel refuses, as a cut slot has no route, is sent nowhere. Raises NetworkError.
        """
        return self._hub.sent(slot).since(self._before[slot.name])

    async def connect(
        self, address: str, port: int
    ) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        """Open a connection to a container, from the hub; raises OSError."""
        made = self._hub.socket()
        made.setblocking(False)  # noqa: FBT003  the only way to say it
        try:
            await asyncio.get_running_loop().sock_connect(made, (address, port))
        except BaseException:
            made.close()
            raise
        return await asyncio.open_connection(sock=made)

    @property
    def reached_from_host(self) -> bool:
        """Whether other programs of the host reach containers by their addresses; those of cut slots never."""
        return self._hub.reached_from_host

    async def release(self, slot: Slot, *, reuse: bool = True) -> None:
        """Take a slot back; `reuse=False` when its container could change the network's settings."""
        keep = reuse and not self._closed and len(self._ready) < KEPT
        keep = keep and await asyncio.to_thread(slot.idle)
        self._segments.leave(self._placed[slot.name])
        if keep:
            self._ready.append(slot)
        else:
            self._discard(slot)

    @property
    def _hub(self) -> Hub:
        if self._opened is None:
            raise NetworkError("the containers' network is not open")
        return self._opened

    async def _acquired(self, segment: Segment) -> Slot:
        slot = self._pick(segment)
        self._make_ready()
        if slot and self._placed[slot.name] is segment:
            return slot
        placing = asyncio.ensure_future(asyncio.to_thread(self._placed_slot, slot, segment))
        try:
            return await asyncio.shield(placing)
        except asyncio.CancelledError:
            placing.add_done_callback(lambda done: self._unwanted(done, segment))
            raise
        except BaseException:
            self._segments.leave(segment)
            raise

    def _make_ready(self) -> None:
        """Make slots ahead, in the background."""
        if self._closed or self._making or len(self._ready) >= READY:
            return
        task = asyncio.ensure_future(self._make_one_ready())
        self._making.add(task)
        task.add_done_callback(self._one_made)

    async def _make_one_ready(self) -> None:
        self._ready.append(await asyncio.to_thread(self._make_slot, self._segments.latest))

    def _pick(self, segment: Segment) -> Slot | None:
        """Take a slot out of those that are ready, one that is on the segment already if there is one."""
        fitting = [slot for slot in self._ready if self._placed[slot.name] is segment]
        slot = next(reversed(fitting or self._ready), None)
        if slot:
            self._ready.remove(slot)
        return slot

    def _unwanted(self, placing: asyncio.Future[Slot], segment: Segment) -> None:
        self._segments.leave(segment)
        if not placing.cancelled() and placing.exception() is None:
            self._ready.append(placing.result())

    def _discard(self, slot: Slot) -> None:
        del self._placed[slot.name]
        self._before.pop(slot.name, None)
        os.close(slot.descriptor)

    def _one_made(self, task: asyncio.Task[None]) -> None:
        self._making.discard(task)
        if not task.cancelled() and task.exception() is None:
            self._make_ready()

    def _placed_slot(self, slot: Slot | None, segment: Segment) -> Slot:
        """Move a slot, or a new one for None, to a segment."""
        if slot is None:
            return self._make_slot(segment)
        try:
            moved = self._hub.move(slot, self._placed[slot.name], segment)
        except NetworkError:
            self._discard(slot)
            raise
        self._placed[slot.name] = segment
        return moved

    def _make_slot(self, segment: Segment) -> Slot:
        self._made += 1
        slot = self._hub.make(self._made, segment)
        self._placed[slot.name] = segment
        return slot
