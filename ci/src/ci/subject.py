"""What gates look at: a source, its git repository, and what a gate is given beside them."""

from dataclasses import dataclass

import dagger

from ci.matrix import ALL, Selection


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """A source under test, and what gates are given beside it.

    git: its repository. selection: which part of the suite runs. feed: Trivy's database (see `ci.scan`); without one
    it is fetched. image: an image to scan too, as a tar. advisories: of OSV's schema (see `ci.dependencies`); without
    them services are asked. max_age_days: how old the newest of them may be, whatever the settings say.
    since: only what is new since the baseline of this branch, tag or commit (see `ci.change`); "" for everything.
    commit: the one whose history alone counts; "" for all branches and tags. changed: the paths that differ where a
    source is compared: a gate that judges each file alone need not look at others.
    """

    source: dagger.Directory
    git: dagger.GitRepository
    selection: Selection = ALL
    feed: dagger.Directory | None = None
    image: dagger.File | None = None
    advisories: dagger.Directory | None = None
    max_age_days: int | None = None
    since: str = ""
    commit: str = ""
    changed: frozenset[str] | None = None
