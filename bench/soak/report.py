"""What a soak found, as Markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from bench.soak.series import trends

if TYPE_CHECKING:
    from bench.soak.__main__ import Course

HEADER = "| held while idle | second quarter | last quarter | most | may grow by | verdict |\n|---|---|---|---|---|---|"


def report(seed: int, facts: dict[str, Any], course: Course) -> tuple[str, bool]:
    """Return the report, and whether all was right: no wrong result, nothing that grows in the longest life."""
    longest = max(course.lives, key=len)
    found = trends(longest)
    total = sum(course.counts.values())
    lines = [
        f"`python3 -m bench.soak --calls {total - rare(course)} --seed {seed}`",
        "",
        f"{total} calls in {course.seconds:.0f} s, {len(course.lives)} lives of the engine,",
        f"{len(course.wrong)} wrong or lost results.",
        "",
        f"Machine: {facts}",
        "",
        "| kind | calls |",
        "|---|---|",
        *(f"| {name.replace('_', ' ')} | {count} |" for name, count in course.counts.most_common()),
        "",
        f"The longest life, {len(longest)} samples:",
        "",
        HEADER,
        *(
            f"| {one.name} | {one.early:.0f} | {one.late:.0f} | {one.most:.0f} | {one.allowed:.0f} |"
            f" {'grows' if one.grows else 'flat'} |"
            for one in found
        ),
        *(["", "Wrong:", "", *(f"- {one}" for one in course.wrong)] if course.wrong else []),
    ]
    good = bool(found) and not course.wrong and not any(one.grows for one in found)
    return "\n".join(lines) + "\n", good


def rare(course: Course) -> int:
    """Return how many of the calls came beside the mixture."""
    return sum(course.counts[name] for name in ("fill_the_store", "prune", "engine_killed"))
