from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from ci.programs import keys
from ci.programs.errors import KeyFileError

if TYPE_CHECKING:
    from pathlib import Path

# Made by `cosign generate-key-pair` (3.x) for this test, with the password "secret"; it signs nothing else.
COSIGN_KEY = "\n".join(
    [
        f"-----BEGIN {keys.COSIGN[0]}-----",
        "eyJrZGYiOnsibmFtZSI6InNjcnlwdCIsInBhcmFtcyI6eyJOIjo2NTUzNiwiciI6OCwicCI6MX0sInNhbHQiOiJw",
        "c0FHVWdaUVFtSTNHa0JPUFhWZG13aXdYTUk3RVVQOFUwNjBHS3MzTStrPSJ9LCJjaXBoZXIiOnsibmFtZSI6Im5h",
        "Y2wvc2VjcmV0Ym94Iiwibm9uY2UiOiJuelo3UjJXRjg5Vk43cUJreFpXRUk1MDZ1OXZCVU1neCJ9LCJjaXBoZXJ0",
        "ZXh0IjoiVzl4dXhURkZQMDBkZ3ZobXFiUU1nbHozSXVrMW5iZ252Y3RCT3dDZ1ZDaUF5WnpuRlg2dmZxajdzV1R3",
        "NHJsVThTUnlPdng5OGdRR0JJM251Q1YyL2dhUjU3RUl3a3dlU3p3ZGF5VlIxblgrek5yVWZZWnVPZXdkVmFIajVu",
        "ZHRzT3dCMXV0Q1g1aVNyQUY0SHhENGJMVkZoeVpNNm1LSjJpdUJjbjFvZi9PNlQzM0FXSHJaSE5oUEl1RDZUYXdr",
        "aWo5UVozdHdBbmY1a3c9PSJ9",
        f"-----END {keys.COSIGN[0]}-----",
    ]
)
COSIGN_PUBLIC = """\
-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEZah6AiOHo8nSUowGKQTctsMvxfZp
TBc/Dlg+B0VSr7OJnwWetuWFscjtpEa93p1x8RyZk0FRbzhsIUzGTcdXWA==
-----END PUBLIC KEY-----
"""


def openssl(folder: Path, *words: str) -> None:
    command = ["openssl", *words]
    subprocess.run(command, check=True, capture_output=True, cwd=folder)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("keys")
    curve = ["-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256"]
    openssl(folder, "genpkey", *curve, "-out", "ci.key")
    openssl(folder, "pkey", "-in", "ci.key", "-pubout", "-out", "ci.pub")
    openssl(folder, "pkcs8", "-topk8", "-in", "ci.key", "-passout", "pass:x", "-out", "locked.key")
    openssl(folder, "genpkey", "-algorithm", "ED25519", "-out", "other.key")
    return folder


def test_what_a_key_signs_its_public_half_verifies(pair: Path) -> None:
    private = keys.private_key((pair / "ci.key").read_text())
    public = keys.public_key((pair / "ci.pub").read_text())

    signature = keys.sign(private, b"data")

    assert keys.is_signed(public, signature, b"data")
    assert not keys.is_signed(public, signature, b"other")
    assert not keys.is_signed(public, b"no signature", b"data")
    assert keys.sign(private, b"data") == signature


def test_an_encrypted_key_opens_with_its_password_only(pair: Path) -> None:
    text = (pair / "locked.key").read_text()

    assert keys.private_key(text, "x").curve.name == "secp256r1"
    with pytest.raises(KeyFileError, match="needs a password"):
        keys.private_key(text)
    with pytest.raises(KeyFileError, match="its password is wrong"):
        keys.private_key(text, "y")


def test_a_key_of_cosign_opens_and_fits_its_public_half() -> None:
    private = keys.private_key(COSIGN_KEY, "secret")

    assert keys.hint(private.public_key()) == keys.hint(keys.public_key(COSIGN_PUBLIC))
    with pytest.raises(KeyFileError, match="its password is wrong"):
        keys.private_key(COSIGN_KEY, "wrong")


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "cannot be read"),
        ("-----BEGIN ENCRYPTED SIGSTORE PRIVATE KEY-----\n!!\n", "cannot be read"),
        ("-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n", "cannot be read"),
    ],
)
def test_what_is_no_key_is_refused_without_being_shown(text: str, message: str) -> None:
    with pytest.raises(KeyFileError, match=message) as caught:
        keys.private_key(text)
    assert "BEGIN" not in str(caught.value)
    with pytest.raises(KeyFileError, match="public key cannot be read"):
        keys.public_key(text)


def test_a_key_of_another_kind_is_refused(pair: Path) -> None:
    with pytest.raises(KeyFileError, match="not one of the elliptic curve P-256"):
        keys.private_key((pair / "other.key").read_text())
