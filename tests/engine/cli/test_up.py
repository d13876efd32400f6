"""Services on ports of the host."""

from __future__ import annotations

import pytest

from portable_dagger.cli.up import refuse_collisions
from portable_dagger.errors import CommandLineError


def test_two_services_cannot_have_the_same_port() -> None:
    refuse_collisions({"a": [80, 81], "b": [82]})
    with pytest.raises(CommandLineError, match="port collision: 81 is exposed by a and by b"):
        refuse_collisions({"a": [80, 81], "b": [81]})
