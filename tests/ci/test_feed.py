from __future__ import annotations

import pytest

from ci.errors import FeedError
from ci.feed import check_content


@pytest.mark.parametrize(("vulnerabilities", "sources"), [(0, 0), (0, 3), (5, 0)])
def test_a_feed_that_knows_of_nothing_will_not_do(vulnerabilities: int, sources: int) -> None:
    with pytest.raises(FeedError, match=r"trivy[.]db is empty"):
        check_content(vulnerabilities, sources)


def test_a_feed_of_one_list_will_do() -> None:
    check_content(1, 1)
