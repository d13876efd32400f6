"""Schemathesis: its command line, and its reports as findings (https://schemathesis.readthedocs.io)."""

import base64
import json
import re
import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from ci.contract.settings import ServiceSettings
from ci.errors import ReportError, ToolError
from ci.findings import Finding, Kind, Severity

NAME: Final = "schemathesis"
LOCK: Final = "schemathesis.txt"
SUMMARY: Final = "summary.json"
EVENTS: Final = "events.ndjson"

_LINK: Final = "https://schemathesis.readthedocs.io/en/stable/reference/checks/"
_PLACE: Final = "http://127.0.0.1:{port}"
_LONGEST: Final = 400


@dataclass(frozen=True, slots=True)
class Summary:
    """What a run looked at."""

    operations: int
    requests: int
    failures: int

    def __str__(self) -> str:
        return f"operations: {self.operations}, requests: {self.requests}"


def command(settings: ServiceSettings, address: str, folder: str) -> list[str]:
    """Return the command that holds the service at `address` against its document, and reports into `folder`.

    What it sends follows from the document alone: the same content has the same answer, which may be kept.
    """
    return [
        NAME,
        "run",
        f"{address}{settings.path}",
        f"--checks={','.join(settings.checks)}",
        f"--max-examples={settings.max_examples}",
        "--phases=examples,coverage,fuzzing",
        "--generation-deterministic",
        # Each operation is looked at whole, whatever is found in it.
        "--continue-on-failure",
        "--workers=1",
        "--suppress-health-check=all",
        "--report=json,ndjson",
        f"--report-json-path={folder}/{SUMMARY}",
        f"--report-ndjson-path={folder}/{EVENTS}",
        "--no-color",
    ]


def origin(lock: str) -> str:
    """Return which version a lock's text names, in words."""
    version = re.search(rf"^{NAME}==(\S+)", lock, flags=re.MULTILINE)
    assert version is not None, f"the lock names no {NAME}"
    return f"{NAME} {version[1]}"


def summary(text: str) -> Summary:
    """Read the report of a whole run. Raises ToolError if it is not whole, ReportError if it cannot be read."""
    try:
        document = json.loads(text)
        operations, cases = document["operations"], document["test_cases"]
        errors = [_flat(json.dumps(error)) for error in document["errors"]]
        found = Summary(operations["tested"], cases["generated"], cases["unique_failures"])
        whole = document["complete"] and not errors and not operations["errored"]
        selected = operations["selected"]
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError(
            f"{NAME}'s report cannot be read: {error!r}: {text[:80]!r}",
            "Look at what it printed: nothing is known of the service until it runs.",
        ) from None
    if not found.operations:
        raise ToolError(
            f"{NAME} found no operation to test in the service's document",
            "Look at what the service gives as its document: one without paths is not tested.",
        )
    if not whole or found.operations != selected:
        raise ToolError(
            f"{NAME} tested {found.operations} of {selected} operations: {'; '.join(errors) or 'it broke off'}",
            "Nothing is known of the others: mend the document, or what the service answers.",
        )
    return found


def read(text: str, address: str, path: str) -> Iterator[Finding]:
    """Yield a finding for each check that an operation fails, with the shortest request that shows it.

    text: the events of a run, a JSON document a line. address: the service's, which a reader has elsewhere. path: the
    document's in the source. Raises ReportError.
    """
    shown: dict[tuple[str, str, str], Finding] = {}
    try:
        for finding in _findings(text.splitlines(), address, path):
            key = (finding.package, finding.id, finding.title)
            if key not in shown or len(finding.remedy) < len(shown[key].remedy):
                shown[key] = finding
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise ReportError(
            f"{NAME}'s events cannot be read: {error!r}: {text[:80]!r}",
            "Lock a version of it whose reports this module reads.",
        ) from None
    yield from shown.values()


def _findings(lines: Iterable[str], address: str, path: str) -> Iterator[Finding]:
    for line in filter(None, lines):
        recorder = json.loads(line).get("ScenarioFinished", {}).get("recorder")
        if recorder is None:
            continue
        # An operation that nothing was sent to has none.
        for case, checks in recorder.get("checks", {}).items():
            for check in checks:
                if check["status"] != "failure":
                    continue
                request = recorder["interactions"][case]
                yield _finding(check, request, recorder["label"], address, path)


def _finding(
    check: Mapping[str, Any],
    interaction: Mapping[str, Any],
    operation: str,
    address: str,
    path: str,
) -> Finding:
    failure = check["failure_info"]["failure"]
    status = (interaction.get("response") or {}).get("status_code")
    answered = f"answers {status}" if status else "does not answer"
    said = [f"{answered}: {failure['title']}", _flat(failure["message"])]
    request = curl(interaction["request"], address)
    return Finding(
        kind=Kind.CONTRACT,
        id=check["name"],
        severity=Severity[failure["severity"].upper()],
        target="source",
        path=path,
        package=operation,
        title=failure["title"],
        message=": ".join(filter(None, said)),
        remedy=f"mend what {operation} answers, or the document; with `dagger up serve`: {request}",
        link=_LINK,
        tool=NAME,
    )


def curl(request: Mapping[str, Any], address: str) -> str:
    """Return a recorded request as a command line, to the service on the reader's machine; long bodies are cut off."""
    place = _PLACE.format(port=address.rpartition(":")[2])
    words = ["curl", "-X", request["method"]]
    for name, values in request["headers"].items():
        words += ["-H", f"{name}: {', '.join(values) if isinstance(values, list) else values}"]
    body = request.get("body")
    if body is not None:
        data = base64.b64decode(body["$base64"]).decode("utf-8", "backslashreplace")
        words += ["--data-raw", data]
    words.append(request["uri"].replace(address, place, 1))
    text = shlex.join(words)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}… ({len(text)} characters)"


def _flat(text: str) -> str:
    """Return the first paragraph of a text as one line."""
    return re.sub(r"\s+", " ", text.strip().partition("\n\n")[0])
