from __future__ import annotations

from ci.change.coverage import Difference
from ci.change.coverage import render as coverage
from ci.change.sizes import Size, render


def test_sizes_are_told_for_each_image_with_what_changed() -> None:
    before = {"cpu linux/amd64": Size(90_000_000, 300_000_000), "old": Size(1_000_000, 2_000_000)}
    now = {"cpu linux/amd64": Size(91_500_000, 300_000_000), "new": Size(1_000_000, 2_000_000)}

    assert render(before, now).splitlines()[2:] == [
        "| `cpu linux/amd64` | 90.0 MB | 91.5 MB | +1.5 MB | 300.0 MB | 300.0 MB | same |",
        "| `old` | 1.0 MB | none |  | 2.0 MB | none |  |",
        "| `new` | none | 1.0 MB |  | none | 2.0 MB |  |",
    ]


def test_coverage_is_told_with_what_changed() -> None:
    assert coverage(Difference(94.12, 93.0)) == "94.1 % before, 93.0 % now (-1.1)"
    assert coverage(Difference(None, 93.0)) == "none before, 93.0 % now"
