from __future__ import annotations

import json
from email.message import Message
from typing import TYPE_CHECKING, Any

import pytest

from ci.programs.licences import Licence, licence, main, parse

if TYPE_CHECKING:
    from pathlib import Path

MIT = "License :: OSI Approved :: MIT License"
BSD = "License :: OSI Approved :: BSD License"
PSF = "License :: OSI Approved :: Python Software Foundation License"


def metadata(**fields: str | list[str]) -> Message:
    message = Message()
    for name, values in fields.items():
        for value in [values] if isinstance(values, str) else values:
            message[name.replace("_", "-")] = value
    return message


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("mit", "MIT"),
        ("Apache-2.0 OR BSD-3-Clause", ["OR", "Apache-2.0", "BSD-3-Clause"]),
        ("(MIT AND GPL-2.0+) or ISC", ["OR", ["AND", "MIT", "GPL-2.0-or-later"], "ISC"]),
        ("GPL-2.0 WITH Classpath-exception-2.0", "GPL-2.0-only WITH Classpath-exception-2.0"),
        ("LicenseRef-Shop", "LicenseRef-Shop"),
        ("GPL-3.0 WITH nothing", None),
        ("MIT AND", None),
        ("", None),
        ("whatever", None),
    ],
)
def test_expressions_are_read_as_spdx_writes_them(text: str, expected: Licence | None) -> None:
    assert parse(text) == expected


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"License_Expression": "MIT", "License": "GPL-3.0-only"}, "MIT"),
        ({"License_Expression": "nonsense", "License": "MIT"}, None),
        ({"License": "The MIT License"}, "MIT"),
        ({"License": "Apache License, Version 2.0"}, "Apache-2.0"),
        ({"License": "BSD", "Classifier": BSD}, None),
        ({"License": "Copyright somebody\n" * 20, "Classifier": MIT}, "MIT"),
        ({"Classifier": ["License :: OSI Approved", MIT, PSF]}, ["AND", "MIT", "PSF-2.0"]),
        ({"Classifier": [MIT, BSD]}, None),
        ({"Classifier": "Programming Language :: Python"}, None),
        ({}, None),
    ],
)
def test_what_metadata_names_counts_where_it_says_which_one(
    fields: dict[str, str | list[str]], expected: Licence | None
) -> None:
    assert licence(metadata(**fields)) == expected


def run(folder: Path, **names: object) -> int:
    for name, text in (("shop.core-1.0", "Name: Shop.Core"), ("bag-2", "Name: bag\nLicense: MIT")):
        wheel = folder / "packages" / f"{name}.dist-info"
        wheel.mkdir(parents=True)
        version = name.rpartition("-")[2]
        (wheel / "METADATA").write_text(f"{text}\nVersion: {version}\n\nText\n", encoding="utf-8")
    given = {"known": {}, "identifiers": [], **names}
    (folder / "names.json").write_text(json.dumps(given), encoding="utf-8")
    paths = [folder / name for name in ("packages", "names.json", "found.json")]
    return main(list(map(str, paths)))


def test_each_package_is_told_and_a_name_that_is_given_counts(tmp_path: Path) -> None:
    code = run(tmp_path, known={"shop-core": "mit or isc"}, identifiers=["gpl-2.0"])

    assert code == 0
    assert json.loads((tmp_path / "found.json").read_text(encoding="utf-8")) == {
        "packages": [
            {"package": "bag", "version": "2", "said": "MIT", "licence": "MIT"},
            {"package": "shop-core", "version": "1.0", "said": "", "licence": ["OR", "MIT", "ISC"]},
        ],
        "identifiers": {"gpl-2.0": "GPL-2.0-only"},
    }


@pytest.mark.parametrize(
    ("names", "says"),
    [
        ({"known": {"bag": "free"}}, "'free' is no licence of SPDX"),
        ({"identifiers": ["GPL3"]}, "'GPL3' is no licence of SPDX"),
        ({"identifiers": ["MIT OR ISC"]}, "'MIT OR ISC' is more than one licence"),
    ],
)
def test_a_name_that_is_no_licence_is_an_error(
    tmp_path: Path, names: dict[str, Any], says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, **names) == 1
    assert says in capsys.readouterr().err
