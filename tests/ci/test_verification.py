from __future__ import annotations

import pytest

from ci.errors import VerifyError
from ci.policy import Check
from ci.verification import Trust, split, verdict

REPORT = {"digest": "sha256:1"}


@pytest.mark.parametrize(
    ("reference", "expected"),
    [
        ("ghcr.io/a/shop:1.2", ("ghcr.io/a/shop", "1.2")),
        ("ghcr.io/a/shop", ("ghcr.io/a/shop", "latest")),
        ("127.0.0.1:5000/shop", ("127.0.0.1:5000/shop", "latest")),
        ("127.0.0.1:5000/shop:1@sha256:2", ("127.0.0.1:5000/shop", "sha256:2")),
    ],
)
def test_references_are_read(reference: str, expected: tuple[str, str]) -> None:
    assert split(reference) == expected


def test_it_has_to_be_said_whose_signatures_count() -> None:
    for arguments in ({}, {"identity": "a"}, {"issuer": "b"}):
        with pytest.raises(VerifyError, match="whose signatures count"):
            Trust(**arguments)
    assert Trust(identity="a", issuer="b").arguments() == ["--identity=a", "--issuer=b"]


def test_one_bad_check_refuses_the_image() -> None:
    good = Check("index", "signature")
    bad = Check("linux/amd64", "scan", "it is missing")

    assert verdict(REPORT, [good]).splitlines() == [
        "sha256:1 is accepted",
        "",
        "Image  What       Verdict",
        "index  signature  good",
    ]
    with pytest.raises(VerifyError, match=r"sha256:1 is refused: 1 of 2 checks") as caught:
        verdict(REPORT, [good, bad])
    assert "linux/amd64  scan       it is missing" in str(caught.value)
