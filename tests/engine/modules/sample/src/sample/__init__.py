"""What test_calls.py calls."""

import enum
import os
import sys
import uuid
from pathlib import Path
from typing import Annotated

import dagger
from dagger import DefaultPath, Doc, Ignore, dag, enum_type, field, function, object_type


@enum_type
class Tone(enum.Enum):
    """How loud"""

    LOUD = "loud"
    LOW = "low"


@object_type
class Item:
    """Something with a name"""

    name: str = field()
    file: dagger.File | None = field(default=None)

    @function
    def shout(self, other: "Item | None" = None) -> str:
        """Return the names in upper case"""
        return (self.name + (other.name if other else "")).upper()


@object_type
class Sample:
    """The main object"""

    prefix: Annotated[str, Doc("Before names")] = field(default="")
    made: dagger.Directory | None = None

    @function
    def echo(self, text: str, times: int = 1) -> str:
        """Return a text"""
        return (self.prefix + text) * times

    @function
    def tone(self, tone: Tone = Tone.LOW) -> Tone:
        """Return an enum"""
        return tone

    @function
    def protocol(
        self, protocol: dagger.NetworkProtocol = dagger.NetworkProtocol.UDP
    ) -> dagger.NetworkProtocol:
        """Return an enum of the API"""
        return protocol

    @function
    def nothing(self) -> None:
        """Return nothing"""

    @function
    def item(self, name: str) -> Item:
        """Return an object of the module"""
        return Item(name=self.prefix + name)

    @function
    def items(self) -> list[Item]:
        """Return objects of the module"""
        return [Item(name="a"), Item(name="b", file=dag.file("b.txt", "in b"))]

    @function
    def joined(self, items: list[Item]) -> str:
        """Take objects of the module"""
        return ",".join(item.name for item in items)

    @function
    async def files(
        self,
        source: Annotated[
            dagger.Directory, DefaultPath("/data"), Ignore(["**/*.log", "!logs/keep.log"])
        ],
    ) -> list[str]:
        """Take a directory with a default, without what is ignored"""
        return await source.glob("**")

    @function
    async def settings(self, file: Annotated[dagger.File, DefaultPath("dagger.json")]) -> str:
        """Take a file with a default"""
        return await file.contents()

    @function
    def outside(self, source: Annotated[dagger.Directory, DefaultPath("..")]) -> None:
        """Ask for what lies outside"""

    @function
    async def whoami(self) -> list[str]:
        """Ask for the module itself"""
        module = dag.current_module()
        return [await module.name(), *await module.source().entries(), str(Path.cwd())]

    @function
    def wrote(self) -> dagger.Directory:
        """Return what was written to the working directory"""
        Path("out").mkdir()
        Path("out/new.txt").write_text(uuid.uuid4().hex)
        return dag.current_module().workdir("out")

    @function
    def keep(self) -> "Sample":
        """Keep what was written to the working directory"""
        self.made = self.wrote()
        return self

    @function
    async def kept(self) -> list[str]:
        """List what was kept"""
        return await self.made.entries() if self.made else []

    @function
    def unique(self, source: dagger.Directory | None = None) -> str:
        """Return something new, kept for ever"""
        return uuid.uuid4().hex + ("with source" if source else "")

    @function
    def stamped(self, source: dagger.Directory) -> dagger.Directory:
        """Return the directory with something new"""
        return source.with_new_file("stamp", uuid.uuid4().hex)

    @function(cache="never")
    def never(self) -> Item:
        """Return something new"""
        return Item(name=uuid.uuid4().hex)

    @function(cache="session")
    def session(self) -> str:
        """Return something new, kept for a session"""
        return uuid.uuid4().hex

    @function(cache="1s")
    def short(self) -> str:
        """Return something new, kept for a second"""
        return uuid.uuid4().hex

    @function
    async def secret(self) -> dagger.Secret:
        """Return a secret of its own"""
        return dag.set_secret("own", "hidden-91c4")

    @function
    def raises(self, text: str) -> str:
        """Raise"""
        raise ValueError(text)

    @function
    async def asks_wrongly(self) -> str:
        """Let the API fail"""
        return await dag.directory().file("gone").contents()

    @function
    def leaves(self, code: int) -> str:
        """Leave"""
        print("last words", file=sys.stderr)  # noqa: T201  what is tested
        sys.exit(code)

    @function
    def wrong(self) -> int:
        """Break the promise"""
        return "seven"  # type: ignore[return-value]

    @function
    def broken(self, how: str) -> Tone:
        """Answer no member"""
        answers = {"text": "low", "none": None, "other": dagger.NetworkProtocol.TCP}
        return answers[how]  # type: ignore[return-value]

    @function
    def empty(self) -> list[str]:
        """Answer an item that is nothing"""
        return ["a", None]  # type: ignore[list-item]

    @function
    def mistaken(self) -> dagger.Directory:
        """Answer another object"""
        return dag.container()  # type: ignore[return-value]

    @function
    def platform(self, name: dagger.Platform, append: str = "") -> dagger.Platform:
        """Return a scalar of the API"""
        return dagger.Platform(name + append)

    @function(cache="never")
    def variable(self, name: str, call: int) -> str:  # noqa: ARG002  another call
        """Return a variable of the environment"""
        return os.environ[name]

    @function
    def prints(self) -> int:
        """Print to both streams"""
        print("to out")  # noqa: T201  what is tested
        print("to err", file=sys.stderr)  # noqa: T201  what is tested
        return os.getpid()
