from __future__ import annotations

import hashlib
import io
import tarfile
from typing import TYPE_CHECKING

from ci.programs.installed import Package, debian, in_bill, in_image, purls, python
from ci.programs.layout import Layout

if TYPE_CHECKING:
    from pathlib import Path

STATUS = """\
Package: libc6
Status: install ok installed
Version: 2.36-9+deb12u9
Description: GNU C Library
 more

Package: gone
Status: deinstall ok config-files
Version: 1

Package: libstdc++6
Status: install ok installed
Version: 12.2.0-14
"""
METADATA = "Metadata-Version: 2.1\nName: Zope.Interface_X\nVersion: 1.0+local\n\nText\n"


def layer(folder: Path, files: dict[str, str]) -> dict[str, str]:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    value = hashlib.sha256(buffer.getvalue()).hexdigest()
    path = folder / "blobs" / "sha256" / value
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(buffer.getvalue())
    return {"digest": f"sha256:{value}"}


def test_dpkg_and_wheels_say_what_is_installed() -> None:
    assert list(debian(STATUS)) == [
        Package("deb", "libc6", "2.36-9+deb12u9"),
        Package("deb", "libstdc++6", "12.2.0-14"),
    ]
    assert python(METADATA) == Package("pypi", "zope-interface-x", "1.0+local")


def test_a_higher_layer_counts(tmp_path: Path) -> None:
    low = layer(
        tmp_path,
        {
            "var/lib/dpkg/status": STATUS,
            "opt/a-1.dist-info/METADATA": "Name: a\nVersion: 1\n",
            "opt/b-1.dist-info/METADATA": "Name: b\nVersion: 1\n",
        },
    )
    high = layer(
        tmp_path,
        {
            "./var/lib/dpkg/status": "Package: only\nStatus: install ok installed\nVersion: 2\n",
            "opt/.wh.a-1.dist-info": "",
        },
    )

    assert in_image(Layout(tmp_path), {"layers": [low, high]}) == {
        Package("deb", "only", "2"),
        Package("pypi", "b", "1"),
    }


def test_both_kinds_of_bills_name_packages() -> None:
    urls = [
        "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=arm64&distro=debian-12",
        "pkg:pypi/zope.interface-x@1.0%2Blocal",
        "pkg:generic/python@3.11",
    ]
    spdx = {
        "spdxVersion": "SPDX-2.3",
        "packages": [
            {"externalRefs": [{"referenceType": "purl", "referenceLocator": url}]} for url in urls
        ]
        + [{"name": "without"}],
    }
    cyclonedx = {"components": [{"purl": url} for url in urls] + [{"name": "without"}]}

    for bill in (spdx, cyclonedx):
        assert in_bill(purls(bill)) == {
            Package("deb", "libstdc++6", "12.2.0-14"),
            Package("pypi", "zope-interface-x", "1.0+local"),
        }
