"""Facts of a machine that matter to a failure, and of the work tree that a command ran in."""

from __future__ import annotations

import os
import platform
import re
import subprocess
from pathlib import Path
from typing import Final

from portable_dagger import __version__
from portable_dagger.bundle.description import Host
from portable_dagger.runtime.process import runtime_program

PROCESSOR: Final = Path("/proc/cpuinfo")
GPU: Final = Path("/proc/driver/nvidia/version")


def host() -> Host:
    """Return the facts of this machine."""
    model, flags = processor(PROCESSOR.read_text(errors="replace"))
    return Host(
        kernel=platform.release(),
        machine=platform.machine(),
        processors=os.cpu_count() or 1,
        memory=os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"),
        model=model,
        flags=flags,
        gpu=driver(GPU.read_text(errors="replace")) if GPU.exists() else "",
    )


def processor(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the model and the flags of the first processor in /proc/cpuinfo (x86: flags, arm64: Features)."""
    first = text.partition("\n\n")[0]
    rows = [line.partition(":") for line in first.splitlines()]
    facts = {name.strip(): value.strip() for name, _, value in rows}
    flags = facts.get("flags") or facts.get("Features") or ""
    return facts.get("model name", facts.get("CPU part", "")), tuple(sorted(flags.split()))


def driver(text: str) -> str:
    """Return the version of NVIDIA's driver out of its /proc file."""
    found = re.search(r"Kernel Module\s+(?:for \S+\s+)?([\d.]+)", text)
    return found[1] if found else text.partition("\n")[0].strip()


def versions() -> dict[str, str]:
    """Return the versions of what ran the step."""
    return {
        "engine": __version__,
        "python": platform.python_version(),
        "runtime": Path(runtime_program()).name,
    }


def commit(folder: Path) -> str:
    """Return the commit of the work tree that a folder is in, with -dirty if it was edited; "" where there is none."""
    head = _git(folder, "rev-parse", "HEAD")
    if not head:
        return ""
    return f"{head}-dirty" if _git(folder, "status", "--porcelain") else head


def _git(folder: Path, *words: str) -> str:
    # The engine may be another user than the owner of the work tree.
    command = ["git", "-c", "safe.directory=*", "-C", str(folder), *words]
    done = subprocess.run(  # noqa: S603
        command, capture_output=True, text=True, check=False, errors="replace"
    )
    return done.stdout.strip() if done.returncode == 0 else ""
