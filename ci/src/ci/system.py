"""The lowest layer of every image: the files of the base image, without what a service has no use for."""

from typing import Final

import dagger

from ci.layer import LayerPlan

WITHOUT: Final = (
    # What package tools leave behind; dpkg's own database stays, scanners read it.
    "var/lib/apt/*",
    "var/lib/dpkg/*-old",
    "var/cache/*",
    "var/log/*",
    "var/backups/*",
    "var/tmp/*",
    "tmp/*",
    "run/*",
    "dev/*",
    "proc/*",
    "sys/*",
    "root/.*",
    "etc/resolv.conf",
    "etc/hostname",
    "etc/hosts",
    # Texts for people; the licences stay.
    "usr/share/man/*",
    "usr/share/info/*",
    "usr/share/locale/*",
    "usr/share/lintian/*",
    "usr/share/doc-base/*",
    "usr/share/doc/*/[!c]*",
    "usr/share/doc/*/changelog*",
    # Python's bytecode (it holds times), installers, tests, headers and what wants a screen.
    "*/__pycache__",
    "usr/*lib/python3*/ensurepip",
    "usr/*lib/python3*/idlelib",
    "usr/*lib/python3*/tkinter",
    "usr/*lib/python3*/turtledemo",
    "usr/*lib/python3*/test",
    "usr/*lib/python3*/lib2to3",
    "usr/*lib/python3*/config-3*",
    "usr/*lib/python3*/*-packages/pip",
    "usr/*lib/python3*/*-packages/pip-*",
    "usr/*lib/python3*/*-packages/setuptools",
    "usr/*lib/python3*/*-packages/setuptools-*",
    "usr/*lib/python3*/*-packages/pkg_resources",
    "usr/*lib/python3*/*-packages/_distutils_hack",
    "usr/*lib/python3*/*-packages/distutils-precedence.pth",
    "usr/*lib/python3*/*-packages/wheel",
    "usr/*lib/python3*/*-packages/wheel-*",
    "usr/share/python-wheels",
    "usr/local/bin/pip*",
    "usr/local/bin/idle*",
    "usr/local/bin/2to3*",
    "usr/local/bin/pydoc*",
    "usr/local/bin/python*-config",
    "usr/*include/*",
    "*.a",
)

_USER: Final = "service"
_USERS: Final = "etc/passwd"
_GROUPS: Final = "etc/group"


def plan(base: str) -> LayerPlan:
    """Return the plan of the layer."""
    return LayerPlan(f"the files of {base}", plain=False, without=WITHOUT)


async def files(base: dagger.Container, user: int) -> dagger.Directory:
    """Return the files of a base image with a user of that number, who owns nothing and cannot log in."""
    root = base.rootfs()
    users = await root.file(_USERS).contents()
    groups = await root.file(_GROUPS).contents()
    return root.with_new_file(
        _USERS, f"{users}{_USER}:x:{user}:{user}::/nonexistent:/usr/sbin/nologin\n"
    ).with_new_file(_GROUPS, f"{groups}{_USER}:x:{user}:\n")
