"""Verification: what is attached to an image, fetched or out of a layout, looked at and held against the policy."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import dagger

from ci import program
from ci.columns import columns
from ci.errors import VerifyError
from ci.policy import Check
from ci.registries import Reach

_LAYOUT: Final = "/layout"
_KEY: Final = "/key.pub"
_REPORT: Final = "/report.json"
_GOOD: Final = "good"


@dataclass(frozen=True, slots=True)
class Trust:
    """Whose signatures count: the holder of a key, or an identity that an issuer vouches for."""

    key: dagger.File | None = None
    identity: str = ""
    issuer: str = ""

    def __post_init__(self) -> None:
        """Check that there is one of both. Raises VerifyError."""
        if (self.key is None) == (not (self.identity and self.issuer)):
            raise VerifyError(
                "it has to be said whose signatures count",
                "Give --key=PATH of a public key, or --identity and --issuer.",
            )

    def arguments(self) -> list[str]:
        """Return the arguments of the program `verify`."""
        if self.key is not None:
            return [f"--key={_KEY}"]
        return [f"--identity={self.identity}", f"--issuer={self.issuer}"]


async def fetch(reach: Reach, tag: str) -> dagger.Directory:
    """Fetch an image, by its tag or digest, with all that is attached to it into a layout. Raises VerifyError."""
    (registry,) = reach.registries
    arguments = [
        f"--repository={registry.repository}",
        f"--address={registry.address}",
        f"--reference={tag}",
        f"--output={_LAYOUT}",
        *reach.arguments(),
    ]
    container = reach.bound(await program.container("fetch")).with_exec(
        arguments, use_entrypoint=True
    )
    try:
        return await container.directory(_LAYOUT).sync()
    except dagger.ExecError as error:
        raise VerifyError(
            f"{registry.repository} {tag} is refused: {error.stderr.strip()}"
        ) from error


def split(reference: str) -> tuple[str, str]:
    """Return a reference's repository, and its digest, or else its tag, or else `latest`."""
    name, _, digest = reference.partition("@")
    folder, slash, last = name.rpartition("/")
    base, _, tag = last.partition(":")
    return f"{folder}{slash}{base}", digest or tag or "latest"


async def report(layout: dagger.Directory, name: str, trust: Trust) -> dict[str, Any]:
    """Return what the program `verify` says of a layout's image. Raises VerifyError for a changed blob."""
    container = (await program.container("verify")).with_mounted_directory(_LAYOUT, layout)
    if trust.key is not None:
        container = container.with_mounted_file(_KEY, trust.key)
    arguments = [f"--layout={_LAYOUT}", f"--output={_REPORT}", *trust.arguments()]
    if name:
        arguments.append(f"--name={name}")
    try:
        made = container.with_exec(arguments, use_entrypoint=True)
        found = json.loads(await made.file(_REPORT).contents())
    except dagger.ExecError as error:
        raise VerifyError(f"the image is refused: {error.stderr.strip()}") from error
    assert isinstance(found, dict)
    return found


def verdict(found: Mapping[str, Any], checks: Sequence[Check]) -> str:
    """Return the table of all checks. Raises VerifyError with it if one is not good."""
    rows = [("Image", "What", "Verdict")]
    rows += [(check.subject, check.what, check.fault or _GOOD) for check in checks]
    table = columns(rows, names=3)
    bad = [check for check in checks if check.fault]
    if bad:
        raise VerifyError(
            f"{found['digest']} is refused: {len(bad)} of {len(checks)} checks\n\n{table}\n"
        )
    return f"{found['digest']} is accepted\n\n{table}\n"
