"""What a bundle says of its step, and what the label of the step's image says: docs/reference/bundles.md. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ci.programs.archive import Image

FORMAT: Final = 1
STEP: Final = "step-1"
LABEL: Final = "org.portable-ci.step"

Plan = dict[str, Any]
"""What the module says of a captured step: see `plan` in ci/bundle.py."""


@dataclass(frozen=True, slots=True)
class Contents:
    """What a bundle is made of.

    images: of the step, its mounts (mount-1 …), its servers (service-1 …) and their data (service-1-data …).
    outputs: digests of stdout, stderr, combined and the reports (report-1 …), as far as there are any.
    """

    images: Mapping[str, Image]
    outputs: Mapping[str, str]


def description(plan: Plan, contents: Contents, machine: dict[str, Any]) -> dict[str, Any]:
    """Return the description of a bundle with one step."""
    reports = [
        {"path": path, "blob": contents.outputs[f"report-{number}"]}
        for number, path in enumerate(plan["reports"], start=1)
    ]
    step = {
        "name": plan["name"],
        "kind": plan["kind"],
        "place": place(plan, contents, "step", STEP),
        "stdin": "",
        "redirects": ["", "", ""],
        "expect": plan["expect"],
        "source": plan["source"],
        "started": plan["started"],
        "duration": plan["duration"],
        # No engine's API counts them.
        "packets": None,
        "missing": [
            {"kind": "cache", "name": name, "reason": "the API gives no content of a cache volume"}
            for _, name in plan["caches"]
        ],
        "same_as": [],
        "outcome": {
            "exit_code": plan["exit_code"],
            "error": plan["error"],
            **{name: contents.outputs.get(name, "") for name in ("stdout", "stderr", "combined")},
            "reports": reports,
        },
        **_itself(plan, contents),
    }
    return {
        "format": FORMAT,
        "created": plan["created"],
        "command": plan["command"],
        "workdir": "",
        "commit": plan["commit"],
        "versions": plan["versions"],
        "host": machine,
        "layers": _layers(plan, contents),
        "steps": [step],
        "services": [_service(server, contents) for server in plan["servers"]],
    }


def label(plan: Plan, contents: Contents) -> dict[str, Any]:
    """Return what the step's image says of itself."""
    servers = {server["name"]: server for server in plan["servers"]}
    told = {
        "format": FORMAT,
        "name": plan["name"],
        "kind": plan["kind"],
        **_run(plan, contents, "step"),
        "expect": plan["expect"],
        "exit_code": plan["exit_code"],
        "error": plan["error"],
        "failing": sorted(plan["failing"]),
        "reasons": plan["failing"],
        "reports": plan["reports"],
        "source": plan["source"],
        **_itself(plan, contents),
        "definitions": {
            name: {
                **_run(server, contents, name),
                "image": name,
                "hostname": "",
                "ports": ports(contents.images[name]),
            }
            for name, server in servers.items()
        },
    }
    return told if plan["last_lines"] is None else {**told, "last_lines": plan["last_lines"]}


def place(plan: Plan, contents: Contents, image: str, name: str) -> dict[str, Any]:
    """Return the place of a step or server, whose files are those of `image`, and which the layout calls `name`."""
    found = contents.images[image]
    root = [layer.diff_id for layer in found.layers]
    mounts = []
    for number, target in enumerate(plan.get("mounts", ()), start=1):
        layers = contents.images[f"mount-{number}"].layers
        if len(layers) == 1:
            mounts.append(_mount(target, layers[0].diff_id))
        else:
            # An engine may make of a directory as many layers as it likes: then it is a folder like any other.
            root += [layer.diff_id for layer in layers]
    if f"{image}-data" in contents.images:
        root += [layer.diff_id for layer in contents.images[f"{image}-data"].layers]
    names = [found.config.get(key, "") for key in ("os", "architecture", "variant")]
    run = _run(plan, contents, image)
    return {
        "image": name,
        "platform": "/".join(filter(None, names)),
        "args": run["args"],
        "root": root,
        "environment": [],
        "secrets": [],
        "mounts": mounts,
        "services": plan["services"],
        "privileged": False,
        "nested": False,
        "init": True,
    }


def ports(image: Image) -> list[dict[str, Any]]:
    """Return the ports that an image exposes."""
    found = []
    for entry in sorted(image.config.get("config", {}).get("ExposedPorts") or {}):
        port, _, protocol = entry.partition("/")
        found.append(
            {
                "port": int(port),
                "protocol": (protocol or "tcp").upper(),
                "skip_healthcheck": False,
            }
        )
    return found


def _itself(plan: Plan, contents: Contents) -> dict[str, Any]:
    """Return what a step is as a service, if it is one."""
    exposed = ports(contents.images["step"]) if plan["kind"] == "service" else []
    return {"hostname": "", "ports": exposed}


def _service(server: Plan, contents: Contents) -> dict[str, Any]:
    name = server["name"]
    return {
        "name": name,
        "hostname": "",
        "place": place(server, contents, name, name),
        "ports": ports(contents.images[name]),
        "data": f"{name}-data" in contents.images,
    }


def _run(plan: Plan, contents: Contents, image: str) -> dict[str, Any]:
    entrypoint = contents.images[image].config.get("config", {}).get("Entrypoint") or []
    return {
        "args": [*(entrypoint if plan["use_entrypoint"] else []), *plan["args"]],
        "environment": {},
        "secrets": {},
        "services": dict(plan["services"]),
        "privileged": False,
        "init": True,
    }


def _mount(target: str, content: str) -> dict[str, Any]:
    return {
        "target": target,
        "kind": "directory",
        "content": content,
        "path": target,
        "read_only": False,
        "name": "",
        "owner": [0, 0],
        "mode": 0o400,
        "size": None,
    }


def _layers(plan: Plan, contents: Contents) -> list[dict[str, Any]]:
    """Return each layer once. Those that an engine says nothing of are called by what they are to the step."""
    titles = {
        f"mount-{number}": f"mount {target}" for number, target in enumerate(plan["mounts"], 1)
    }
    titles |= {f"{server['name']}-data": f"data of {server['name']}" for server in plan["servers"]}
    found: dict[str, dict[str, Any]] = {}
    for name, image in contents.images.items():
        for layer in image.layers:
            entry = {
                "diff_id": layer.diff_id,
                "blob": layer.descriptor["digest"],
                "size": layer.descriptor["size"],
                "title": layer.title or titles.get(name, ""),
                "held": True,
                "origin": "",
            }
            found.setdefault(layer.diff_id, entry)
    return list(found.values())
