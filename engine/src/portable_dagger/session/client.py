"""A client: whoever holds a token. It decides which types are served and what may be touched."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from portable_dagger.errors import NotFoundError, QueryError

if TYPE_CHECKING:
    from pathlib import Path

    from portable_dagger.api.registry import Field, ObjectType, Types
    from portable_dagger.api.schema import Schema
    from portable_dagger.graph.recipe import Recipe
    from portable_dagger.session.session import Session


@dataclass(slots=True)
class Client:
    """One holder of a token.

    The command line and `dagger-io` scripts are main clients: `workdir` is where they run, and they may read the
    host. A `nested` one belongs to a command in a container and reads nothing. A module function's client has `call`
    (what currentFunctionCall answers) and `module`, and what it calls the host is its own scratch folder `workdir`.
    """

    session: Session
    types: Types
    workdir: Path
    id: str = field(default_factory=lambda: secrets.token_hex(8))
    token: str = field(default_factory=lambda: secrets.token_hex(24))
    module: Any = None
    call: Any = None
    nested: bool = False
    schema_cache: Schema | None = None

    @property
    def is_main(self) -> bool:
        """Whether this is the session's own client, not a function's or a command's."""
        return self.call is None and not self.nested

    def on_host(self, path: str) -> Path:
        """Return a path of what this client calls the host.

        NotFoundError for a command, which has none, and where it leads out of a function's folder.
        """
        if self.nested:
            raise NotFoundError(
                f"{path} is on the host, of which commands in containers see nothing"
            )
        found = self.workdir / path
        if not self.is_main and not found.resolve().is_relative_to(self.workdir.resolve()):
            raise NotFoundError(f"{path} lies outside of the function's own folder")
        return found

    @property
    def namespace(self) -> str:
        """What keeps cache volumes of different modules apart (the brief, section 5.2)."""
        return "mainClient" if self.module is None else f"mod({self.module.name})"

    @property
    def schema(self) -> Schema:
        """The GraphQL schema of this client's types."""
        if self.schema_cache is None:
            self.schema_cache = self.session.engine.schema_of(self.types)
        return self.schema_cache

    def serve(self, types: Types) -> None:
        """Serve further types, such as a module's."""
        self.types = self.types.extended(types)
        self.schema_cache = None

    def field(self, type_name: str, name: str) -> Field:
        """Return a field of a type that this client is served; QueryError when there is none."""
        known = self.types.objects.get(type_name) or self.types.interfaces.get(type_name)
        if known is None:
            # What stands behind a module's interface may be of a type that this client is not served.
            known = self.session.engine.all_types.objects.get(type_name)
        if known is None or name not in known.fields:
            raise QueryError(f'Cannot query field "{name}" on type "{type_name}".')
        return known.fields[name]

    def field_of(self, recipe: Recipe) -> Field:
        """Return the field that a recipe calls; the type may be one that only another client is served."""
        type_name = recipe.parent.type if recipe.parent else "Query"
        for types in (self.types, self.session.engine.all_types):
            known = types.objects.get(type_name)
            if known is not None and recipe.field in known.fields:
                return known.fields[recipe.field]
        raise QueryError(f'Cannot query field "{recipe.field}" on type "{type_name}".')

    def is_a(self, type_name: str, wanted: str) -> bool:
        """Whether objects of a type answer to `wanted`: the same type, or an interface of it."""
        if type_name == wanted:
            return True
        known, other = self._type(type_name), self._type(wanted)
        if known is None:
            return False
        return wanted in known.interfaces or (other is not None and other.fits(known))

    def _type(self, name: str) -> ObjectType | None:
        own = self.types.objects.get(name)
        return own if own is not None else self.session.engine.all_types.objects.get(name)
