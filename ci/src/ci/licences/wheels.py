"""The metadata of the packages of a lock: out of their wheels, which are unpacked and never run."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import dagger

from ci import known, lock, program, python, step
from ci.errors import ReportError, SettingsError, ToolError
from ci.licences.licence import Licence
from ci.licences.settings import LicencesSettings
from ci.lock import Pin
from ci.settings import FILE
from ci.step import Mount, Step

PLATFORM: Final = "linux/amd64"

_METADATA: Final = "*.dist-info/METADATA"
_PACKAGES: Final = "/packages"
_NAMES: Final = "/names"
_FILE: Final = "names.json"
_REPORT: Final = "/report.json"


@dataclass(frozen=True, slots=True)
class Licensed:
    """A package of a lock. licence: None if it is not known. said: what its metadata says."""

    pin: Pin
    licence: Licence | None
    said: str


@dataclass(frozen=True, slots=True)
class Wheels:
    """What the wheels of a lock say."""

    packages: tuple[Licensed, ...]
    elsewhere: tuple[Pin, ...]
    """Packages for other systems or versions of Python, which were not looked at."""

    identifiers: Mapping[str, str]
    """The identifiers of the settings, as SPDX writes them."""


async def read(source: dagger.Directory, path: str, settings: LicencesSettings) -> Wheels:
    """Return what the wheels of a lock say.

    Raises SettingsError for what is no lock, or a licence in the settings that is none; ToolError if a package is not
    there; ReportError.
    """
    text = await lock.read(source, path, f"{settings.table}.locks")
    pins = lock.pins(text, path)
    unpacked = await python.packages(
        settings.python_image, text, platform=PLATFORM, version=settings.python
    )
    names = {
        "known": {name: each.licence for name, each in settings.known.items()},
        "identifiers": [*settings.allowed, *settings.denied],
    }
    ran = await step.run(
        Step(
            name=f"licences {path}",
            container=await program.container("licences"),
            command=(_PACKAGES, f"{_NAMES}/{_FILE}", _REPORT),
            mounts=(
                Mount(_PACKAGES, known.once(unpacked.filter(include=[_METADATA]))),
                Mount(_NAMES, known.folder(((_FILE, json.dumps(names)),))),
            ),
            expect=dagger.ReturnType.ANY,
            use_entrypoint=True,
            judged=True,
        )
    )
    if await ran.exit_code():
        raise SettingsError(
            f"{settings.table} in {FILE} cannot be held: {(await ran.stderr()).strip()}",
            "https://spdx.org/licenses has the identifiers; one of your own begins with LicenseRef-.",
        )
    return parse(await ran.file(_REPORT).contents(), pins)


def parse(text: str, pins: tuple[Pin, ...]) -> Wheels:
    """Read what `ci.programs.licences` wrote. Raises ReportError; ToolError if a package is not there."""
    try:
        report = json.loads(text)
        found = {
            (entry["package"], entry["version"]): (entry["licence"], entry["said"])
            for entry in report["packages"]
        }
        identifiers = dict(report["identifiers"])
    except (ValueError, LookupError, TypeError) as error:
        raise ReportError(
            f"the licences cannot be read: {error!r}", "Run the gate again."
        ) from None
    absent = tuple(pin for pin in pins if (pin.package, pin.version) not in found)
    missing = [
        f"{pin.path}:{pin.line} {pin.package} {pin.version}" for pin in absent if not pin.marker
    ]
    if missing:
        raise ToolError(
            f"there is no metadata of {', '.join(missing)}", "Lock packages that have wheels."
        )
    locked = {(pin.package, pin.version) for pin in pins}
    strange = [f"{name} {version}" for name, version in found if (name, version) not in locked]
    if strange:
        # As one for another system, its pin would be passed over.
        raise ToolError(
            f"{pins[0].path} names otherwise what its wheels say they are: {', '.join(strange)}",
            "Lock them by the versions that their wheels have.",
        )
    packages = tuple(
        Licensed(pin, *found[pin.package, pin.version]) for pin in pins if pin not in absent
    )
    return Wheels(packages, absent, identifiers)
