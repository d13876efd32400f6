"""Rows of texts in aligned columns."""

from collections.abc import Sequence


def columns(rows: Sequence[Sequence[str]], names: int = 2) -> str:
    """Return the rows as lines; the first `names` columns are aligned to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        cells = zip(row, widths, strict=True)
        aligned = [
            text.ljust(width) if number < names else text.rjust(width)
            for number, (text, width) in enumerate(cells)
        ]
        lines.append("  ".join(aligned).rstrip())
    return "\n".join(lines)
