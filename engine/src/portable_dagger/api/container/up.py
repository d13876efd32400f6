"""Container.up: a container as a service that the host reaches."""

from __future__ import annotations

import dataclasses

from portable_dagger.api.container.execution import as_service
from portable_dagger.api.container.type import CONTAINER
from portable_dagger.api.service import PortForward
from portable_dagger.api.types import EMPTY
from portable_dagger.graph.context import Context
from portable_dagger.graph.values import Container, Service


@CONTAINER.field()
async def up(
    self: Container,
    context: Context,
    *,
    random: bool = False,
    ports: list[PortForward] = EMPTY,
    args: list[str] = EMPTY,
    use_entrypoint: bool = False,
    experimental_privileged_nesting: bool = False,
    insecure_root_capabilities: bool = False,
    expand: bool = False,
    no_init: bool = False,
) -> None:
    """Run the container as a service that the host reaches, until the caller goes away."""
    service: Service = await as_service(
        self,
        dataclasses.replace(context, recipe=context.receiver),
        args=args,
        use_entrypoint=use_entrypoint,
        experimental_privileged_nesting=experimental_privileged_nesting,
        insecure_root_capabilities=insecure_root_capabilities,
        expand=expand,
        no_init=no_init,
    )
    await context.session.tunnels.up(service, [p.pair() for p in ports], context, random=random)
