"""What an image has to have attached before it is trusted; pure, over what the program `verify` reports."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from ci.attestation import CYCLONEDX, NAMES, PROVENANCE, SCAN, SIGNATURE, SPDX

_NEEDED: Final = {
    "index": (SIGNATURE, PROVENANCE),
    "image": (SIGNATURE, PROVENANCE, SPDX, CYCLONEDX, SCAN),
}
_BILLS: Final = (SPDX, CYCLONEDX)
_SHOWN: Final = 5

JudgeScan = Callable[[Mapping[str, Any]], Sequence[str]]
"""Takes a scan's predicate, and returns why it is not good enough."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What is expected; an empty text expects nothing. `scan` says why a scan does not do."""

    scan: JudgeScan
    source: str = ""
    commit: str = ""
    builder: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at: of which image, what, and why it does not do ("" if it does)."""

    subject: str
    what: str
    fault: str = ""


def judge(report: Mapping[str, Any], policy: Policy) -> list[Check]:
    """Return a check for everything that the policy needs of the index and of each image."""
    checks = []
    for subject in report["subjects"]:
        name = subject["platform"] or subject["role"]
        for kind in _NEEDED[subject["role"]]:
            found = [entry for entry in subject["attestations"] if entry["kind"] == kind]
            good = [entry for entry in found if not entry["fault"]]
            fault = "" if good else "; ".join(entry["fault"] for entry in found) or "it is missing"
            if good:
                faults = [_fault(kind, entry, subject, policy) for entry in good]
                # One that does is enough: others may have been attached later, or by others.
                fault = "" if "" in faults else faults[0]
            checks.append(Check(name, NAMES[kind], fault))
    return checks


def _fault(kind: str, entry: Mapping[str, Any], subject: Mapping[str, Any], policy: Policy) -> str:
    """Return why a signed statement does not do."""
    if kind == PROVENANCE:
        return _provenance(entry["predicate"], subject, policy)
    if kind in _BILLS:
        lacking = entry["lacking"]
        more = f" and {len(lacking) - _SHOWN} more" if len(lacking) > _SHOWN else ""
        return f"it lacks {', '.join(lacking[:_SHOWN])}{more}" if lacking else ""
    if kind == SCAN:
        return "; ".join(policy.scan(entry["predicate"]))
    return ""


def _provenance(predicate: Mapping[str, Any], subject: Mapping[str, Any], policy: Policy) -> str:
    try:
        source = predicate["buildDefinition"]["externalParameters"]["source"]
        commit = source["digest"]["gitCommit"]
        builder = predicate["runDetails"]["builder"]["id"]
        uri = source["uri"].removeprefix("git+")
    except (KeyError, TypeError, AttributeError) as error:
        return f"it is no SLSA provenance v1 ({error})"
    if policy.commit and commit != policy.commit:
        return f"it is of commit {commit}, not {policy.commit}"
    if policy.source and uri != policy.source:
        return f"it is of the source {uri}, not {policy.source}"
    if policy.builder and builder != policy.builder:
        return f"it is by the builder {builder}, not {policy.builder}"
    if (labelled := subject.get("revision")) and labelled != commit:
        return f"it is of commit {commit}, but the image says {labelled}"
    return ""
