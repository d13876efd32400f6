"""Reads under which licences packages are: `python -m ci.programs.licences PACKAGES NAMES OUTPUT`.

PACKAGES is a folder of unpacked wheels. NAMES is a JSON object: known, with expressions of SPDX by the names of
packages whose metadata does not say it, and identifiers, a list. OUTPUT becomes a JSON object: packages, a list of
objects with package, version, said (what the metadata says) and licence; and identifiers, which has those of NAMES as
SPDX writes them. A licence is null if it is not known, an identifier, or a list whose first item is AND or OR.

What counts is, in this order: the name that is given, License-Expression (PEP 639), License, the classifiers. Several
classifiers count all: metadata does not say whether one may choose.

Returns 1 with a message on standard error if NAMES has what is no licence of SPDX.
"""

from __future__ import annotations

import argparse
import email
import json
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from license_expression import (
    ExpressionError,
    LicenseSymbol,
    LicenseWithExceptionSymbol,
    get_spdx_licensing,
)
from packaging.utils import canonicalize_name

from ci.programs.errors import LicenceError
from ci.programs.licence_names import CLASSIFIERS, TEXTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import Message

Licence = str | list[Any]
"""An identifier, or AND or OR and what it joins."""

_SPDX: Final = get_spdx_licensing()
_REFERENCE: Final = re.compile(r"(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
"""A licence that is not in the list of SPDX, but named as its specification says (annex D)."""

_PREFIX: Final = "License :: "
_LONGEST: Final = 200
"""Some have the licence's whole text where its name should be."""


def parse(text: str) -> Licence | None:
    """Return an expression of SPDX, None for what is none."""
    try:
        parsed = _SPDX.parse(text)
    except ExpressionError:
        return None
    if parsed is None or not all(map(_REFERENCE.fullmatch, _SPDX.unknown_license_keys(parsed))):
        return None
    return _tree(parsed)


def _tree(parsed: Any) -> Licence:  # noqa: ANN401 - the library has no types
    if isinstance(parsed, LicenseSymbol | LicenseWithExceptionSymbol):
        return str(parsed.render())
    return [parsed.operator.strip(), *map(_tree, parsed.args)]


def licence(metadata: Message) -> Licence | None:
    """Return the licence that a package's metadata names."""
    expression = metadata["License-Expression"]
    if expression:
        return parse(expression)
    named = _named(metadata["License"] or "")
    if named is not None:
        return named
    found = [CLASSIFIERS.get(name) for name in _classifiers(metadata)]
    known = [name for name in found if name is not None]
    if not known or len(known) < len(found):
        return None
    return known[0] if len(known) == 1 else ["AND", *known]


def said(metadata: Message) -> str:
    """Return what a package's metadata says, for people."""
    texts = [metadata["License-Expression"], metadata["License"], *_classifiers(metadata)]
    lines = [" ".join(text.split()) for text in texts if text]
    return "; ".join(dict.fromkeys(line[:_LONGEST] for line in lines))


def _named(text: str) -> Licence | None:
    """Return the licence of a text that may be an expression, a name, or a licence's whole text."""
    if not text.strip() or len(text) > _LONGEST:
        return None
    words = " ".join(text.lower().replace(",", " ").split())
    name = re.sub(r"^the | licen[sc]e$", "", words)
    known = TEXTS.get(words) or TEXTS.get(name)
    return known or parse(text) or parse(name)


def _classifiers(metadata: Message) -> list[str]:
    found = [
        each.rpartition(" :: ")[2]
        for each in metadata.get_all("Classifier", [])
        if each.startswith(_PREFIX)
    ]
    # The heading of the others.
    return [name for name in found if name != "OSI Approved"]


def read(folder: Path, known: dict[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the packages of a folder. Raises LicenceError if `known` has what is no licence."""
    named = {name: _checked(text) for name, text in known.items()}
    for path in sorted(folder.glob("*.dist-info/METADATA")):
        metadata = email.message_from_string(path.read_text(encoding="utf-8", errors="replace"))
        name = canonicalize_name(metadata["Name"])
        yield {
            "package": name,
            "version": metadata["Version"],
            "said": said(metadata),
            "licence": named[name] if name in named else licence(metadata),
        }


def identifier(text: str) -> str:
    """Return an identifier as SPDX writes it. Raises LicenceError for what is none, or more than one."""
    found = _checked(text)
    if isinstance(found, str):
        return found
    raise LicenceError(f"{text!r} is more than one licence of SPDX")


def _checked(text: str) -> Licence:
    found = parse(text)
    if found is None:
        raise LicenceError(f"{text!r} is no licence of SPDX")
    return found


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.licences", description=__doc__)
    for name in ("packages", "names", "output"):
        parser.add_argument(name, type=Path)
    given = parser.parse_args(arguments)
    names = json.loads(given.names.read_text(encoding="utf-8"))
    try:
        found = {
            "packages": [*read(given.packages, names["known"])],
            "identifiers": {text: identifier(text) for text in names["identifiers"]},
        }
    except LicenceError as error:
        print(error, file=sys.stderr)
        return 1
    given.output.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
