"""Gates run with somebody looking on: a bundle for each step that failed, and what the gates said."""

import re
import time
from collections.abc import Iterator, Sequence
from typing import Final

import dagger
from dagger import dag

from ci import bundle, gates, revision
from ci.bundle import About
from ci.capture import Captured, Recorder
from ci.errors import CiError
from ci.progress import progress
from ci.step import watched
from ci.subject import Subject
from ci.together import together

TABLE: Final = "table.txt"
_SUFFIX: Final = ".tar"


async def directory(subject: Subject, names: Sequence[str], *, passing: bool) -> dagger.Directory:
    """Run gates one after another; return their words, and bundles of what failed. Raises SelectionError."""
    created = time.time()
    kept: list[Captured] = []
    words = []
    for name in names:
        recorder = Recorder()
        with watched(recorder):
            result = await gates.run(subject, name)
        kept += [
            captured
            for captured in recorder.found
            if captured.failed or passing or (result.red and captured.step.judged)
        ]
        words.append(f"{name}: {'red' if result.red else 'green'}\n\n{result.text}")
    about = About(
        command=f"ci capture --gate={','.join(names)}",
        commit=await _commit(subject.git) if kept else "",
        created=created,
        engine=await dag.version(),
    )
    files = await together([bundle.make(captured, about) for captured in kept])
    made = dag.directory().with_new_file(TABLE, "\n".join(words))
    for captured, name, file in zip(kept, file_names(kept), files, strict=True):
        progress(f"captured: {captured.step.name} in {name}")
        made = made.with_file(name, file)
    return made


def file_names(kept: Sequence[Captured]) -> Iterator[str]:
    """Give a file's name for each step: its own in small letters, with a number where several have it."""
    seen: dict[str, int] = {}
    for captured in kept:
        name = re.sub(r"[^a-z0-9.]+", "-", captured.step.name.lower()).strip("-.")
        seen[name] = seen.get(name, 0) + 1
        yield f"{name}-{seen[name]}{_SUFFIX}" if seen[name] > 1 else f"{name}{_SUFFIX}"


async def _commit(git: dagger.GitRepository) -> str:
    """Return the commit of the work tree, "" where there is none yet."""
    try:
        return (await revision.read(git)).commit
    except (CiError, dagger.QueryError):
        return ""
