"""The machine as a container sees it: what may decide whether a step fails."""

from __future__ import annotations

import os
import platform
import re
from pathlib import Path
from typing import Any, Final

_PROCESSOR: Final = Path("/proc/cpuinfo")
_MEMORY: Final = Path("/proc/meminfo")
_GPU: Final = Path("/proc/driver/nvidia/version")


def facts() -> dict[str, Any]:
    """Return kernel, machine, processors, memory (bytes), model and flags of the CPU, and the GPU driver's version."""
    processor = _read(_PROCESSOR)
    return {
        "kernel": platform.release(),
        "machine": platform.machine(),
        "processors": os.cpu_count() or 0,
        "memory": int(_field(_read(_MEMORY), "MemTotal").partition(" ")[0] or 0) * 1024,
        "model": _field(processor, "model name"),
        "flags": (_field(processor, "flags") or _field(processor, "Features")).split(),
        "gpu": (re.findall(r"\b\d+\.\d+(?:\.\d+)?\b", _read(_GPU)) or [""])[0],
    }


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _field(text: str, name: str) -> str:
    found = re.search(rf"^{name}\s*:\s*(.*)$", text, flags=re.MULTILINE)
    return found[1].strip() if found else ""
