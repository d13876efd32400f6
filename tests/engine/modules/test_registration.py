"""Errors of loading say where, and what to do."""

from portable_dagger.modules.loaded import LoadedModule
from portable_dagger.modules.registration import load_error

TRACE = """Traceback (most recent call last):
  File "/src/src/my_mod/__init__.py", line 1, in <module>
    from .main import MyMod
  File "/src/src/my_mod/main.py", line 12
    def broken(:
               ^
SyntaxError: invalid syntax

The above exception was the direct cause of the following exception:

  File "/venv/dagger/mod/cli.py", line 63, in load_module
    raise ModuleLoadError(str(e)) from e
"""


def test_the_last_place_in_the_module_is_named(loaded: LoadedModule) -> None:
    error = load_error(loaded, "ModuleLoadError: invalid syntax (main.py, line 12)", TRACE)
    assert str(error) == (
        "module 'my-mod' cannot be loaded: ModuleLoadError: invalid syntax (main.py, line 12)\n"
        f"{loaded.source.root}/src/my_mod/main.py, line 12"
    )
    assert error.hint


def test_a_missing_main_class(loaded: LoadedModule) -> None:
    error = load_error(loaded, "ModuleLoadError: module 'my_mod' has no attribute 'MyMod'", "")
    text = str(error)
    assert "looked for in the Python package 'my_mod'" in text
    assert f"Other ({loaded.source.root}/src/my_mod/__init__.py, line 2)" in text
    assert error.hint.startswith("decorate a class MyMod with @object_type")
