"""Whether, and how, a container's command can run at another time than now."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from portable_dagger.errors import ClockError
from portable_dagger.runtime import clock
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Mapping

    from portable_dagger.graph.context import Context
    from portable_dagger.graph.values import Container
    from portable_dagger.runtime.plan import Mount


def set_clock(
    container: Container, context: Context, environment: Mapping[str, str], begin: float
) -> tuple[tuple[Mount, ...], dict[str, str]]:
    """Return mounts and variables that let a command which starts now begin at another time; ClockError if none can.

    environment: what the command gets. begin: seconds since the epoch.
    """
    library = clock.find()
    if library is None:
        raise ClockError(
            f"a command at another time needs {clock.NAME}, which this machine does not have",
            f"install the package {clock.PACKAGE}, or run it at today's time",
        )
    own = context.engine.platform.split("/")[:2]
    if container.platform.split("/")[:2] != own:
        reason = f"it is of {container.platform}, and the library of {'/'.join(own)}"
    else:
        tree = Tree(context.store.layer_paths(container.root))
        reason = clock.obstacle(library, tree, environment)
    if reason:
        raise ClockError(
            f"the container cannot run at another time: {reason}", "run it at today's time"
        )
    try:
        mounts = clock.mounts(library, context.engine.state / "run" / "clock")
    except ValueError as error:
        raise ClockError(f"{library}: {error}", f"reinstall {clock.PACKAGE}") from error
    return mounts, clock.variables(environment, begin, time.time())
