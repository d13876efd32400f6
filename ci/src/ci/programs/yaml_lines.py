"""Reads YAML files with the line of each value: `python -m ci.programs.yaml_lines --output FILE FILE…`.

Writes a JSON object with an entry for each file: {"error": TEXT, "line": LINE} for one that is no YAML, else its node.
A node is {"line": LINE} and one of "text" (a scalar, as it is written, without a type), "items" (a list of nodes) and
"fields" (a list of [KEY, LINE, NODE]). Lines begin with 1. An alias is the node that it names.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

Node = dict[str, Any]


def read(text: str) -> Node:
    """Return a file's node, or its error."""
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        # An empty file has no node at all.
        return {"line": 1, "text": ""} if node is None else _node(node)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(filter(None, (error.context, error.problem)))
        return {"error": said, "line": mark.line + 1 if mark else 1}
    except (yaml.YAMLError, RecursionError) as error:
        return {"error": str(error).partition("\n")[0], "line": 1}


def _node(node: yaml.Node) -> Node:
    line = node.start_mark.line + 1
    if isinstance(node, yaml.SequenceNode):
        return {"line": line, "items": [_node(item) for item in node.value]}
    if isinstance(node, yaml.MappingNode):
        fields = [
            [str(key.value), key.start_mark.line + 1, _node(value)] for key, value in node.value
        ]
        return {"line": line, "fields": fields}
    return {"line": line, "text": node.value}


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        prog="python -m ci.programs.yaml_lines",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--output", required=True, type=Path)
    parser.add_argument("files", nargs="+", metavar="FILE")
    given = parser.parse_args(arguments)
    found = {
        name: read(Path(name).read_text(encoding="utf-8", errors="replace")) for name in given.files
    }
    given.output.write_text(json.dumps(found), encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
