"""Recipes: what a value is made of.

A recipe names the field that makes a value, its literal arguments, and the recipes it builds on. Its digest is the
SHA-256 of a canonical encoding, so equal recipes are equal wherever they were written. An API ID names a digest.
"""

from __future__ import annotations

import base64
import binascii
import dataclasses
import hashlib
import json
from dataclasses import dataclass
from typing import Any, Final, Union

from portable_dagger.errors import NotFoundError

Literal = Union[None, bool, int, float, str, "Recipe", list[Any], dict[str, Any]]

ELEMENT: Final = "[]"
"""The field name of a recipe that picks one element out of a list of objects."""


@dataclass(frozen=True, slots=True, eq=False)
class Recipe:
    """One call of an API field that answers an object.

    `type` is the GraphQL type of the answer, `parent` the object the field is asked of (None: the root), `args` the
    literal arguments that differ from their defaults, `scope` what else the answer depends on (a session, a client,
    or one call).
    """

    type: str
    field: str
    parent: Recipe | None = None
    args: tuple[tuple[str, Literal], ...] = ()
    scope: str = ""
    digest: str = dataclasses.field(init=False, default="")

    def __post_init__(self) -> None:
        """Compute the digest once: chains of hundreds of recipes ask for it often."""
        text = json.dumps(self.encoded(), sort_keys=True, separators=(",", ":"))
        object.__setattr__(self, "digest", hashlib.sha256(text.encode()).hexdigest())

    def encoded(self) -> dict[str, Any]:
        """Return the recipe as plain JSON, other recipes by digest."""
        return {
            "type": self.type,
            "field": self.field,
            "parent": self.parent.digest if self.parent else None,
            "args": [[name, _encoded(value)] for name, value in self.args],
            "scope": self.scope,
        }

    @property
    def id(self) -> str:
        """The opaque API ID that names this recipe."""
        return base64.urlsafe_b64encode(f"{self.type}@sha256:{self.digest}".encode()).decode()

    def references(self) -> list[Recipe]:
        """Return the recipes that this one builds on directly."""
        found: list[Recipe] = [self.parent] if self.parent else []
        stack: list[Literal] = [value for _, value in self.args]
        while stack:
            value = stack.pop()
            if isinstance(value, Recipe):
                found.append(value)
            elif isinstance(value, list):
                stack.extend(value)
            elif isinstance(value, dict):
                stack.extend(value.values())
        return found


def _encoded(value: Literal) -> Any:  # noqa: ANN401  JSON
    if isinstance(value, Recipe):
        return {"$recipe": value.digest}
    if isinstance(value, list):
        return [_encoded(item) for item in value]
    if isinstance(value, dict):
        return {"$object": {key: _encoded(item) for key, item in value.items()}}
    return value


def closure(recipe: Recipe) -> dict[str, str]:
    """Return every recipe that `recipe` needs, itself included, as digest to JSON text."""
    found: dict[str, str] = {}
    stack = [recipe]
    while stack:
        here = stack.pop()
        if here.digest not in found:
            found[here.digest] = json.dumps(here.encoded(), sort_keys=True)
            stack.extend(here.references())
    return found


def parse_id(text: str) -> tuple[str, str]:
    """Split an API ID into its type and digest; NotFoundError for anything that is no ID of ours."""
    try:
        name, _, digest = base64.urlsafe_b64decode(text.encode()).decode().partition("@sha256:")
    except (binascii.Error, ValueError) as error:
        raise NotFoundError(
            f"failed to decode ID: {text[:40]!r} is not an ID of this API"
        ) from error
    if not name or len(digest) != hashlib.sha256().digest_size * 2:
        raise NotFoundError(f"failed to decode ID: {text[:40]!r} is not an ID of this API")
    return name, digest


def decode(digest: str, texts: dict[str, str], known: dict[str, Recipe]) -> Recipe:
    """Rebuild the recipe of `digest` from JSON texts; `known` holds, and receives, recipes already rebuilt."""
    pending = [digest]
    while pending:
        here = pending[-1]
        if here in known:
            pending.pop()
            continue
        data = json.loads(texts[here])
        missing = [d for d in _digests(data) if d not in known]
        if missing:
            pending.extend(missing)
            continue
        known[here] = Recipe(
            type=data["type"],
            field=data["field"],
            parent=known[data["parent"]] if data["parent"] else None,
            args=tuple((name, _decoded(value, known)) for name, value in data["args"]),
            scope=data["scope"],
        )
        pending.pop()
    return known[digest]


def _decoded(value: Any, known: dict[str, Recipe]) -> Literal:  # noqa: ANN401  JSON
    if isinstance(value, list):
        return [_decoded(item, known) for item in value]
    if isinstance(value, dict):
        if "$recipe" in value:
            return known[value["$recipe"]]
        return {key: _decoded(item, known) for key, item in value["$object"].items()}
    return value  # type: ignore[no-any-return]


def _digests(data: dict[str, Any]) -> list[str]:
    found = [data["parent"]] if data["parent"] else []
    stack = [value for _, value in data["args"]]
    while stack:
        value = stack.pop()
        if isinstance(value, list):
            stack.extend(value)
        elif isinstance(value, dict):
            if "$recipe" in value:
                found.append(value["$recipe"])
            else:
                stack.extend(value["$object"].values())
    return found


def references_of(text: str) -> list[str]:
    """Return the digests that an encoded recipe names."""
    return _digests(json.loads(text))
