from __future__ import annotations

import copy
from typing import Any

import pytest

from ci.attestation import CYCLONEDX, PROVENANCE, SCAN, SIGNATURE, SPDX
from ci.policy import Check, Policy, judge

COMMIT = "0123456789abcdef0123456789abcdef01234567"
SOURCE = "https://example.org/shop"
POLICY = Policy(lambda predicate: predicate["faults"], SOURCE, COMMIT, "urn:builder")


def report() -> dict[str, Any]:
    provenance = {
        "buildDefinition": {
            "externalParameters": {
                "source": {"uri": f"git+{SOURCE}", "digest": {"gitCommit": COMMIT}}
            }
        },
        "runDetails": {"builder": {"id": "urn:builder"}},
    }
    common = [
        {"kind": SIGNATURE, "fault": "", "predicate": {}},
        {"kind": PROVENANCE, "fault": "", "predicate": provenance},
    ]
    image = [
        *copy.deepcopy(common),
        {"kind": SPDX, "fault": "", "named": 2, "lacking": []},
        {"kind": CYCLONEDX, "fault": "", "named": 2, "lacking": []},
        {"kind": SCAN, "fault": "", "predicate": {"faults": []}},
    ]
    return {
        "digest": "sha256:1",
        "subjects": [
            {"role": "index", "platform": "", "attestations": common},
            {"role": "image", "platform": "linux/arm64", "attestations": image, "revision": COMMIT},
        ],
    }


def attestation(value: dict[str, Any], kind: str) -> dict[str, Any]:
    found = value["subjects"][1]["attestations"]
    return next(entry for entry in found if entry["kind"] == kind)


def faults(value: dict[str, Any], policy: Policy = POLICY) -> list[Check]:
    return [check for check in judge(value, policy) if check.fault]


def test_everything_that_is_needed_is_looked_at() -> None:
    checks = judge(report(), POLICY)

    assert [check.subject for check in checks] == ["index"] * 2 + ["linux/arm64"] * 5
    assert faults(report()) == []


@pytest.mark.parametrize("kind", [SIGNATURE, PROVENANCE, SPDX, CYCLONEDX, SCAN])
def test_what_is_missing_or_not_signed_is_refused(kind: str) -> None:
    value = report()
    attestation(value, kind)["fault"] = "it is not signed by this key"
    assert [check.fault for check in faults(value)] == ["it is not signed by this key"]

    attestations = value["subjects"][1]["attestations"]
    attestations.remove(attestation(value, kind))
    assert [check.fault for check in faults(value)] == ["it is missing"]


def test_one_good_statement_is_enough() -> None:
    value = report()
    bad = {"kind": SIGNATURE, "fault": "it is not signed by this key", "predicate": {}}
    value["subjects"][1]["attestations"].insert(0, bad)

    assert faults(value) == []


@pytest.mark.parametrize(
    ("policy", "fault"),
    [
        (Policy(POLICY.scan, commit="f" * 40), f"it is of commit {COMMIT}, not {'f' * 40}"),
        (Policy(POLICY.scan, source="https://x"), f"it is of the source {SOURCE}, not https://x"),
        (Policy(POLICY.scan, builder="urn:x"), "it is by the builder urn:builder, not urn:x"),
    ],
)
def test_provenance_has_to_be_what_is_expected(policy: Policy, fault: str) -> None:
    assert faults(report(), policy) == [
        Check("index", "provenance", fault),
        Check("linux/arm64", "provenance", fault),
    ]


def test_provenance_has_to_fit_the_image() -> None:
    value = report()
    value["subjects"][1]["revision"] = "e" * 40

    (check,) = faults(value)

    assert check.fault == f"it is of commit {COMMIT}, but the image says {'e' * 40}"


def test_provenance_that_is_none_is_refused() -> None:
    value = report()
    attestation(value, PROVENANCE)["predicate"] = {"buildDefinition": {}}

    (check,) = faults(value)

    assert check.fault == "it is no SLSA provenance v1 ('externalParameters')"


def test_a_bill_has_to_name_every_package() -> None:
    value = report()
    attestation(value, SPDX)["lacking"] = [f"p{number} 1 (deb)" for number in range(7)]

    (check,) = faults(value)

    assert check.fault.endswith("p4 1 (deb) and 2 more")


def test_a_scan_is_judged_by_its_own_rules() -> None:
    value = report()
    attestation(value, SCAN)["predicate"]["faults"] = ["CVE-1 in libc6", "the waiver is over"]

    (check,) = faults(value)

    assert (check.what, check.fault) == ("scan", "CVE-1 in libc6; the waiver is over")
