"""A module that was loaded: its source, its types, and the names that they have in the API."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from portable_dagger.api.kinds import TypeDefKind
from portable_dagger.api.registry import Types
from portable_dagger.api.types import ENUMS
from portable_dagger.modules import names, serving, typedefs

if TYPE_CHECKING:
    import enum
    from collections.abc import Sequence
    from pathlib import Path

    from portable_dagger.modules.customizing import Installed
    from portable_dagger.modules.results import Results
    from portable_dagger.modules.source import ModuleSource, SourceFiles


@dataclass(slots=True, eq=False)
class LoadedModule:
    """A module whose source is in the engine: `folder` holds its files.

    `types` are what its code registered, `api_types` what the API makes of them, `client_types` what its own code is
    served. `api_names` lead from its own names of types to the API's, `enums` to their classes. `alias` is the name
    that a module which depends on it gives it, "" for its own. `toolchains` are served below its main object;
    `installed` says of a toolchain or blueprint who uses it.
    """

    source: ModuleSource
    files: SourceFiles
    folder: Path
    results: Results
    client_types: Types
    alias: str = ""
    dependencies: tuple[LoadedModule, ...] = ()
    toolchains: tuple[LoadedModule, ...] = ()
    installed: Installed | None = None
    types: typedefs.Module = field(default_factory=typedefs.Module)
    api_types: Types = field(default_factory=Types)
    api_names: dict[str, str] = field(default_factory=dict)
    enums: dict[str, type[enum.Enum]] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The module's name, as whoever loaded it calls it."""
        return self.alias or self.source.config.name

    @property
    def digest(self) -> str:
        """What its code may do: the digest of its source, of its name, and of its dependencies."""
        changes = repr(self.installed.entry.customizations) if self.installed else ""
        if not (self.alias or self.dependencies or changes):
            return self.files.digest
        parts = [self.files.digest, self.alias, *(module.digest for module in self.dependencies)]
        return hashlib.sha256("\n".join([*parts, changes]).encode()).hexdigest()

    @property
    def key(self) -> tuple[object, ...]:
        """Under what it is kept in memory: where it lies, what it may do, what is served, and for whom."""
        others = tuple(module.key for module in self.toolchains)
        return (self.source.root, self.digest, others, self.user.root, self.installed)

    @property
    def user(self) -> ModuleSource:
        """The module whose files default paths name: the one that installs this one, else itself."""
        return self.installed.by if self.installed else self.source

    @property
    def entry(self) -> typedefs.Function:
        """The function that leads to the main object, by the root field's name."""
        main = self.types.object(self.main_object)
        assert main is not None
        made = typedefs.TypeDef(TypeDefKind.OBJECT_KIND, main.name)
        constructor = main.constructor or typedefs.Function("", made)
        text = self.types.description or main.description
        return replace(constructor, name=self.root, description=text)

    @property
    def main_object(self) -> str:
        """The main class's name in the module."""
        return self.source.config.main_object

    @property
    def root(self) -> str:
        """The root field that leads to the main object."""
        return names.camel(self.name)

    def api_name(self, own: str) -> str:
        """Return the API's name of one of the module's types."""
        return self.api_names[own]

    def enum_member(self, type_name: str, own: str) -> enum.Enum:
        """Return the member that the module calls `own`, of its own enum or one of the core."""
        known = self.enums.get(type_name)
        return known(own) if known else ENUMS[type_name][own]

    def own_members(self, type_name: str) -> list[str]:
        """Return what the module calls the members of an enum."""
        known = self.enums.get(type_name)
        return (
            [str(member.value) for member in known] if known else list(ENUMS[type_name].__members__)
        )

    def own_member(self, type_name: str, member: str) -> str:
        """Return what the module calls a member of the API."""
        known = self.enums.get(type_name)
        return str(known[member].value) if known else member

    def adopt(self, types: typedefs.Module, core: Types) -> None:
        """Take the types that the module's code registered."""
        if self.installed:
            types = self.installed.customized(types, self.main_object)
        self.types = types
        definitions = (*types.objects, *types.interfaces, *types.enums)
        self.api_names = {d.name: names.namespaced(d.name, self.name) for d in definitions}
        self.api_names[self.main_object] = names.pascal(self.name)
        self.enums = {e.name: serving.enum_class(e) for e in types.enums}
        visible = with_dependencies(core, self.dependencies)
        self.api_types = serving.Serving(self, visible).types()
        self.client_types = visible.extended(self.api_types)


def with_dependencies(core: Types, dependencies: Sequence[LoadedModule]) -> Types:
    """Return the types that a module sees: those of the API, and of what it depends on."""
    for module in dependencies:
        core = core.extended(module.api_types)
    return core
