"""A module as the command line gets it."""

from portable_dagger.modules.describe import describe
from portable_dagger.modules.loaded import LoadedModule


def test_module(loaded: LoadedModule) -> None:
    described = describe(loaded)
    assert (described["name"], described["main"], described["root"]) == ("my-mod", "MyMod", "myMod")
    assert described["description"] == "About it."
    assert list(described["objects"]) == ["MyMod", "MyModCard"]
    assert described["enums"]["MyModTone"] == {
        "description": "How loud",
        "members": [
            {"name": "LOUD", "description": "Very"},
            {"name": "LOW_VOICE", "description": ""},
        ],
    }


def test_function(loaded: LoadedModule) -> None:
    main = describe(loaded)["objects"]["MyMod"]
    greet, fine, card = main["functions"]
    assert (greet["name"], greet["description"]) == ("greetAll", "Greet.\n\nLong.")
    assert greet["returns"]["kind"] == "LIST_KIND"
    assert greet["returns"]["element"]["kind"] == "STRING_KIND"
    assert (fine["check"], fine["returns"]["kind"]) == (True, "VOID_KIND")
    assert card["returns"]["name"] == "MyModCard"
    assert main["fields"][0]["name"] == "labelText"
    assert main["constructor"]["args"][0]["name"] == "n"


def test_arguments(loaded: LoadedModule) -> None:
    arguments = {a["name"]: a for a in describe(loaded)["objects"]["MyMod"]["functions"][0]["args"]}
    assert not arguments["to"]["type"]["optional"]
    assert arguments["howOften"]["type"]["optional"]
    assert arguments["howOften"]["default"] == "3"
    assert arguments["tone"]["type"]["name"] == "MyModTone"
    assert arguments["source"]["type"] == {
        "kind": "OBJECT_KIND",
        "name": "Directory",
        "optional": True,
        "element": None,
    }
    assert (arguments["source"]["defaultPath"], arguments["source"]["ignore"]) == ("/", [".git"])
