"""pip-audit, the first source: what it knows of the packages of locks, by advisories given or by PyPI's service."""

import datetime as dt
import json
from collections.abc import Iterable
from importlib.resources import files
from typing import Final

import dagger
from dagger import dag

from ci import known, program, step
from ci.dependencies.advisories import HINT, Advisories
from ci.dependencies.vulnerability import Known, Package
from ci.errors import ReportError, ToolError
from ci.findings import Severity
from ci.step import Mount, Step

NAME: Final = "pip-audit"

_LOCK: Final = "pylock.toml"
_LOCKS: Final = "/locks"
_INDEX: Final = "/advisories"
_LIST: Final = "advisories.json"
_REPORT: Final = "/report.json"


async def look(
    packages: Iterable[Package], advisories: Advisories | None, today: dt.date
) -> list[Known]:
    """Return what pip-audit knows of packages. Raises ToolError if it breaks off, or skips one; ReportError."""
    container = await program.container("audit", _requirements())
    mounts = [Mount(_LOCKS, known.folder(((_LOCK, document(packages)),)))]
    options: tuple[str, ...] = ()
    if advisories is None:
        # Without the date the answer of another day would do.
        container = container.with_env_variable("ASKED_ON", today.isoformat())
    else:
        listed = dag.directory().with_file(_LIST, advisories.index.file(_LIST))
        mounts.append(Mount(_INDEX, known.once(listed)))
        options = (f"--advisories={_INDEX}/{_LIST}",)
    ran = await step.run(
        Step(
            name=NAME,
            container=container,
            command=(*options, f"{_LOCKS}/{_LOCK}", _REPORT),
            mounts=tuple(mounts),
            expect=dagger.ReturnType.ANY,
            use_entrypoint=True,
            judged=True,
        )
    )
    if await ran.exit_code():
        asked = "of the advisories" if advisories else "of PyPI's service"
        raise ToolError(f"nothing is known {asked}: {(await ran.stderr()).strip()}", HINT)
    return read(await ran.file(_REPORT).contents())


def document(packages: Iterable[Package]) -> str:
    """Return packages as a lock of PEP 751, which may hold several versions of one."""
    entries = [
        f'[[packages]]\nname = "{each.name}"\nversion = "{each.version}"\n' for each in packages
    ]
    return "\n".join(['lock-version = "1.0"\ncreated-by = "ci"\n', *entries])


def read(text: str) -> list[Known]:
    """Read what `ci.programs.audit` wrote. Raises ReportError."""
    try:
        return [
            Known(
                source=NAME,
                package=Package(entry["package"], entry["version"]),
                ids=tuple(found["ids"]),
                fixes=tuple(found["fixes"]),
                upgrade=entry["upgrade"],
                summary=found["summary"],
                severity=Severity[found["severity"]],
            )
            for entry in json.loads(text)
            for found in entry["vulnerabilities"]
        ]
    except (ValueError, LookupError, TypeError) as error:
        raise ReportError(
            f"{NAME}'s report cannot be read: {error!r}", "Run the gate again."
        ) from None


def origin() -> str:
    """Return which one it is, in words."""
    (line,) = [line for line in _requirements().splitlines() if line.startswith(f"{NAME}==")]
    return line.rstrip("\\").strip().replace("==", " ")


def _requirements() -> str:
    return files("ci.dependencies").joinpath("pip-audit.txt").read_text(encoding="utf-8")
