"""Modules in a real engine: loaded, called, kept."""

import io
import os
import re
import shutil
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from portable_dagger.errors import EngineError, ModuleEnvironmentError, ModuleLoadError
from portable_dagger.modules.sandbox import USER
from tests.engine.modules.bench import Bench, Talk

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="workers need root")

SAMPLE = Path(__file__).parent / "sample"


@pytest.fixture(scope="module")
def module(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("modules") / "sample"
    shutil.copytree(SAMPLE, folder, ignore=shutil.ignore_patterns("__pycache__"))
    return folder


@pytest.fixture
def talk(bench: Bench, module: Path) -> Iterator[Talk]:
    made = Talk(bench, module)
    made.serve()
    yield made
    made.close()


def test_plain_values(talk: Talk) -> None:
    assert talk.ask('{sample{echo(text:"a")}}') == "a"
    assert talk.ask('{sample(prefix:"p"){echo(text:"a", times:2)}}') == "papa"
    assert talk.ask('{sample(prefix:"p"){prefix}}') == "p"
    assert talk.ask("{sample{nothing}}") is None


def test_enums(talk: Talk) -> None:
    assert talk.ask("{sample{tone}}") == "LOW"
    assert talk.ask("{sample{tone(tone:LOUD)}}") == "LOUD"
    assert talk.ask("{sample{protocol(protocol:TCP)}}") == "TCP"
    with pytest.raises(EngineError, match='"QUIET" for SampleTone: one of LOUD, LOW'):
        talk.ask("{sample{tone(tone:QUIET)}}")


def test_objects_of_the_module(talk: Talk) -> None:
    assert talk.ask('{sample(prefix:"p"){item(name:"x"){name}}}') == "px"
    assert talk.ask("{sample{items{name file{contents} shout}}}") == [
        {"name": "a", "file": None, "shout": "A"},
        {"name": "b", "file": {"contents": "in b"}, "shout": "B"},
    ]
    item = talk.ask('{sample{item(name:"x"){id}}}')
    assert talk.ask(f'{{sample{{joined(items:["{item}","{item}"])}}}}') == "x,x"
    assert talk.ask(f'{{sample{{item(name:"y"){{shout(other:"{item}")}}}}}}') == "YX"


def test_directories_with_defaults_and_what_they_ignore(talk: Talk, module: Path) -> None:
    expected = ["a.txt", "logs/", "logs/keep.log"]
    assert talk.ask("{sample{files}}") == expected
    given = talk.directory(module / "data")
    assert talk.ask(f'{{sample{{files(source:"{given}")}}}}') == expected
    assert '"name": "sample"' in talk.ask("{sample{settings}}")


def test_default_paths_stay_in_the_context_directory(talk: Talk) -> None:
    with pytest.raises(EngineError, match=r"default path '\.\.' of module 'sample' leads out of"):
        talk.ask("{sample{outside}}")


def test_current_module(talk: Talk) -> None:
    assert talk.ask("{sample{whoami}}") == [
        *("sample", "dagger.json", "data/", "pyproject.toml", "src/", "/scratch")
    ]
    with pytest.raises(EngineError, match="there is no current module"):
        talk.ask("{currentModule{name}}")


def test_what_was_written_survives_the_call(talk: Talk) -> None:
    assert talk.ask("{sample{wrote{entries}}}") == ["new.txt"]
    assert talk.ask("{sample{keep{kept}}}") == ["new.txt"]
    assert list((talk.bench.engine.modules.folder / "scratch").iterdir()) == []


def test_results_by_content(talk: Talk, module: Path, tmp_path: Path) -> None:
    shutil.copytree(module / "data", tmp_path / "copy")
    one, two = talk.directory(module / "data"), talk.directory(tmp_path / "copy")
    assert one != two
    first = talk.ask(f'{{sample{{unique(source:"{one}")}}}}')
    assert talk.ask(f'{{sample{{unique(source:"{two}")}}}}') == first
    (tmp_path / "copy/a.txt").write_text("other")
    other = talk.ask(f'{{host{{directory(path:"{tmp_path}/copy", noCache:true){{id}}}}}}')
    assert talk.ask(f'{{sample{{unique(source:"{other}")}}}}') != first


def test_policies(talk: Talk, bench: Bench, module: Path) -> None:
    query = "{sample{never{name} session short unique}}"
    first, second = talk.ask(query), talk.ask(query)
    assert first["never"] != second["never"]
    assert {**first, "never": 0} == {**second, "never": 0}
    time.sleep(1.1)
    later = Talk(bench, module)
    later.serve()
    third = later.ask(query)
    later.close()
    assert third["unique"] == first["unique"]
    assert third["session"] != first["session"]
    assert third["short"] != first["short"]


def test_results_outlive_the_engine(bench: Bench, module: Path) -> None:
    def ask() -> tuple[Any, Any, Any]:
        talk = Talk(bench, module)
        talk.serve()
        given = talk.directory(module / "data")
        stamped = talk.ask(
            f'{{sample{{stamped(source:"{given}"){{file(path:"stamp"){{contents}}}}}}}}'
        )
        wrote = talk.ask('{sample{wrote{file(path:"new.txt"){contents}}}}')
        answers = (talk.ask("{sample{unique}}"), stamped, wrote)
        talk.close()
        return answers

    before = ask()
    bench.stop()
    bench.start()
    assert ask() == before
    assert bench.engine.modules.worker.pid is not None
    assert not any(e for e in (bench.engine.modules.folder / "scratch").glob("*"))


def test_changed_source_is_another_module(talk: Talk, bench: Bench, module: Path) -> None:
    first = talk.ask("{sample{unique}}")
    (module / "notes.txt").write_text("new")
    again = Talk(bench, module)
    again.serve()
    second = again.ask("{sample{unique}}")
    again.close()
    (module / "notes.txt").unlink()
    assert second != first


def test_secrets_stay_in_the_session(talk: Talk) -> None:
    assert talk.ask("{sample{secret{plaintext}}}") == "hidden-91c4"
    files = [p for p in talk.bench.state.rglob("*") if p.is_file()]
    assert files
    assert not [
        p for p in files if b"hidden-91c4" in p.read_bytes() and p.suffix not in {".py", ".pyc"}
    ]


def test_errors(talk: Talk) -> None:
    with pytest.raises(EngineError, match=r"^FunctionError: went wrong$"):
        talk.ask('{sample{raises(text:"went wrong")}}')
    with pytest.raises(EngineError, match="gone"):
        talk.ask("{sample{asksWrongly}}")
    with pytest.raises(EngineError, match="exit code: 4") as caught:
        talk.ask("{sample{leaves(code:4)}}")
    assert "'exitCode': 4" in caught.value.hint
    assert "last words" in caught.value.hint


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("wrong", "^sample: wrong: 'seven' was answered, but the type is Integer$"),
        ("empty", "^sample: empty, item 2: None was answered, but the type is String$"),
        (
            "mistaken{entries}",
            "^sample: mistaken: a Container was answered, but the type is Directory$",
        ),
        (
            'broken(how:"other")',
            "^sample: broken: 'TCP' was answered, but the type is Tone, and Tone is one of LOUD, LOW$",
        ),
        (
            'broken(how:"text")',
            "^InvalidResultError: (.|\n)*\n'low' was answered, but .* one of LOUD, LOW$",
        ),
        ('broken(how:"none")', "\nNone was answered, but .* one of LOUD, LOW$"),
        (
            'platform(name:"linux/arm64", append:"/v8/x")',
            '^sample: platform: "linux/arm64/v8/x" is an invalid platform',
        ),
        (
            'platform(name:"tape")',
            'init arg "name": "tape": unknown operating system or architecture$',
        ),
    ],
)
def test_results_and_arguments_of_the_wrong_type(talk: Talk, query: str, message: str) -> None:
    with pytest.raises(EngineError, match=message):
        talk.ask(f"{{sample{{{query}}}}}")


def test_platforms_have_one_spelling(talk: Talk) -> None:
    assert talk.ask('{sample{platform(name:"linux/x86_64")}}') == "linux/amd64"
    assert talk.ask('{container(platform:"aarch64"){platform}}') == "linux/arm64"


def test_calls_of_a_session_share_a_trace(bench: Bench, module: Path) -> None:
    parent = f"00-{'ab' * 16}-{'cd' * 8}-00"
    traces = []
    for environment in ({}, {"TRACEPARENT": parent}):
        talk = Talk(bench, module, environment)
        talk.serve()
        calls = [talk.ask(f'{{sample{{variable(name:"TRACEPARENT", call:{n})}}}}') for n in (1, 2)]
        assert all(re.fullmatch("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]", call) for call in calls)
        assert len({call[:35] for call in calls}) == 1
        assert calls[0] != calls[1]
        traces.append(calls[0])
        talk.close()
    assert traces[0].endswith("-01")
    assert traces[1].startswith(parent[:35])
    assert traces[1] != parent


def test_prints_are_progress_and_no_result(talk: Talk) -> None:
    assert talk.ask("{sample{prints}}") == 1
    logs = {(e["stream"], e["text"]) for e in talk.events if e["event"] == "log"}
    assert {("stdout", "to out\n"), ("stderr", "to err\n")} <= logs


def test_a_call_is_fast(talk: Talk) -> None:
    talk.ask('{sample{echo(text:"warm")}}')
    times = []
    for number in range(5):
        started = time.monotonic()
        assert talk.ask(f'{{sample{{echo(text:"{number}")}}}}') == str(number)
        times.append(time.monotonic() - started)
    assert (
        min(times) < 0.5
    )  # 0.05 on an idle machine; a fresh interpreter would take more than a second


def test_known_source_is_described_without_running_it(bench: Bench, module: Path) -> None:
    described = Talk(bench, module)
    described.serve()
    bench.stop()
    bench.start()
    talk = Talk(bench, module)
    started = time.monotonic()
    assert talk.serve()["main"] == "Sample"
    assert time.monotonic() - started < 0.5
    talk.close()


def test_broken_source_names_file_and_line(bench: Bench, module: Path, tmp_path: Path) -> None:
    shutil.copytree(module, tmp_path / "broken")
    code = tmp_path / "broken/src/sample/__init__.py"
    lines = code.read_text().count("\n")
    with code.open("a") as file:
        file.write("def broken(:\n")
    talk = Talk(bench, tmp_path / "broken")
    with pytest.raises(
        ModuleLoadError, match=f"ModuleLoadError: invalid syntax.*\n{code}, line {lines + 1}"
    ):
        talk.serve()
    code.write_text("")
    with pytest.raises(ModuleLoadError, match="has no attribute 'Sample'"):
        talk.serve()
    talk.close()


BACKEND = """
import os, zipfile

def build_wheel(folder, config_settings=None, metadata_directory=None):
    if os.path.exists("broken"):
        raise SystemExit("this build does not work")
    name = "only_source-1.0-py3-none-any.whl"
    seen = {"user": os.geteuid(), "engine": os.path.exists(ENGINE), "home": os.path.exists(HOME)}
    with zipfile.ZipFile(os.path.join(folder, name), "w") as made:
        made.writestr("only_source.py", f"seen = {seen!r}")
        info = "only_source-1.0.dist-info"
        made.writestr(f"{info}/METADATA", "Metadata-Version: 2.1\\nName: only-source\\nVersion: 1.0\\n")
        made.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n")
        made.writestr(f"{info}/RECORD", "")
    return name
"""


def source_distribution(folder: Path, files: dict[str, str]) -> None:
    folder.mkdir()
    with tarfile.open(folder / "only_source-1.0.tar.gz", "w:gz") as archive:
        for name, text in files.items():
            entry = tarfile.TarInfo(f"only_source-1.0/{name}")
            entry.size = len(text.encode())
            archive.addfile(entry, io.BytesIO(text.encode()))


@pytest.mark.parametrize("broken", [False, True])
def test_packages_without_a_wheel_are_built_locked_in(
    bench: Bench, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, broken: bool
) -> None:
    source = f"ENGINE, HOME = {str(bench.state)!r}, {str(tmp_path / 'module')!r}\n{BACKEND}"
    files = {
        "pyproject.toml": '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
        '[project]\nname = "only-source"\nversion = "1.0"\n',
        "backend.py": source,
        "PKG-INFO": "Metadata-Version: 2.2\nName: only-source\nVersion: 1.0\n",
        **({"broken": ""} if broken else {}),
    }
    source_distribution(tmp_path / "archives", files)
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "archives"))
    monkeypatch.setenv("UV_NO_INDEX", "1")
    folder = tmp_path / "module"
    folder.mkdir()
    (folder / "dagger.json").write_text('{"name": "builds", "sdk": "python"}')
    wanted = f'"only-source{">0" if broken else ""}"'
    (folder / "pyproject.toml").write_text(f'[project]\nname = "m"\ndependencies = [{wanted}]')
    (folder / "m.py").write_text(
        "from dagger import function, object_type\n"
        "@object_type\nclass Builds:\n    @function\n    def seen(self) -> str:\n"
        "        import only_source\n        return str(only_source.seen)\n"
    )
    talk = Talk(bench, folder)
    if broken:
        with pytest.raises(ModuleEnvironmentError, match="this build does not work") as caught:
            talk.serve()
        assert "as a user without rights" in caught.value.hint
    else:
        talk.serve()
        seen = talk.ask("{builds{seen}}")
        assert seen == str({"user": USER, "engine": False, "home": False})
        (made,) = (bench.state / "packages").iterdir()
        assert {path.stat().st_uid for path in (made, *made.rglob("*"))} == {0}
    talk.close()
