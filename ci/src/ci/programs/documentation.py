"""Reads the Markdown pages of a source: `python -m ci.programs.documentation FOLDER --names FILE --output FILE`.

--names has the paths of all files of the source, one a line; FOLDER needs only hold the pages. Writes a JSON object:
files (how many pages were looked at), findings (id, path, line, message, remedy), runs (blocks that say that they run:
path, line, language, text, and output, the text of the block after it, with output_line) and helps (blocks that hold
the help of a command: path, line, last, command, text).
"""

from __future__ import annotations

import argparse
import json
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ci.programs import links, pages, snippets
from ci.programs.links import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from ci.programs.pages import Block, Page

_PAGE: Final = ".md"
_RUN: Final = "run"
_RUNNERS: Final = {"python": "python", "py": "python", "sh": "sh", "shell": "sh", "bash": "sh"}
_AT_ONCE: Final = 8


class Source:
    """The pages of a folder."""

    def __init__(self, folder: Path, names: set[str]) -> None:
        self.names = names
        self.unread: dict[str, str] = {}
        self._folder = folder
        self.page = cache(self._page)

    def _page(self, path: str) -> Page | None:
        """Return a page, None for a file that is none or cannot be read."""
        if not path.endswith(_PAGE) or path not in self.names:
            return None
        try:
            return pages.read((self._folder / path).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            self.unread[path] = str(error)
            return None


def look(source: Source, paths: Sequence[str], languages: set[str]) -> dict[str, Any]:
    """Return what the program writes, without what asks the network."""
    chosen = pages.files(sorted(name for name in source.names if name.endswith(_PAGE)), paths)
    read = {path: page for path in chosen if (page := source.page(path)) is not None}
    findings = [
        *links.check(read, source.names, source.page),
        *(found for path, page in read.items() for found in _blocks(path, page, languages)),
        *(
            Finding("unread", path, 0, said, "write it in UTF-8")
            for path, said in source.unread.items()
        ),
    ]
    blocks = [(path, block) for path, page in read.items() for block in page.blocks]
    return {
        "files": len(read),
        "findings": findings,
        "runs": [_run(path, block) for path, block in blocks if _runs(block)],
        "helps": [_help(path, block) for path, block in blocks if block.help],
        "addresses": links.addresses(read),
    }


def _blocks(path: str, page: Page, languages: set[str]) -> Iterator[Finding]:
    for block in page.blocks:
        fault = snippets.fault(block.words, block.text, languages)
        if fault is not None:
            name, line, said = fault
            remedy = f"mend it; if something is left out, write … there or `{snippets.SKETCH}` after the language"
            yield Finding(name, path, block.line + line, f"this is no {name}: {said}", remedy)
        if _RUN in block.words[1:] and not _runs(block):
            said = f"nothing runs {block.words[0]}"
            yield Finding(_RUN, path, block.line, said, f"there is {', '.join(_RUNNERS)}")
    for lost in page.lost:
        said = f"no block with the help of `{lost.text}` follows"
        yield Finding("help", path, lost.line, said, "put a fenced block right after it")


def _runs(block: Block) -> bool:
    return _RUN in block.words[1:] and block.words[0] in _RUNNERS


def _run(path: str, block: Block) -> dict[str, Any]:
    output = block.output
    return {
        "path": path,
        "line": block.line,
        "language": _RUNNERS[block.words[0]],
        "text": block.text,
        "output": output.text if output else None,
        "output_line": output.line if output else 0,
    }


def _help(path: str, block: Block) -> dict[str, Any]:
    place = {"path": path, "line": block.line, "last": block.last}
    return {**place, "command": block.help, "text": block.text}


def outside(addresses: Mapping[str, tuple[str, int]]) -> Iterator[Finding]:
    """Yield a finding for each address that does not answer."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for address, said in zip(addresses, pool.map(links.ask, addresses), strict=True):
            if said:
                path, line = addresses[address]
                remedy = "mend the address, or take the link out"
                yield Finding("address", path, line, f"{address} does not answer: {said}", remedy)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(prog="python -m ci.programs.documentation")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--names", type=Path, required=True)
    parser.add_argument("--output", type=Path, required=True)
    parser.add_argument("--path", action="append", default=[])
    parser.add_argument("--language", action="append", default=[])
    parser.add_argument("--external", action="store_true")
    given = parser.parse_args(arguments)
    names = set(given.names.read_text(encoding="utf-8").splitlines())
    found = look(Source(given.folder, names), given.path, set(given.language))
    addresses = found.pop("addresses")
    if given.external:
        found["findings"] += outside(addresses)
    found["findings"] = [asdict(finding) for finding in found["findings"]]
    given.output.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
