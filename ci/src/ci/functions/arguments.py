"""What functions of several files take, with its words in `--help`, and how they are kept."""

from collections.abc import Callable
from typing import Annotated, Final, ParamSpec, TypeVar

import dagger
from dagger import DefaultPath, Doc, Ignore, function

from ci import gates

FORGE: Final = "https://api.github.com"
LOCAL_BUILDER: Final = "urn:dagger:module:ci"
"""Who builds where nothing else is said: the module, on a machine that nobody vouches for."""

UNSEEN = ("**/.git", "**/.venv", "**/__pycache__", "**/.*_cache", "**/.coverage", "**/node_modules")

Source = Annotated[
    dagger.Directory,
    DefaultPath("/"),
    Ignore([*UNSEEN]),
    Doc("The repository, with [tool.ci] in its pyproject.toml"),
]
Gate = Annotated[list[str] | None, Doc(f"Only these: {', '.join(gates.REPORTED)}")]
Python = Annotated[list[str] | None, Doc("Only these of the Python versions in [tool.ci.test]")]
Postgres = Annotated[list[str] | None, Doc("Only these of the Postgres versions in [tool.ci.test]")]
Select = Annotated[str | None, Doc("Only the tests that this pytest -k expression selects")]

Repository = Annotated[
    dagger.GitRepository,
    DefaultPath(".git"),
    Doc("The git repository of the source; its HEAD is what images say that they are made of"),
]
Variant = Annotated[list[str] | None, Doc("Only these variants of [tool.ci.image.variants]")]
Platform = Annotated[list[str] | None, Doc("Only these platforms, such as linux/arm64")]
Feed = Annotated[
    dagger.Directory | None,
    Doc(
        "Trivy's vulnerability database: trivy.db and metadata.json, or db.tar.gz; fetched without it"
    ),
]
Archive = Annotated[
    dagger.File | None, Doc("An image to scan too, as a tar of its OCI layout (as-tarball)")
]
Since = Annotated[
    str, Doc("Only what is new since HEAD and this branch, tag or commit parted; all without")
]
Link = Annotated[str, Doc("What findings link to: https://HOST/OWNER/REPOSITORY/blob/COMMIT")]

Advisories = Annotated[
    dagger.Directory | None,
    Doc(
        "Advisories of OSV's schema, as JSON or YAML, or in archives of them; services are asked without"
    ),
]
MaxAgeDays = Annotated[
    int | None,
    Doc("How many days old the newest of the advisories may be, instead of what the settings say"),
]

Services = Annotated[
    list[dagger.Service] | None,
    Doc("Registries on this machine's loopback, as tcp://127.0.0.1:5000; told by their ports"),
]
Auth = Annotated[
    dagger.Secret | None, Doc("A config.json of Docker with the registries' logins, as file:PATH")
]

P = ParamSpec("P")
R = TypeVar("R")


def uncached(method: Callable[P, R]) -> Callable[P, R]:
    """Make a method a function that runs at every call: what a registry or a clock says is not what it said before."""
    # The SDK takes the argument, but its overloads leave it out.
    return function(cache="never")(method)  # type: ignore[call-overload, no-any-return]
