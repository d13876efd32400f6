"""The options of RUN --mount."""

from __future__ import annotations

import pytest

from portable_dagger.dockerfile.mounts import MountOptions, parse_mount
from portable_dagger.errors import DockerfileError


def parsed(text: str) -> MountOptions:
    return parse_mount(text, lambda word: word.replace("$T", "/t"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("target=/x", MountOptions("bind", "/x")),
        (
            "type=bind,from=s,src=/a,dst=$T,rw",
            MountOptions("bind", "/t", "/a", "s", read_only=False),
        ),
        ("target=/x,ro=true", MountOptions("bind", "/x", read_only=True)),
        (
            "type=cache,target=/c,id=i,sharing=locked,mode=0700,uid=5",
            MountOptions("cache", "/c", id="i", sharing="locked", mode=0o700, owner=(5, 0)),
        ),
        ("type=tmpfs,target=/t,size=64m", MountOptions("tmpfs", "/t", size=64 << 20)),
        ("type=secret,id=a", MountOptions("secret", id="a")),
        ("type=secret,target=/run/b", MountOptions("secret", "/run/b", id="b")),
        (
            "type=secret,id=a,env=TOKEN,required",
            MountOptions("secret", id="a", required=True, variable="TOKEN"),
        ),
        ('"type=ssh","gid=7"', MountOptions("ssh", owner=(0, 7))),
    ],
)
def test_options(text: str, expected: MountOptions) -> None:
    assert parsed(text) == expected


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("type=volume,target=/x", 'unsupported mount type "volume"'),
        ("type=cache,target=/x,size=1", "unexpected key 'size' for mount type 'cache'"),
        ("type=cache", "a cache mount needs a target"),
        ("type=secret", "a secret mount needs an id"),
        ("type=cache,target=/x,sharing=none", "unsupported sharing 'none'"),
        ("type=cache,target=/x,mode=9", "'9' is no number"),
        ("type=tmpfs,target=/x,size=big", "'big' is no size"),
        ("from=$S,target=/x", "'from' doesn't support variable expansion"),
    ],
)
def test_errors(text: str, message: str) -> None:
    with pytest.raises(DockerfileError, match=message):
        parsed(text)
