"""Finding modules, what of them is loaded, and their digests."""

import json
import shutil
from pathlib import Path

import pytest

from portable_dagger.errors import ModuleConfigError, ModuleNotFoundAtPathError, QueryError
from portable_dagger.modules import content, source


def write(root: Path, files: dict[str, str]) -> None:
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git work tree with a module in `ci`."""
    write(
        tmp_path,
        {
            ".git/HEAD": "ref: refs/heads/main",
            "app/main.py": "",
            "data/a.txt": "a",
            "data/b.tmp": "b",
            "ci/dagger.json": json.dumps({"name": "ci", "sdk": "python"}),
            "ci/pyproject.toml": '[project]\nname = "ci"',
            "ci/src/ci/__init__.py": "x = 1\n",
            "ci/src/ci/__pycache__/old.pyc": "",
            "ci/sdk/pyproject.toml": "",
            "ci/.venv/bin/python": "",
        },
    )
    return tmp_path


def test_found_from_below_and_the_context_is_the_work_tree(repository: Path) -> None:
    module = source.find(repository / "ci/src/ci")
    assert module.root == repository / "ci"
    assert module.context == repository
    assert module.search_path == ("/src/ci/src", "/src/ci")
    assert module.host_path("/src/ci/src/ci/x.py") == repository / "ci/src/ci/x.py"


def test_without_git_the_context_is_the_module(tmp_path: Path) -> None:
    write(tmp_path, {"dagger.json": '{"name": "m"}'})
    module = source.find(tmp_path)
    assert module.context == tmp_path
    assert module.search_path == ("/src/src", "/src")


def test_loaded_files(repository: Path) -> None:
    files = source.collect(source.find(repository / "ci"))
    assert files.paths == ("ci/dagger.json", "ci/pyproject.toml", "ci/src/ci/__init__.py")


def test_include(repository: Path) -> None:
    config = {"name": "ci", "include": ["../data", "../app/*.py", "!../data/*.tmp"]}
    write(repository, {"ci/dagger.json": json.dumps(config)})
    files = source.collect(source.find(repository / "ci"))
    assert files.paths == (
        "app/main.py",
        "ci/dagger.json",
        "ci/pyproject.toml",
        "ci/src/ci/__init__.py",
        "data/a.txt",
    )


def test_digest_follows_content_names_and_modes_only(repository: Path) -> None:
    module = source.find(repository / "ci")
    code = repository / "ci/src/ci/__init__.py"
    first = source.collect(module).digest
    code.touch()
    write(repository, {"app/main.py": "other"})
    assert source.collect(module).digest == first
    code.write_text("x = 2\n")
    second = source.collect(module).digest
    code.chmod(0o755)
    third = source.collect(module).digest
    write(repository, {"ci/notes.txt": ""})
    assert len({first, second, third, source.collect(module).digest}) == 4


def test_two_that_materialise_the_same_at_once_both_have_it(
    repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = source.find(repository / "ci")
    files = source.collect(module)
    folder = tmp_path / "store" / files.digest
    copy = source._copy  # noqa: SLF001

    def copy_while_another_is_done(of: Path, to: Path) -> None:
        monkeypatch.setattr(source, "_copy", copy)
        source.materialise(module, files, folder)
        copy(of, to)

    monkeypatch.setattr(source, "_copy", copy_while_another_is_done)
    assert source.materialise(module, files, folder) == folder
    assert [entry.name for entry in folder.parent.iterdir()] == [files.digest]


def test_materialised_copy_is_readable_and_compiled(repository: Path, tmp_path: Path) -> None:
    (repository / "ci/src/ci/__init__.py").chmod(0o600)
    (repository / "ci/src/ci/link").symlink_to("__init__.py")
    write(repository, {"ci/src/ci/broken.py": "def x(:\n"})
    module = source.find(repository / "ci")
    files = source.collect(module)
    folder = source.materialise(module, files, tmp_path / "store" / files.digest)
    package = folder / "ci/src/ci"
    assert (package / "__init__.py").stat().st_mode & 0o777 == 0o644
    assert (package / "link").readlink() == Path("__init__.py")
    assert [p.name.partition(".")[0] for p in (package / "__pycache__").iterdir()] == ["__init__"]
    assert [p.name for p in (tmp_path / "store").iterdir()] == [files.digest]
    assert source.materialise(module, files, folder) == folder


def test_no_module(tmp_path: Path) -> None:
    with pytest.raises(ModuleNotFoundAtPathError, match="the path does not exist"):
        source.find(tmp_path / "gone")
    with pytest.raises(
        ModuleNotFoundAtPathError, match=r"no dagger\.json in .* nor in a folder above"
    ):
        source.find(tmp_path)


@pytest.mark.parametrize(
    ("config", "problem"),
    [
        ({"name": "m", "source": ".."}, 'key "source": .. lies outside'),
        ({"name": "m", "source": "code"}, 'key "source": there is no folder'),
        ({"name": "m", "include": ["../*"]}, 'key "include": ../\\* lies outside'),
    ],
)
def test_bad_configuration(tmp_path: Path, config: dict[str, object], problem: str) -> None:
    write(tmp_path, {"m/dagger.json": json.dumps(config)})
    with pytest.raises(ModuleConfigError, match=problem):
        source.collect(source.find(tmp_path / "m"))


@pytest.mark.parametrize("link", ["dagger.json", "pyproject.toml", "code", "shared"])
def test_links_that_lead_out_are_refused(tmp_path: Path, link: str) -> None:
    config = json.dumps({"name": "m", "source": "code", "include": ["shared/*"]})
    write(tmp_path, {"host/x": "", "m/dagger.json": config, "m/code/a.py": "", "m/shared/b": ""})
    place = tmp_path / "m" / ("code/pyproject.toml" if link == "pyproject.toml" else link)
    target = tmp_path / "host"
    if place.is_dir():
        shutil.rmtree(place)
    else:
        place.unlink(missing_ok=True)
        target /= "dagger.json"
        target.write_text(config)
    place.symlink_to(target)
    with pytest.raises(ModuleConfigError, match=r"a link leads out of|lies outside"):
        source.collect(source.find(tmp_path / "m", tmp_path / "m"))


def test_nothing_above_the_context_directory_is_looked_at(tmp_path: Path) -> None:
    write(tmp_path, {"dagger.json": '{"name": "above"}', "m/x": ""})
    assert source.find(tmp_path / "m").config.name == "above"
    with pytest.raises(ModuleNotFoundAtPathError, match=r"no dagger\.json"):
        source.find(tmp_path / "m", tmp_path / "m")
    with pytest.raises(ModuleNotFoundAtPathError, match="leads out of"):
        source.find(tmp_path, tmp_path / "m")


def test_default_paths_do_not_follow_links_out(tmp_path: Path) -> None:
    write(tmp_path, {"host/x": "", "m/dagger.json": '{"name": "m"}', "m/data/y": ""})
    (tmp_path / "m/link").symlink_to("../host")
    (tmp_path / "m/near").symlink_to("data")
    module = source.find(tmp_path / "m", tmp_path / "m")
    assert content.contextual(module, "near").resolve() == tmp_path / "m/data"
    with pytest.raises(QueryError, match="leads out of"):
        content.contextual(module, "link/x")


@pytest.mark.parametrize(
    ("dependency", "missing"),
    [("tools/other", True), ("tools/here", False), ("github.com/org/repo/sub@v1", False)],
)
def test_dependencies_at_local_paths_exist(
    tmp_path: Path, dependency: str, *, missing: bool
) -> None:
    config = {"name": "m", "dependencies": [dependency]}
    write(
        tmp_path, {"dagger.json": json.dumps(config), "tools/here/dagger.json": '{"name": "here"}'}
    )
    module = source.find(tmp_path)
    if missing:
        with pytest.raises(ModuleConfigError, match="there is no module at tools/other"):
            source.local(module, module.config.dependencies[0])
    else:
        found = source.local(module, module.config.dependencies[0])
        assert found == (None if "@" in dependency else tmp_path / dependency)


def test_two_may_put_the_same_folder_in_its_place(tmp_path: Path) -> None:
    for name in ("first", "second"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "file").write_text(name)
    source.put(tmp_path / "first", tmp_path / "place")
    source.put(tmp_path / "second", tmp_path / "place")
    assert (tmp_path / "place/file").read_text() == "first"
    with pytest.raises(FileNotFoundError):
        source.put(tmp_path / "second", tmp_path / "no/place")
