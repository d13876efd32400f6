"""Packages that a module brings along."""

import asyncio
import os
import zipfile
from pathlib import Path

import pytest

from portable_dagger.errors import ModuleEnvironmentError
from portable_dagger.modules import environment, source


def module(folder: Path, dependencies: str) -> source.ModuleSource:
    (folder / "dagger.json").write_text('{"name": "m", "sdk": "python"}')
    (folder / "pyproject.toml").write_text(
        f'[project]\nname = "m"\ndependencies = [{dependencies}]'
    )
    return source.find(folder)


def wheel(folder: Path, name: str) -> None:
    """Make a wheel by hand: a zip with one Python file and its metadata."""
    info = f"{name}-1.0.dist-info"
    with zipfile.ZipFile(folder / f"{name}-1.0-py3-none-any.whl", "w") as archive:
        archive.writestr(f"{name}.py", "answer = 42\n")
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n")
        archive.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        archive.writestr(f"{info}/RECORD", "")


def test_provided_packages_are_those_of_the_sdk() -> None:
    names = {line.partition("==")[0] for line in environment.provided()}
    assert {"dagger-io", "gql", "graphql-core", "httpx", "cattrs"} <= names
    assert "pytest" not in names


def test_modules_without_packages_need_no_folder(tmp_path: Path) -> None:
    plain = module(tmp_path, '"dagger-io"')
    assert asyncio.run(environment.install(plain, tmp_path / "packages", {})) is None


def test_installed_once(tmp_path: Path) -> None:
    wheels = tmp_path / "wheels"
    wheels.mkdir()
    wheel(wheels, "only_here")
    wanting = module(tmp_path, '"dagger-io", "only_here"')
    host = {**os.environ, "UV_FIND_LINKS": str(wheels), "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}
    folder = asyncio.run(environment.install(wanting, tmp_path / "packages", host))
    assert folder is not None
    assert (folder / "only_here.py").read_text() == "answer = 42\n"
    (wheels / "only_here-1.0-py3-none-any.whl").unlink()
    assert asyncio.run(environment.install(wanting, tmp_path / "packages", host)) == folder
    assert list((tmp_path / "packages").iterdir()) == [folder]


def test_missing_package(tmp_path: Path) -> None:
    wanting = module(tmp_path, '"not-there"')
    host = {**os.environ, "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}
    with pytest.raises(ModuleEnvironmentError, match="not-there") as caught:
        asyncio.run(environment.install(wanting, tmp_path / "packages", host))
    assert "pyproject.toml" in caught.value.hint
    assert list((tmp_path / "packages").iterdir()) == []


def test_package_index_of_the_host(tmp_path: Path) -> None:
    system, user = tmp_path / "system.conf", tmp_path / "user.conf"
    system.write_text("[global]\nindex-url = http://one.test/simple\nextra-index-url =\n  a\n  b\n")
    user.write_text("[global]\nindex-url = http://two.test/simple%20x\n")
    assert environment.package_index({}, [system, user]) == {
        "UV_DEFAULT_INDEX": "http://two.test/simple%20x",
        "UV_INDEX": "a b",
    }
    assert environment.package_index({"PIP_INDEX_URL": "p"}, [system]) == {
        "UV_DEFAULT_INDEX": "p",
        "UV_INDEX": "a b",
    }
    assert environment.package_index({"UV_DEFAULT_INDEX": "u", "PIP_INDEX_URL": "p"}, []) == {
        "UV_DEFAULT_INDEX": "u"
    }


@pytest.mark.parametrize("line", ["-e {0}", "--editable={0}", "only-source @ file://{0}"])
def test_nothing_is_built_on_the_host(tmp_path: Path, line: str) -> None:
    project = tmp_path / "only-source"
    project.mkdir()
    (project / "setup.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    wanting = module(tmp_path, "")
    (tmp_path / "requirements.lock").write_text(line.format(project))
    host = {**os.environ, "UV_NO_INDEX": "1", "UV_OFFLINE": "1"}
    with pytest.raises(ModuleEnvironmentError, match="is disabled"):
        asyncio.run(environment.install(wanting, tmp_path / "packages", host))
    assert not (tmp_path / "ran").exists()


def test_locks_include_no_other_files(tmp_path: Path) -> None:
    wanting = module(tmp_path, "")
    (tmp_path / "requirements.lock").write_text("-r /etc/hostname")
    with pytest.raises(ModuleEnvironmentError, match="cannot include other files"):
        asyncio.run(environment.install(wanting, tmp_path / "packages", dict(os.environ)))
