"""Signatures: by the right key, by another, of another bundle, and in the form that the module ci makes and checks."""

from __future__ import annotations

import dataclasses
import json
import os
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from ci.programs import envelope, keys
from portable_dagger.bundle import signing
from portable_dagger.bundle.reading import Reader
from portable_dagger.errors import BundleSignatureError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="layers have owners: needs root")

PAIR = tuple[str, str]


def generate(folder: Path, name: str, *options: str, curve: str = "P-256") -> PAIR:
    private = folder / f"{name}.key"
    make = ["openssl", "genpkey", "-algorithm", "EC", "-pkeyopt", f"ec_paramgen_curve:{curve}"]
    subprocess.run([*make, *options, "-out", private], check=True, capture_output=True)
    show = ["openssl", "pkey", "-in", private, "-pubout", "-passin", "pass:word"]
    public = subprocess.run(show, check=True, capture_output=True, text=True).stdout
    return private.read_text(), public


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> PAIR:
    return generate(tmp_path_factory.mktemp("keys"), "one")


def test_signed(made: Any, pair: PAIR, tmp_path: Path) -> None:  # noqa: ANN401  of conftest
    path = tmp_path / "step.bundle"
    digest = made.write(path, signing.signer(pair[0]))
    with Reader(path) as reader:
        assert reader.digest == digest
        assert reader.verify()[0] == 11 + 3
        assert signing.check(reader, pair[1]) == signing.hint(reader.signatures()[0])
    made.write(tmp_path / "again.bundle", signing.signer(pair[0]))
    assert (tmp_path / "again.bundle").read_bytes() == path.read_bytes()


def test_form_is_that_of_images(made: Any, pair: PAIR, tmp_path: Path) -> None:  # noqa: ANN401
    digest = made.write(tmp_path / "step.bundle", signing.signer(pair[0]))
    with Reader(tmp_path / "step.bundle") as reader:
        signature = reader.signatures()[0].decode()
    statement = envelope.statement(digest, "https://sigstore.dev/cosign/sign/v1", {})
    assert signature == envelope.signed(statement, keys.private_key(pair[0]))
    assert envelope.is_signed(signature, keys.public_key(pair[1]))


def test_another_key(made: Any, pair: PAIR, tmp_path: Path) -> None:  # noqa: ANN401
    other = generate(tmp_path, "other")
    made.write(tmp_path / "step.bundle", signing.signer(pair[0]))
    with Reader(tmp_path / "step.bundle") as reader:
        claimed = signing.hint(reader.signatures()[0])
        with pytest.raises(BundleSignatureError, match="not signed by this key") as caught:
            signing.check(reader, other[1])
        assert claimed in caught.value.message


def test_unsigned(made: Any, pair: PAIR, tmp_path: Path) -> None:  # noqa: ANN401
    made.write(tmp_path / "step.bundle")
    with (
        Reader(tmp_path / "step.bundle") as reader,
        pytest.raises(BundleSignatureError, match="is not signed"),
    ):
        signing.check(reader, pair[1])


def test_signature_of_another_bundle(made: Any, pair: PAIR, tmp_path: Path) -> None:  # noqa: ANN401
    sign = signing.signer(pair[0])
    other = sign("sha256:" + "0" * 64)
    changed = dataclasses.replace(made.description, command="another")
    dataclasses.replace(made, description=changed).write(tmp_path / "step.bundle", lambda _: other)
    with (
        Reader(tmp_path / "step.bundle") as reader,
        pytest.raises(BundleSignatureError, match="not signed by this key"),
    ):
        signing.check(reader, pair[1])


@pytest.mark.parametrize("field", ["payload", "payloadType", "signatures"])
def test_changed_envelope(
    made: Any,  # noqa: ANN401
    pair: PAIR,
    tmp_path: Path,
    field: str,
) -> None:
    sign = signing.signer(pair[0])

    def damaged(digest: str) -> bytes:
        value = json.loads(sign(digest))
        changed = {"payload": "e30=", "payloadType": "text/plain", "signatures": [{"sig": "AAAA"}]}
        value["dsseEnvelope"][field] = changed[field]
        return json.dumps(value).encode()

    for signer in (damaged, lambda digest: digest.encode()):
        made.write(tmp_path / "step.bundle", signer)
        with Reader(tmp_path / "step.bundle") as reader, pytest.raises(BundleSignatureError):
            signing.check(reader, pair[1])


def test_keys(tmp_path: Path, pair: PAIR) -> None:
    encrypted = generate(tmp_path, "encrypted", "-aes256", "-pass", "pass:word")
    assert signing.signer(encrypted[0], "word")("sha256:0")
    for key, password, message in (
        (encrypted[0], "", "needs a password"),
        (encrypted[0], "wrong", "its password is wrong"),
        (pair[0], "word", "is not encrypted"),
        ("text", "", "cannot be read"),
        (generate(tmp_path, "large", curve="P-384")[0], "", "not one of the curve P-256"),
    ):
        with pytest.raises(BundleSignatureError, match=message) as caught:
            signing.signer(key, password)
        assert caught.value.hint
