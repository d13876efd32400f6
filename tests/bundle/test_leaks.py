from __future__ import annotations

import base64
import gzip
import io
import json
import subprocess
import tarfile
import urllib.parse
from typing import TYPE_CHECKING

import pytest

from tests.bundle.leaks import leaks

if TYPE_CHECKING:
    from pathlib import Path

SECRET = 'pl4nted/To+ken="x\\y"&caf\u00e9 7'  # noqa: S105 - planted to be found
TEXT = SECRET.encode()

FORMS = {
    "plain": TEXT,
    "url": urllib.parse.quote(SECRET, safe="").encode(),
    "form": urllib.parse.quote_plus(SECRET).encode(),
    "json": json.dumps({"token": SECRET}).encode(),
    "base64": base64.b64encode(b"user:" + TEXT + b";"),
    "base64, one byte later": base64.b64encode(b"user:1" + TEXT + b";"),
    "base64, two bytes later": base64.b64encode(b"user:12" + TEXT),
    "base64 in lines": base64.encodebytes(b"x" * 50 + TEXT + b"y"),
    "base64 of URLs": base64.urlsafe_b64encode(TEXT),
}


def archive(content: bytes) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        entry = tarfile.TarInfo("folder/file")
        entry.size = len(content)
        tar.addfile(entry, io.BytesIO(content))
    return buffer.getvalue()


def zstd(content: bytes) -> bytes:
    return subprocess.run(["zstd", "-c"], input=content, capture_output=True, check=True).stdout


@pytest.mark.parametrize("form", FORMS)
def test_finds_a_secret_in_every_form(form: str, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"before " + FORMS[form] + b" after")

    assert leaks(tmp_path / "file", SECRET)


@pytest.mark.parametrize("form", FORMS)
def test_finds_a_secret_in_a_compressed_file_of_a_compressed_layer(
    form: str, tmp_path: Path
) -> None:
    layer = archive(gzip.compress(FORMS[form]))
    (tmp_path / "bundle.tar").write_bytes(archive(zstd(layer)))

    assert leaks(tmp_path / "bundle.tar", SECRET)[0].startswith(
        "bundle.tar/folder/file (zstd)/folder/file (gzip): "
    )


def test_finds_nothing_where_nothing_is(tmp_path: Path) -> None:
    scrubbed = b"token *** and " + base64.b64encode(TEXT[:-4]) + b"\x1f\x8b\x08 is no gzip"
    (tmp_path / "bundle.tar").write_bytes(archive(zstd(archive(scrubbed))))

    assert leaks(tmp_path / "bundle.tar", SECRET) == []
