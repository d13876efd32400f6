"""Names and behaviour of earlier releases of the API, in the process of a module with an older `engineVersion`.

The SDK has the API's newest names only. What api.changes lists gets its old name back here: for a module of a release
that had it, doing what it did where that is cheap; else as an error that says what became of it. The semantics are
those of the reference engine's views (core/schema, `View(BeforeVersion(…))`).
"""

from __future__ import annotations

import dataclasses
import functools
from collections import deque
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import dagger

from portable_dagger.api.changes import CHANGES, Change, Version
from portable_dagger.modules.names import snake

if TYPE_CHECKING:
    from portable_dagger.modules.call import AnyValue

Method = Callable[..., Any]

_EXEC_OPTIONS: Final = frozenset(
    {"args", "useEntrypoint", "experimentalPrivilegedNesting", "insecureRootCapabilities", "noInit"}
)
"""Arguments that withExec and asService share."""


def adapt(version: Version) -> None:
    """Change the SDK's classes in this process to those of a release; later ones only explain what is gone."""
    for release, type_, name, replace in _BEHAVIOUR:
        if version < release:
            class_ = getattr(dagger, type_)
            original = getattr(class_, name)
            setattr(class_, name, functools.wraps(original)(replace(original)))
    for change in CHANGES:
        _restore(change, old=version < change.release)


def _restore(change: Change, *, old: bool) -> None:
    class_ = getattr(dagger, "Client" if change.type == "Query" else change.type)
    name = snake(change.field)
    key = (change.type, change.field, change.argument)
    if not change.argument:
        method = _FIELDS[key] if old and key in _FIELDS else _gone(change)
        setattr(class_, name, method)
        return
    original = getattr(class_, name)
    translate = _ARGUMENTS.get(key) if old else None
    setattr(class_, name, _taking(original, change, translate))


def _gone(change: Change) -> Method:
    def method(*_: object, **__: object) -> AnyValue:
        raise AttributeError(str(change))

    return method


def _taking(original: Method, change: Change, translate: Method | None) -> Method:
    """Wrap a method so that it takes an argument of before."""
    argument = snake(change.argument)

    @functools.wraps(original)
    def method(self: AnyValue, *given: AnyValue, **options: AnyValue) -> AnyValue:
        if argument not in options:
            return original(self, *given, **options)
        if translate is None:
            raise TypeError(str(change))
        return translate(original, self, options.pop(argument), given, options)

    return method


def _same(self: AnyValue, *_: object, **__: object) -> AnyValue:
    return self


def _docker_build(_: AnyValue, context: AnyValue, **options: AnyValue) -> AnyValue:
    return context.docker_build(**options)


_FIELDS: Final[dict[tuple[str, str, str], Method]] = {
    **{(name, "pipeline", ""): _same for name in ("Query", "Container", "Directory")},
    ("Container", "withFocus", ""): _same,
    ("Container", "withoutFocus", ""): _same,
    ("Module", "initialize", ""): _same,
    ("ModuleSource", "resolveFromCaller", ""): _same,
    ("ModuleSource", "cloneURL", ""): lambda self: self.clone_ref(),
    ("Query", "daggerEngine", ""): lambda self: self.engine(),
    ("Query", "socket", ""): lambda self, id_: self.load_socket_from_id(dagger.SocketID(id_)),
    ("Container", "build", ""): _docker_build,
}
"""What fields of before do with today's."""


def _skip_entrypoint(
    original: Method,
    self: object,
    skip: object,
    given: tuple[object, ...],
    options: dict[str, Any],
) -> object:
    return original(self, *given, **{"use_entrypoint": not skip, **options})


def _source(
    original: Method,
    self: object,
    directory: object,
    given: tuple[object, ...],
    options: dict[str, Any],
) -> object:
    return original(self, *given, source=directory, **options)


def _container_by_id(_: Method, self: AnyValue, id_: object, __: object, ___: object) -> object:
    return self.load_container_from_id(dagger.ContainerID(id_))


def _directory_by_id(_: Method, self: AnyValue, id_: object, __: object, ___: object) -> object:
    return self.load_directory_from_id(dagger.DirectoryID(id_))


_ARGUMENTS: Final[dict[tuple[str, str, str], Method]] = {
    ("Container", "withExec", "skipEntrypoint"): _skip_entrypoint,
    ("Container", "withDirectory", "directory"): _source,
    ("Directory", "withDirectory", "directory"): _source,
    ("Query", "container", "id"): _container_by_id,
    ("Query", "directory", "id"): _directory_by_id,
}
"""What a method does with an argument of before: (method, object, value, other arguments, options) -> its answer."""


def _with_entrypoint(original: Method) -> Method:
    """v0.12.0, pull request 7136: the entrypoint is not used any more unless asked for."""

    def with_exec(self: object, *given: object, **options: AnyValue) -> object:
        return original(self, *given, **{"use_entrypoint": True, **options})

    return with_exec


def _running_the_default(original: Method) -> Method:
    """v0.12.0, pull request 7857: without an exec, the default command's output was meant."""

    async def output(self: AnyValue) -> object:
        if not any(selection.name == "withExec" for selection in self._ctx.selections):
            try:
                return await original(self)
            except dagger.QueryError as error:
                if "no command has been" not in str(error):
                    raise
                return await original(dagger.Container.with_exec(self, [], use_entrypoint=True))
        return await original(self)

    return output


def _without_contents(original: Method) -> Method:
    """v0.12.0, pull request 7293: contents could be left out."""

    def with_new_file(self: object, path: str, contents: str = "", **options: AnyValue) -> object:
        return original(self, path, contents, **options)

    return with_new_file


def _true(original: Method) -> Method:
    """v0.12.0, pull request 7500: export answered whether it worked."""

    async def export(self: object, *given: object, **options: AnyValue) -> bool:
        await original(self, *given, **options)
        return True

    return export


def _last_exec(original: Method) -> Method:
    """v0.15.0, pull request 8865: the service ran the last withExec, else the entrypoint and default arguments."""

    def as_service(self: AnyValue, **options: AnyValue) -> object:
        selections = list(self._ctx.selections)
        execs = [at for at, made in enumerate(selections) if made.name == "withExec"]
        if options or not execs:
            return original(self, **{"use_entrypoint": True, **options})
        taken = selections.pop(execs[-1])
        before = dagger.Container(dataclasses.replace(self._ctx, selections=deque(selections)))
        shared = {snake(k): value for k, value in taken.args.items() if k in _EXEC_OPTIONS}
        return original(before, **shared)

    return as_service


def _without_slashes(original: Method) -> Method:
    """v0.17.0, pull request 9118: the names of directories end with a slash since."""

    async def names(self: object, *given: object, **options: AnyValue) -> object:
        found = await original(self, *given, **options)
        return [name.removesuffix("/") for name in found]

    return names


_BEHAVIOUR: Final[tuple[tuple[Version, str, str, Callable[[Method], Method]], ...]] = (
    ((0, 12, 0), "Container", "with_exec", _with_entrypoint),
    ((0, 12, 0), "Container", "stdout", _running_the_default),
    ((0, 12, 0), "Container", "stderr", _running_the_default),
    ((0, 12, 0), "Container", "with_new_file", _without_contents),
    ((0, 12, 0), "Container", "export", _true),
    ((0, 12, 0), "Directory", "export", _true),
    ((0, 12, 0), "File", "export", _true),
    ((0, 15, 0), "Container", "as_service", _last_exec),
    ((0, 17, 0), "Directory", "entries", _without_slashes),
    ((0, 17, 0), "Directory", "glob", _without_slashes),
)
"""(release, class, method, wrapper): what a method did before the release."""
