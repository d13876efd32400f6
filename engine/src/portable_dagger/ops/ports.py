"""The ports that an image's configuration exposes, as the API's ports."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.graph.values import NetworkProtocol, Port

if TYPE_CHECKING:
    from portable_dagger.images.config import ImageConfig


def ports_of(config: ImageConfig, declared: tuple[Port, ...]) -> tuple[Port, ...]:
    """Return the declared ports, and those of the image that are not among them."""
    known = {(port.port, port.protocol) for port in declared}
    found = list(declared)
    for text in config.exposed_ports:
        number, _, protocol = text.partition("/")
        key = (int(number), NetworkProtocol[(protocol or "tcp").upper()])
        if key not in known:
            found.append(Port(*key))
    return tuple(found)
