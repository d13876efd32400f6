"""Programs of other platforms: the kernel runs them by an emulator that binfmt_misc knows, or not at all."""

from __future__ import annotations

REFUSED = "exec format error"
"""What the kernel says of a program that is not for it (errno ENOEXEC)."""


def advice(platform: str, own: str, said: str) -> str:
    """Return what to do when a program of `platform` did not start on a machine of platform `own`; "" if it did.

    said: what the failed step wrote on stderr. An image without a shell is not recognised: init tries `/bin/sh` on what
    the kernel refuses, and says that there is none.
    """
    if platform == own or REFUSED not in said.lower():
        return ""
    return (
        f"this machine ({own}) runs no programs of {platform}: install an emulator and register it with the kernel"
        " (Debian, Ubuntu: `apt-get install qemu-user-static binfmt-support`; with Docker:"
        " `docker run --privileged --rm tonistiigi/binfmt --install all`), see /proc/sys/fs/binfmt_misc"
    )
