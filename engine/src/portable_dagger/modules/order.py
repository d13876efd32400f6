"""What the engine asks of a worker: one run of a module's code."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass
from typing import Any

from portable_dagger.modules.sandbox import Sandbox


@dataclass(frozen=True, slots=True)
class Invocation:
    """A function to call: names are the module's own, `parent` is the object's state and `inputs` are the arguments."""

    parent_name: str
    name: str
    parent: Any
    inputs: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Order:
    """One run. `environment` is all of the environment; `search_path`, then `packages`, go before Python's own path.

    `module` is the module's name, `package` the Python package with its main class, `main_object` that class's name;
    `engine_version` is the release of the API that it was written for, "" for the newest.
    Without an `invocation` the code registers its types. A `command` is run in place of a module's code.
    """

    sandbox: Sandbox
    environment: dict[str, str]
    search_path: tuple[str, ...] = ()
    packages: tuple[str, ...] = ()
    module: str = ""
    package: str = ""
    main_object: str = ""
    engine_version: str = ""
    invocation: Invocation | None = None
    command: tuple[str, ...] = ()

    def encode(self) -> bytes:
        """Return the order as JSON."""
        return json.dumps(asdict(self)).encode()


def decode(text: bytes) -> Order:
    """Rebuild an order from its JSON."""
    data: dict[str, Any] = json.loads(text)
    inside = data.pop("sandbox")
    pairs = {key: tuple((a, b) for a, b in inside[key]) for key in ("binds", "files", "links")}
    return Order(
        sandbox=Sandbox(
            stage=inside["stage"],
            scratch=inside["scratch"],
            entrances=tuple(inside["entrances"]),
            **pairs,
        ),
        environment=data["environment"],
        search_path=tuple(data["search_path"]),
        packages=tuple(data["packages"]),
        module=data["module"],
        package=data["package"],
        main_object=data["main_object"],
        engine_version=data["engine_version"],
        command=tuple(data["command"]),
        invocation=Invocation(**data["invocation"]) if data["invocation"] else None,
    )
