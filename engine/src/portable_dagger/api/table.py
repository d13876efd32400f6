"""The table of docs/reference/api.md: `python -m portable_dagger.api.table` prints it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from portable_dagger.api.core import core_types

if TYPE_CHECKING:
    from portable_dagger.api.registry import Field, ObjectType

HEAD = """\
# The API, field by field

What the embedded engine does of Dagger's API (that of the pinned `dagger-io`). Every type, field, argument and enum of
the client is in the schema; what is refused answers with an error that says so. Each type has `id` too, and a root
field `load<Type>FromID` that works as `node` does. This page is made from the code:
`python -m portable_dagger.api.table`.

| type | works | refused |
|---|---|---|
"""


def table() -> str:
    """Return the page."""
    rows = [_row(of) for _, of in sorted(core_types().objects.items())]
    return HEAD + "\n".join(rows) + "\n"


def _row(of: ObjectType) -> str:
    shown = {name: field for name, field in sorted(of.fields.items()) if not field.loads}
    works = [f"`{name}`" for name, field in shown.items() if not refused(field)]
    others = [f"`{name}`" for name, field in shown.items() if refused(field)]
    if not shown:
        others = ["only its `id` is in the API"]
    return f"| `{of.name}` | {', '.join(works)} | {', '.join(others)} |"


def refused(field: Field) -> bool:
    """Whether a field answers only with an error."""
    return field.description.startswith("Refused: ")


if __name__ == "__main__":
    print(table(), end="")  # noqa: T201  that is its purpose
