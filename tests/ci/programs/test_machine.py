from __future__ import annotations

import os
import platform

from ci.programs.machine import facts


def test_the_machine_is_this_one() -> None:
    found = facts()

    assert (found["kernel"], found["machine"]) == (platform.release(), platform.machine())
    assert found["processors"] == os.cpu_count()
    assert found["memory"] > 64 * 1024 * 1024
    assert found["flags"]
