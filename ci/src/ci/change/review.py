"""A change reviewed: what its gates come to, and what else it does, as one text."""

from collections.abc import Awaitable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import dagger

from ci import baseline, gates, project, settings
from ci.baseline import BASELINE
from ci.change import coverage, dependencies, rules, since, sizes
from ci.change.since import Change
from ci.errors import CiError, SelectionError
from ci.outcome import Outcome, headline
from ci.printable import printable
from ci.reports import markdown
from ci.settings import FILE
from ci.subject import Subject
from ci.together import both, together

_SUITE: Final = "test"
_MEASURING: Final = frozenset({_SUITE, "coverage"})
"""The gates that run the suite."""


@dataclass(frozen=True, slots=True)
class Review:
    """What gates come to, narrowed to what is new, and what else there is to say, in Markdown.

    rules: which of those that judge the change it brings itself, "" for none.
    """

    outcomes: tuple[Outcome, ...]
    rules: str
    sections: tuple[str, ...]

    @property
    def red(self) -> bool:
        """Whether something new is to mend, or a gate cannot tell."""
        return any(outcome.red for outcome in self.outcomes)

    @property
    def headline(self) -> str:
        """What all came to, in one line."""
        return headline(self.outcomes)

    def markdown(self, link: str) -> str:
        """Return all of it for a pull request; `link` is what stands before the paths of files."""
        return markdown.render(self.outcomes, link, self.sections, self.rules)


async def review(subject: Subject, names: Sequence[str], *, images: bool = False) -> Review:
    """Run gates on a source and its baseline, and compare locks, coverage and, if asked for, images.

    Coverage is compared where one of the gates runs the suite. What cannot be compared is told in its section. Raises
    SelectionError, and SettingsError for a source without settings.
    """
    text = await project.text(subject.source)
    subject = replace(subject, since=subject.since or _reference(text))
    change = await since.find(subject)
    assert change is not None
    brought = await rules.compared(subject.source, change)
    outcomes, sections = await both(
        gates.outcomes(subject, names),
        together(_sections(text, subject, change, names, images=images)),
    )
    base = markdown.code(str(change.baseline))
    said = f"Compared with {base}: {len(change.changed)} files differ."
    return Review(tuple(outcomes), brought, (said, *sections))


def _reference(text: str) -> str:
    """Return what changes are compared with, as the settings say. Raises SelectionError where they do not."""
    found = baseline.parse(text)
    if found is None:
        raise SelectionError(
            "there is nothing to compare the source with",
            f"Give --since=REFERENCE, or set it in [{BASELINE}] of {FILE}.",
        )
    return found.reference


def _sections(
    text: str, subject: Subject, change: Change, names: Sequence[str], *, images: bool
) -> Sequence[Awaitable[str]]:
    source = subject.source
    work = [_told("Dependencies", dependencies.compared(source, change))]
    if _MEASURING & {*names} and _SUITE in settings.our_tables(text):
        work.append(_told("Coverage", coverage.compared(source, change)))
    if images:
        work.append(_told("Images", sizes.compared(source, subject.git, change)))
    return work


async def _told(title: str, work: Awaitable[str]) -> str:
    """Return a section, or why there is none."""
    try:
        text = await work
    except (CiError, dagger.QueryError) as error:
        text = f"They could not be compared:\n\n{markdown.block(printable(str(error)))}"
    return f"### {title}\n\n{text}"
