from __future__ import annotations

import pytest

from ci.errors import SelectionError
from ci.reports import place
from tests.ci.reports.examples import finding

PREFIX = "https://host/owner/repository/blob/abc"


def test_a_prefix_is_an_address_or_nothing() -> None:
    assert place.check("") == ""
    assert place.check(f"{PREFIX}/") == PREFIX
    for link in ("javascript:alert(1)", "host/owner", "https:///blob", "https://[blob"):
        with pytest.raises(SelectionError, match="which is no address"):
            place.check(link)


@pytest.mark.parametrize(
    ("path", "line", "end"),
    [("a.py", 3, "/a.py#L3"), ("a.py", 0, "/a.py"), ("ä b/#1?.py", 1, "/%C3%A4%20b/%231%3F.py#L1")],
)
def test_a_file_is_linked_below_the_prefix(path: str, line: int, end: str) -> None:
    assert place.of(finding(path=path, line=line), PREFIX) == f"{PREFIX}{end}"


def test_without_a_prefix_or_a_file_there_is_no_link() -> None:
    assert place.of(finding(), "") == place.of(finding(path=""), PREFIX) == ""


def test_nobody_is_led_to_what_is_no_page() -> None:
    assert place.address("javascript:alert(1)") == place.address("data:text/html,x") == ""
    assert place.address("https://host/(a)<b>?c=d#e") == "https://host/%28a%29%3Cb%3E?c=d#e"
