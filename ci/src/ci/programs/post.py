r"""Posts what a change comes to on a forge: one comment, updated in its place, and statuses of the commit.

    python -m ci.programs.post --plan FILE --token FILE

The plan is JSON:

    {"address": "https://api.github.com", "repository": "OWNER/NAME", "number": 7, "commit": "HEX",
     "marker": "<!-- … -->", "comment": "<!-- … -->\n…",
     "statuses": [{"context": "ci/lint", "state": "success", "description": "…", "target_url": "https://…"}]}

`number` is that of the pull request, 0 for none: then there is no comment. The comment begins with the marker, by which
it is found. States are error, failure, pending and success.

What fails does not keep the rest from being posted. The answer is a JSON object on standard output:
{"comment": "created", "page": "https://…", "statuses": 3}; the status is 1, with a message, if anything was not posted.
"""

from __future__ import annotations

import argparse
import json
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ci.programs.errors import ForgeError, PlanError, ProgramError
from ci.programs.forge import Forge
from ci.programs.hiccup import Patience

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

COMMENT_LIMIT: Final = 65_536
"""The most characters of a comment."""

DESCRIPTION_LIMIT: Final = 140
"""The most characters of a status' description."""

_STATES: Final = {"error", "failure", "pending", "success"}


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be posted, and where."""

    address: str
    repository: str
    number: int
    commit: str
    marker: str
    comment: str
    statuses: tuple[dict[str, str], ...]


def parse(text: str) -> Plan:
    """Read a plan. Raises PlanError for one that is none, or that no forge would take."""
    try:
        plan = Plan(**{**json.loads(text), "statuses": tuple(json.loads(text)["statuses"])})
        wrong = [each["context"] for each in plan.statuses if not _takes(each)]
    except (ValueError, LookupError, TypeError) as error:
        raise PlanError(f"the plan cannot be read: {error!r}") from None
    if wrong:
        raise PlanError(f"statuses that no forge would take: {', '.join(wrong)}")
    if plan.number and not plan.comment.startswith(plan.marker):
        raise PlanError("the comment does not begin with its marker")
    if len(plan.comment) > COMMENT_LIMIT:
        raise PlanError(f"the comment has more than {COMMENT_LIMIT:,} characters")
    return plan


def _takes(status: dict[str, str]) -> bool:
    return status["state"] in _STATES and len(status["description"]) <= DESCRIPTION_LIMIT


def post(plan: Plan, token: str, patience: Patience, say: Callable[[str], None]) -> dict[str, Any]:
    """Post it all, and return what was done. Raises ForgeError, with each thing that was not posted."""
    forge = Forge(plan.address.rstrip("/"), plan.repository, token, patience, say)
    done: dict[str, Any] = {"comment": "", "page": "", "statuses": 0}
    faults = []
    try:
        if plan.number:
            try:
                body = (plan.number, plan.marker, plan.comment)
                done["comment"], done["page"] = forge.put_comment(*body)
            except ForgeError as error:
                faults.append(str(error))
        for status in plan.statuses:
            forge.set_status(plan.commit, status)
            done["statuses"] += 1
    except ForgeError as error:
        # What one status is refused for, the next one would be, too.
        faults.append(str(error))
    finally:
        forge.close()
    if faults:
        raise ForgeError("\n".join(faults))
    return done


def _to_stderr(line: str) -> None:
    print(line, file=sys.stderr)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line. Returns 1 with a message on standard error if anything was not posted."""
    parser = argparse.ArgumentParser(
        prog="python -m ci.programs.post",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--plan", required=True, type=Path)
    parser.add_argument("--token", required=True, type=Path)
    given = parser.parse_args(arguments)
    try:
        plan = parse(given.plan.read_text(encoding="utf-8"))
        token = given.token.read_text(encoding="utf-8").strip()
        if not token:
            raise PlanError("the token is empty", "Give one as --token, or none at all.")
        print(json.dumps(post(plan, token, Patience(longest=90.0), _to_stderr)))
    except ProgramError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
