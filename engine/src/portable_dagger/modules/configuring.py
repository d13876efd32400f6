"""Changes of dagger.json, as pure functions from one text to the next; keys nobody names here stay as they are."""

from __future__ import annotations

import json
import posixpath
from typing import TYPE_CHECKING, Any, Final

from portable_dagger.errors import ModuleConfigError

if TYPE_CHECKING:
    from collections.abc import Sequence

Config = dict[str, Any]
"""What dagger.json holds."""

ORDER: Final = (
    "$schema",
    "name",
    "engineVersion",
    "sdk",
    "blueprint",
    "include",
    "exclude",
    "toolchains",
    "dependencies",
    "source",
    "clients",
    "codegen",
    "disableDefaultFunctionCaching",
)


def text(config: Config) -> str:
    """Return dagger.json's text: keys in the usual order, empty ones left out."""
    keys = [*(key for key in ORDER if key in config), *(key for key in config if key not in ORDER)]
    kept = {key: config[key] for key in keys if config[key] not in ("", [], None, {})}
    return json.dumps(kept, indent=2, ensure_ascii=False) + "\n"


def sdk_of(config: Config) -> str:
    """Return the SDK's source, "" without one."""
    sdk = config.get("sdk") or ""
    return str(sdk.get("source") or "") if isinstance(sdk, dict) else str(sdk)


def with_sdk(config: Config, source: str) -> Config:
    """Set the SDK; settings of one that is kept stay."""
    before = config.get("sdk")
    kept = before if isinstance(before, dict) and sdk_of(config) == source else {}
    return {**config, "sdk": {**kept, "source": source}}


def with_features(config: Config, features: Sequence[str], *, enabled: bool) -> Config:
    """Switch experimental features of the SDK on or off."""
    sdk: Config = {"source": sdk_of(config)}
    if isinstance(config.get("sdk"), dict):
        sdk = dict(config["sdk"])
    kept = {k: v for k, v in (sdk.get("experimental") or {}).items() if k not in features}
    if enabled:
        kept.update(dict.fromkeys(features, True))
    sdk.pop("experimental", None)
    return {**config, "sdk": {**sdk, **({"experimental": kept} if kept else {})}}


def entries(config: Config, key: str) -> list[Config]:
    """Return the dependencies or toolchains as tables with `source`, and `name` where it is given."""
    found = config.get(key) or []
    return [{"source": item} if isinstance(item, str) else dict(item) for item in found]


def name_of(entry: Config) -> str:
    """Return the name of a dependency: its own, else the last part of its source."""
    last = posixpath.basename(str(entry.get("source", "")).partition("@")[0].rstrip("/"))
    return str(entry.get("name") or last)


def with_entries(config: Config, key: str, added: Sequence[Config]) -> Config:
    """Add dependencies or toolchains, sorted by name; one of the same name is replaced."""
    names = {name_of(entry) for entry in added}
    kept = [entry for entry in entries(config, key) if name_of(entry) not in names]
    return {**config, key: sorted([*kept, *added], key=name_of)}


def without_entries(config: Config, key: str, wanted: Sequence[str]) -> Config:
    """Remove dependencies or toolchains by name or source; ModuleConfigError for one that is not there."""
    kept = entries(config, key)
    for one in wanted:
        left = [entry for entry in kept if not names(entry, one)]
        if len(left) == len(kept):
            known = ", ".join(name_of(entry) for entry in kept) or "none"
            raise ModuleConfigError(
                f"{one!r} is not among the {key}",
                f"there are: {known}",
            )
        kept = left
    return {**config, key: kept}


def names(entry: Config, wanted: str) -> bool:
    """Whether `wanted` names a dependency: by its name, or by its source, with a version or without one."""
    source = str(entry.get("source", ""))
    bare, _, version = wanted.partition("@")
    if wanted == name_of(entry):
        return True
    where, _, installed = source.partition("@")
    same = posixpath.normpath(where) == posixpath.normpath(bare)
    return same and (not version or version == installed)


def with_client(config: Config, generator: str, directory: str) -> Config:
    """Add a generated client; one in the same directory is replaced."""
    config = without_client(config, directory)
    clients = [*(config.get("clients") or []), {"generator": generator, "directory": directory}]
    return {**config, "clients": clients}


def without_client(config: Config, directory: str) -> Config:
    """Remove the generated client of a directory."""
    wanted = posixpath.normpath(directory)
    clients = config.get("clients") or []
    kept = [c for c in clients if posixpath.normpath(str(c.get("directory", ""))) != wanted]
    return {**config, "clients": kept}
