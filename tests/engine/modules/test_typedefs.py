"""Registered types survive the store."""

import json
from dataclasses import replace

from portable_dagger.modules import typedefs
from portable_dagger.modules.typedefs import FunctionArg, Module, SourceMap, TypeDef


def test_encoded_and_decoded(registered: Module) -> None:
    main = replace(registered.objects[0], source_map=SourceMap("main.py", 3, 1), deprecated="")
    module = replace(registered, objects=(main, *registered.objects[1:]))
    assert typedefs.decode(json.loads(json.dumps(typedefs.encode(module)))) == module


def test_required() -> None:
    optional = TypeDef(optional=True)
    assert FunctionArg("a", TypeDef()).required
    assert not FunctionArg("a", optional).required
    assert not FunctionArg("a", TypeDef(), default_value="null").required
    assert not FunctionArg("a", TypeDef(), default_path=".").required
    assert not FunctionArg("a", TypeDef(), default_address="debian").required


def test_object_by_name(registered: Module) -> None:
    assert registered.object("Card") == registered.objects[1]
    assert Module().object("Card") is None
