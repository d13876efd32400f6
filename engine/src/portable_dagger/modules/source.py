"""A module's source: where it lies, which of its files are loaded, and its digest.

The context directory is the git work tree that holds the module, else the folder of dagger.json. Loaded are
dagger.json, pyproject.toml and lock files beside it, the source folder, and what `include` names (brief, section 7.1).
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import posixpath
import py_compile
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Final

from portable_dagger.errors import ModuleConfigError, ModuleNotFoundAtPathError
from portable_dagger.modules.config import (
    FILE_NAME,
    Dependency,
    ModuleConfig,
    PythonProject,
    parse_config,
    parse_project,
)
from portable_dagger.store.pattern import Patterns

MOUNT: Final = PurePosixPath("/src")
"""Where a worker sees the context directory."""

_LOCKS: Final = ("uv.lock", "requirements.lock")
_BESIDE: Final = (FILE_NAME, "pyproject.toml", *_LOCKS)
_SKIPPED: Final = frozenset(
    {".git", ".venv", "__pycache__", ".mypy_cache", ".ruff_cache", ".pytest_cache"}
)
_VENDORED: Final = "sdk"
"""A copy of the SDK that the reference tool leaves in modules; never loaded."""


@dataclass(frozen=True, slots=True)
class ModuleSource:
    """A module on the host. `root` is the folder of dagger.json, `context` the folder that holds what it may load."""

    root: Path
    context: Path
    config: ModuleConfig
    project: PythonProject

    @property
    def source(self) -> Path:
        """The folder with the module's code."""
        return self.root / self.config.source

    @property
    def mounted_source(self) -> PurePosixPath:
        """The folder with the module's code as a worker sees it."""
        return MOUNT / self.source.relative_to(self.context).as_posix()

    @property
    def search_path(self) -> tuple[str, ...]:
        """What a worker puts on Python's search path: `src` in the source folder, and that folder itself."""
        return str(self.mounted_source / "src"), str(self.mounted_source)

    @property
    def lock(self) -> Path | None:
        """The lock file of the module's dependencies, if there is one."""
        found = next((self.source / n for n in _LOCKS if (self.source / n).is_file()), None)
        return inside(found, self.context) if found else None

    def host_path(self, mounted: str) -> Path:
        """Return the host's name of a path below the mount, for messages."""
        return self.context / PurePosixPath(mounted).relative_to(MOUNT)


@dataclass(frozen=True, slots=True)
class SourceFiles:
    """The files that a module loads: paths relative to the context directory, sorted, and a digest of everything."""

    paths: tuple[str, ...]
    digest: str


def find(path: Path, within: Path | None = None) -> ModuleSource:
    """Return the module at `path` or the nearest one above it.

    `within` is the context directory where that is known, and no folder above it is looked at. Raises
    ModuleNotFoundAtPathError when there is none, ModuleConfigError when its files cannot be read.
    """
    if not path.exists():
        raise ModuleNotFoundAtPathError(
            f"there is no module at {path}: the path does not exist", "check -m/--mod"
        )
    start, within = path.resolve(), within.resolve() if within else None
    if within and not start.is_relative_to(within):
        raise ModuleNotFoundAtPathError(
            f"{path} leads out of {within}", "a module must lie in its context directory"
        )
    for folder in (start, *start.parents):
        if (folder / FILE_NAME).is_file():
            return _read(folder, within)
        if folder == within:
            break
    raise ModuleNotFoundAtPathError(
        f"no {FILE_NAME} in {start} nor in a folder above it",
        "go to the folder of a module, or name one with -m/--mod",
    )


def context_of(root: Path) -> Path:
    """Return the context directory of a folder: the git work tree that holds it, else the folder itself."""
    return next((f for f in (root, *root.parents) if (f / ".git").exists()), root)


def inside(path: Path, context: Path) -> Path:
    """Return a path that lies in a context directory, its links followed; ModuleConfigError when one leads out.

    Modules come from others too: no link in one may lead the engine, which may read everything, to the host's files.
    """
    if not path.resolve().is_relative_to(context.resolve()):
        raise ModuleConfigError(
            f"{path}: a link leads out of {context}", "put a copy in the place of the link"
        )
    return path


def collect(module: ModuleSource) -> SourceFiles:
    """List and hash what the module loads."""
    found = {
        p for name in _BESIDE for p in (module.root / name, module.source / name) if p.is_file()
    }
    if module.config.sdk or not module.config.toolchains:
        found |= _below(module.source, skip=frozenset({_VENDORED}))
    paths = {p.relative_to(module.context).as_posix() for p in found}
    for pattern in module.config.include:
        text = _anchored(module, pattern.removeprefix("!"))
        rule = Patterns((text,))
        if pattern.startswith("!"):
            paths = {path for path in paths if not rule.match(path)}
        else:
            top = inside(module.context / _fixed_part(text), module.context)
            below = _below(top) if top.is_dir() else {top}
            candidates = {p.relative_to(module.context).as_posix() for p in below}
            paths |= {path for path in candidates if rule.match(path)}
    loaded = sorted(p for p in paths if _is_loadable(module.context / p))
    return SourceFiles(tuple(loaded), _digest(module, loaded))


def materialise(module: ModuleSource, files: SourceFiles, folder: Path) -> Path:
    """Copy the files to `folder`, readable for everybody and with byte code, unless it exists; return it.

    Workers have rights of their own, and an edit during a call must not reach it: so they see this copy.
    """
    if folder.is_dir():
        return folder
    folder.parent.mkdir(parents=True, exist_ok=True)
    stage = Path(tempfile.mkdtemp(dir=folder.parent, prefix=".stage-"))
    try:
        for path in files.paths:
            _copy(module.context / path, stage / path)
            if path.endswith(".py"):
                _compile(stage / path, str(MOUNT / path))
        for parent, _, _ in os.walk(stage):
            Path(parent).chmod(0o755)
        put(stage, folder)
    finally:
        shutil.rmtree(stage, ignore_errors=True)
    return folder


def put(made: Path, folder: Path) -> None:
    """Put a folder in its place, unless somebody else was quicker: what is there then is the same."""
    try:
        made.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def local(module: ModuleSource, dependency: Dependency, key: str = "dependencies") -> Path | None:
    """Return the folder of a dependency in the module's own repository; None for one in another repository.

    `key` says where dagger.json names it.

    Raises ModuleConfigError when there is no module, or when it lies outside of the context directory.
    """
    first = dependency.source.split("/")[0]
    if "." in first.strip(".") or "@" in dependency.source or "://" in dependency.source:
        return None
    folder = Path(os.path.normpath(module.root / dependency.source))
    where = f'{module.root / FILE_NAME}: key "{key}": '
    if not folder.is_relative_to(module.context):
        raise ModuleConfigError(f"{where}{dependency.source} lies outside {module.context}")
    if not (folder / FILE_NAME).is_file():
        raise ModuleConfigError(
            f"{where}there is no module at {dependency.source}",
            f"correct the path; it is relative to {module.root}",
        )
    return folder


def _read(root: Path, within: Path | None) -> ModuleSource:
    file = root / FILE_NAME
    context = within or context_of(root)
    config = parse_config(_text(inside(file, context)), file)
    source = Path(os.path.normpath(root / config.source))
    if not (source.is_relative_to(context) and source.resolve().is_relative_to(context)):
        raise ModuleConfigError(f'{file}: key "source": {config.source} lies outside {context}')
    if not source.is_dir():
        raise ModuleConfigError(f'{file}: key "source": there is no folder {source}')
    pyproject = source / "pyproject.toml"
    project = PythonProject()
    if pyproject.is_file():
        project = parse_project(_text(inside(pyproject, context)), pyproject)
    return ModuleSource(root, context, config, project)


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise ModuleConfigError(
            f"{file}: not UTF-8: {error.reason} at byte {error.start}"
        ) from error


def _below(folder: Path, skip: frozenset[str] = frozenset()) -> set[Path]:
    found: set[Path] = set()
    for parent, folders, names in os.walk(folder):
        base = Path(parent)
        links = [name for name in folders if (base / name).is_symlink()]
        folders[:] = [n for n in folders if n not in _SKIPPED and n not in skip and n not in links]
        found.update(base / name for name in (*names, *links))
        skip = frozenset()
    return found


def _anchored(module: ModuleSource, pattern: str) -> str:
    """Return a pattern relative to dagger.json as one relative to the context directory."""
    root = module.root.relative_to(module.context).as_posix()
    anchored = posixpath.normpath(posixpath.join(root, pattern))
    if anchored.split("/")[0] == "..":
        file = module.root / FILE_NAME
        raise ModuleConfigError(f'{file}: key "include": {pattern} lies outside {module.context}')
    return anchored


def _fixed_part(pattern: str) -> str:
    """Return the leading folders of a pattern that hold no wildcard."""
    parts = pattern.split("/")
    wild = [index for index, part in enumerate(parts) if any(c in part for c in "*?[")]
    return "/".join(parts[: wild[0]] if wild else parts)


def _is_loadable(path: Path) -> bool:
    return path.is_symlink() or path.is_file()


def _digest(module: ModuleSource, paths: list[str]) -> str:
    whole = hashlib.sha256(f"{module.root.relative_to(module.context)}\0".encode())
    for path in paths:
        file = module.context / path
        mode = file.lstat().st_mode
        if file.is_symlink():
            kind, content = "link", os.fsencode(file.readlink())
        else:
            kind = "program" if mode & 0o100 else "file"
            content = file.read_bytes()
        whole.update(f"{path}\0{kind}\0{hashlib.sha256(content).hexdigest()}\n".encode())
    return whole.hexdigest()


def _copy(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_symlink():
        target.symlink_to(source.readlink())
        return
    shutil.copyfile(source, target)
    target.chmod(0o755 if source.stat().st_mode & 0o100 else 0o644)


def _compile(file: Path, shown: str) -> None:
    """Write byte code beside a file; a file that does not compile says so when it is imported."""
    with contextlib.suppress(py_compile.PyCompileError):
        py_compile.compile(
            str(file),
            dfile=shown,
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
