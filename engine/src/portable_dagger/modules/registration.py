"""Asking a module's code for its types."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from portable_dagger import __version__
from portable_dagger.errors import ExecError, FunctionError, ModuleLoadError
from portable_dagger.graph.steps import step_key
from portable_dagger.modules import typedefs
from portable_dagger.modules.call import FunctionCall
from portable_dagger.modules.process import running
from portable_dagger.modules.source import MOUNT

if TYPE_CHECKING:
    from portable_dagger.graph.context import Context
    from portable_dagger.modules.loaded import LoadedModule
    from portable_dagger.record.progress import Span

_STACK = "exception.stacktrace"
_LAST_LINES = 12
_PLACE = re.compile(rf'File "({re.escape(str(MOUNT))}/[^"]+)", line (\d+)')


async def registered(module: LoadedModule, context: Context, span: Span) -> typedefs.Module:
    """Return a module's types: from the store if this source was asked before, else by running its code.

    Raises ModuleLoadError that names the file and line where the code fails, as far as there is one.
    """
    key = step_key("module", [__version__, module.digest, module.name])
    kept = await asyncio.to_thread(context.store.get_step, key)
    span.cached = kept is not None
    if kept is not None:
        return typedefs.decode(kept)
    try:
        async with running(module, FunctionCall(), context, span) as (answer, inside):
            evaluator = context.engine.evaluator
            found: typedefs.Module = await evaluator.evaluate(evaluator.load(answer), inside)
    except FunctionError as error:
        raise load_error(module, error.message, str(error.values.get(_STACK, ""))) from error
    except ExecError as error:
        last = "\n".join(error.stderr.splitlines()[-_LAST_LINES:])
        raise load_error(
            module, f"its code ended with {error.message}\n{last}", error.stderr
        ) from error
    found = found.named(module.name)
    await asyncio.to_thread(context.store.put_step, key, typedefs.encode(found), portable=True)
    return found


def load_error(module: LoadedModule, message: str, trace: str) -> ModuleLoadError:
    """Word what went wrong while a module's code was loaded; `trace` is a Python traceback."""
    source = module.source
    places = _PLACE.findall(trace)
    text = f"module {module.name!r} cannot be loaded: {message}"
    if places:
        file, line = places[-1]
        similar = _similar(module) if source.config.main_object in message else ""
        place = f"{source.host_path(file)}, line {line}"
        return ModuleLoadError(f"{text}\n{place}{similar}", "correct this line")
    return ModuleLoadError(
        f"{text}\n{source.source}: the main class is looked for in the Python package "
        f"{source.project.package!r} (project.name in pyproject.toml), under the name "
        f"{source.config.main_object!r} ('name' in {source.root / 'dagger.json'})"
        + _similar(module),
        f"decorate a class {source.config.main_object} with @object_type and import it in the package's __init__.py",
    )


def _similar(module: LoadedModule) -> str:
    """Name the decorated classes that there are, with file and line."""
    found = []
    for path in module.files.paths:
        if path.endswith(".py"):
            text = (module.folder / path).read_text(errors="replace")
            for match in re.finditer(
                r"@(?:dagger\.)?object_type\b[^\n]*\n(?:@[^\n]*\n)*class (\w+)", text
            ):
                line = text.count("\n", 0, match.start(1)) + 1
                found.append(f"{match.group(1)} ({module.source.context / path}, line {line})")
    return f"\nclasses with @object_type: {', '.join(found)}" if found else ""
