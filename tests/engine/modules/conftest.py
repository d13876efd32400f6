"""A registered module as plain data, and an engine for tests that run modules."""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from portable_dagger.api.kinds import FunctionCachePolicy, TypeDefKind
from portable_dagger.api.registry import ObjectType, Types
from portable_dagger.api.types import ENUMS
from portable_dagger.modules import source
from portable_dagger.modules.loaded import LoadedModule
from portable_dagger.modules.results import Results
from portable_dagger.modules.typedefs import (
    EnumMember,
    FieldTypeDef,
    Function,
    FunctionArg,
    Module,
    TypeDef,
)
from portable_dagger.runtime import launcher, linux
from tests.engine.modules.bench import Bench

TEXT = TypeDef(TypeDefKind.STRING_KIND)
WHOLE = TypeDef(TypeDefKind.INTEGER_KIND)
VOID = TypeDef(TypeDefKind.VOID_KIND, optional=True)
TONE = TypeDef(TypeDefKind.ENUM_KIND, "Tone")
CARD = TypeDef(TypeDefKind.OBJECT_KIND, "Card")
DIRECTORY = TypeDef(TypeDefKind.OBJECT_KIND, "Directory")
CORE = Types(
    {name: ObjectType(name) for name in ("Query", "Directory", "File", "Container")},
    enums=dict(ENUMS),
)


@pytest.fixture
def core() -> Types:
    return CORE


@pytest.fixture
def registered() -> Module:
    """A module `my-mod` with two objects and an enum."""
    greet = Function(
        "greet_all",
        TypeDef(TypeDefKind.LIST_KIND, element=TEXT),
        "Greet.\n\nLong.",
        (
            FunctionArg("to", TEXT, "Whom"),
            FunctionArg("how_often", WHOLE, default_value="3"),
            FunctionArg("tone", TONE, default_value='"lowVoice"'),
            FunctionArg("source", DIRECTORY, default_path="/", ignore=(".git",)),
            FunctionArg("may", TypeDef(TypeDefKind.STRING_KIND, optional=True)),
        ),
    )
    checked = Function("is_fine", VOID, check=True, cache_policy=FunctionCachePolicy.Never)
    make = Function("", TypeDef(TypeDefKind.OBJECT_KIND, "MyMod"), args=(FunctionArg("n", WHOLE),))
    main = TypeDef(
        TypeDefKind.OBJECT_KIND,
        "MyMod",
        description="The main one",
        fields=(FieldTypeDef("label_text", TEXT, "Shown"),),
        functions=(greet, checked, Function("card", CARD, time_to_live="10s")),
        constructor=make,
    )
    card = TypeDef(TypeDefKind.OBJECT_KIND, "Card", fields=(FieldTypeDef("tone", TONE),))
    tone = TypeDef(
        TypeDefKind.ENUM_KIND,
        "Tone",
        description="How loud",
        members=(EnumMember("LOUD", "loud", "Very"), EnumMember("lowVoice", "low")),
    )
    return Module("my-mod", "About it.", (main, card), (), (tone,))


@pytest.fixture
def loaded(tmp_path: Path, registered: Module) -> LoadedModule:
    (tmp_path / "src/my_mod").mkdir(parents=True)
    (tmp_path / "src/my_mod/__init__.py").write_text("@object_type\nclass Other:\n    pass\n")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "my-mod"')
    (tmp_path / "dagger.json").write_text(json.dumps({"name": "my-mod", "sdk": "python"}))
    found = source.find(tmp_path)
    module = LoadedModule(found, source.collect(found), tmp_path, Results(), CORE)
    module.adopt(registered, CORE)
    return module


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    linux.unshare(linux.CLONE_NEWNS)
    launcher.prepare_mounts(new_processes=False)
    with asyncio.Runner() as loop:
        made = Bench(loop, tmp_path_factory.mktemp("state"))
        made.start()
        yield made
        made.stop()
