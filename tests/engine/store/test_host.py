"""Host directories: what is taken, and that only what changed is read again."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from portable_dagger.errors import DiskFullError, NotFoundError
from portable_dagger.store.content import content_digest, read_digest
from portable_dagger.store.filter import Filter
from portable_dagger.store.host import import_directory, import_file
from portable_dagger.store.store import Store
from portable_dagger.store.tree import Tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from portable_dagger.store.snapshot import Snapshot


@pytest.fixture
def source(tmp_path: Path) -> Path:
    top = tmp_path / "source"
    (top / "src/cache").mkdir(parents=True)
    (top / "src/main.py").write_text("print(1)\n")
    (top / "src/cache/x.pyc").write_text("x")
    (top / "notes.md").write_text("notes\n")
    (top / "link").symlink_to("src/main.py")
    (top / ".gitignore").write_text("cache/\n*.md\n")
    (top / "empty").mkdir()
    os.mkfifo(top / "pipe")
    return top


def paths(store: Store, snapshot: Snapshot) -> list[str]:
    return [entry.path for entry in Tree(store.layer_paths(snapshot)).walk()]


def test_everything_but_pipes(store: Store, source: Path) -> None:
    assert paths(store, import_directory(store, source)) == [
        "/.gitignore",
        "/empty",
        "/link",
        "/notes.md",
        "/src",
        "/src/cache",
        "/src/main.py",
        "/src/cache/x.pyc",
    ]


def test_include_exclude_and_gitignore(store: Store, source: Path) -> None:
    python = import_directory(store, source, Filter(include=("**/*.py",)))
    assert paths(store, python) == ["/src", "/src/main.py"]
    without = import_directory(store, source, Filter(exclude=("src", "empty", ".gitignore")))
    assert paths(store, without) == ["/link", "/notes.md"]
    tracked = import_directory(store, source, gitignore=True)
    assert paths(store, tracked) == ["/.gitignore", "/empty", "/link", "/src", "/src/main.py"]


def test_equal_content_is_one_layer_and_unchanged_files_are_not_read_again(
    store: Store, source: Path
) -> None:
    first = import_directory(store, source)
    assert import_directory(store, source) == first
    (source / "notes.md").write_text("other\n")
    second = import_directory(store, source)
    assert second != first
    before = Tree(store.layer_paths(first)).lookup("/src/main.py")
    after = Tree(store.layer_paths(second)).lookup("/src/main.py")
    assert before is not None
    assert after is not None
    assert before.stat.st_ino == after.stat.st_ino
    (source / "notes.md").write_text("notes\n")
    assert import_directory(store, source) == first


def edits(top: Path) -> list[Callable[[], object]]:
    """What may happen to a directory between two imports, one after the other."""
    return [
        lambda: (top / "src/new.py").write_text("new\n"),
        (top / "notes.md").unlink,
        (top / "empty").rmdir,
        lambda: (top / "src/main.py").chmod(0o755),
        lambda: shutil.rmtree(top / "src/cache"),
        lambda: (top / "src/cache").write_text("a file now\n"),
        lambda: ((top / "link").unlink(), (top / "link").symlink_to("elsewhere")),
        lambda: ((top / "src/cache").unlink(), (top / "src/cache/deep/er").mkdir(parents=True)),
        lambda: (top / "src/cache/deep/er/file").write_text("deep\n"),
        lambda: (shutil.rmtree(top / "src"), (top / "src").write_text("a file now\n")),
        lambda: os.utime(top / "src", (1, 1)),
        lambda: [(top / f"many{n}").write_text(str(n)) for n in range(100)],
    ]


def test_a_difference_gives_what_a_first_import_gives(
    store: Store, source: Path, tmp_path: Path
) -> None:
    import_directory(store, source)
    for number, edit in enumerate(edits(source)):
        edit()
        later = import_directory(store, source)
        with contextlib.closing(Store(tmp_path / f"fresh{number}")) as fresh:
            anew = import_directory(fresh, source)
            assert paths(store, later) == paths(fresh, anew)
            digest = read_digest(fresh, anew)
            assert read_digest(store, later) == digest
            assert content_digest(store, later) == content_digest(fresh, anew) == digest


def test_what_is_not_there_is_named(store: Store, source: Path) -> None:
    with pytest.raises(NotFoundError, match="no such file or directory"):
        import_directory(store, source / "never")
    with pytest.raises(NotFoundError, match="is a file, not a directory"):
        import_directory(store, source / "notes.md")
    with pytest.raises(NotFoundError, match="is a directory, not a file"):
        import_file(store, source / "src")
    snapshot, path = import_file(store, source / "notes.md")
    assert Tree(store.layer_paths(snapshot)).read_bytes(path) == b"notes\n"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=512k", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


@pytest.mark.skipif(os.geteuid() != 0, reason="mounting a small disk needs root")
def test_a_disk_that_becomes_full_within_a_file_gives_no_snapshot(
    tmp_path: Path, small_disk: Path
) -> None:
    top = tmp_path / "source"
    top.mkdir()
    (top / "data").write_bytes(bytes(range(256)) * 3000)
    store = Store(small_disk / "store")
    try:
        for _ in range(2):
            with pytest.raises(DiskFullError):
                import_directory(store, top)
        assert not list((store.root / "stages").iterdir())
        (top / "data").write_bytes(b"small")
        found = import_directory(store, top)
        assert read_of(store, found, "data") == b"small"
    finally:
        store.close()


def read_of(store: Store, snapshot: Snapshot, path: str) -> bytes:
    entry = Tree(store.layer_paths(snapshot)).lookup(path)
    assert entry is not None
    return entry.source.read_bytes()


def test_a_file_that_changed_in_a_folder_that_did_not_below_one_that_did(
    store: Store, source: Path
) -> None:
    """As `git commit` does: .git has another time, .git/logs has not, .git/logs/HEAD has another content."""
    folder = source / "src" / "cache"
    import_directory(store, source)
    times = folder.stat()
    (source / "src" / "new.py").write_text("print(2)\n")
    (folder / "x.pyc").write_text("other")
    os.utime(folder, ns=(times.st_atime_ns, times.st_mtime_ns))

    second = import_directory(store, source)

    assert Tree(store.layer_paths(second)).read_bytes("/src/cache/x.pyc") == b"other"
    assert content_digest(store, second) == content_digest(store, import_copy(store, source))


def import_copy(store: Store, source: Path) -> Snapshot:
    """Import the same files from elsewhere, where nothing is known yet."""
    shutil.copytree(source, source.parent / "copy", symlinks=True, copy_function=copied)
    return import_directory(store, source.parent / "copy")


def copied(source: str, target: str) -> None:
    if not source.endswith("pipe"):
        shutil.copy2(source, target, follow_symlinks=False)


def test_imports_of_one_folder_at_once_do_not_disturb_each_other(
    store: Store, source: Path
) -> None:
    with ThreadPoolExecutor(8) as pool:
        for number in range(20):
            (source / "src/main.py").write_text(f"print({number})\n")
            taken = list(pool.map(lambda _: import_directory(store, source), range(8)))

            assert {content_digest(store, each, "/") for each in taken} == {
                content_digest(store, import_directory(store, source), "/")
            }
