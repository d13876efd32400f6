"""What of the host a worker sees beside the module: the Python interpreter and the system files that it needs."""

from __future__ import annotations

import sys
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING, Final

from portable_dagger.modules.sandbox import SCRATCH, USER

if TYPE_CHECKING:
    from collections.abc import Mapping

_SYSTEM: Final = ("/usr", "/bin", "/sbin", "/lib", "/lib64", "/lib32")
_CONFIGURATION: Final = (
    "/etc/alternatives",
    "/etc/ca-certificates",
    "/etc/ld.so.cache",
    "/etc/localtime",
    "/etc/mime.types",
    "/etc/nsswitch.conf",
    "/etc/ssl/certs",
    "/etc/ssl/openssl.cnf",
)
_CERTIFICATES: Final = (
    "SSL_CERT_FILE",
    "SSL_CERT_DIR",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "PIP_CERT",
)

FILES: Final = (
    ("/etc/passwd", f"root:x:0:0:root:/:/bin/sh\nmodule:x:{USER}:{USER}:module:/tmp:/bin/sh\n"),
    ("/etc/group", f"root:x:0:\nmodule:x:{USER}:\n"),
    ("/etc/hostname", "module\n"),
)
"""Files of /etc that say nothing about the host."""


def python_roots() -> tuple[str, ...]:
    """Return the folders that hold this Python: its environment, what that is based on, its standard library."""
    paths = sysconfig.get_paths()
    wanted = {
        sys.prefix,
        sys.base_prefix,
        paths["stdlib"],
        paths["platstdlib"],
        paths["purelib"],
        paths["platlib"],
    }
    return outermost(sorted(wanted))


def outermost(paths: list[str]) -> tuple[str, ...]:
    """Drop paths that lie below another one of the list; `paths` is sorted."""
    kept: list[str] = []
    for path in paths:
        if not any(Path(path).is_relative_to(parent) for parent in kept):
            kept.append(path)
    return tuple(kept)


def system_view() -> tuple[tuple[tuple[str, str], ...], tuple[tuple[str, str], ...]]:
    """Return (binds, links) of the system folders: merged-/usr hosts have links where others have folders."""
    binds, links = [], []
    for path in _SYSTEM:
        if Path(path).is_symlink():
            links.append((path, str(Path(path).readlink())))
        elif Path(path).is_dir():
            binds.append((path, path))
    roots = [root for root in python_roots() if not Path(root).is_relative_to("/usr")]
    binds += [(root, root) for root in roots]
    binds += [(path, path) for path in _CONFIGURATION if Path(path).exists()]
    return tuple(binds), tuple(links)


def environment(host: Mapping[str, str], given: Mapping[str, str]) -> dict[str, str]:
    """Return the whole environment of module code: of the host only where its certificates are; `given` wins."""
    certificates = {
        name: host[name]
        for name in _CERTIFICATES
        if host.get(name, "").startswith(("/etc/ssl/", "/usr/"))
    }
    return {
        "PATH": f"{sys.prefix}/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "HOME": "/tmp",  # noqa: S108  its own, empty /tmp # nosec B108
        "LANG": "C.UTF-8",
        "PWD": SCRATCH,
        "PYTHONUNBUFFERED": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
        **certificates,
        **given,
    }
