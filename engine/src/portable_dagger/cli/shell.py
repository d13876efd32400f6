"""`dagger -c`, script files and the prompt: pipelines of functions. The language is in `script.py`."""

from __future__ import annotations

import contextlib
import os
import sys
from typing import TYPE_CHECKING

from portable_dagger.cli import display, engine_process, queries, terminal
from portable_dagger.cli import help as help_texts
from portable_dagger.cli.call import answer, objects
from portable_dagger.cli.chain import Call, Chain, visible
from portable_dagger.cli.client import Session
from portable_dagger.cli.flags import Literal, quoted
from portable_dagger.cli.module_root import API_ROOT, load, types
from portable_dagger.cli.positional import read
from portable_dagger.cli.query import has_module
from portable_dagger.cli.script import IncompleteError, Statement, Substitution, Variable, parse
from portable_dagger.cli.suggestions import nearest
from portable_dagger.errors import CommandLineError, EngineError

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given
    from portable_dagger.cli.positional import Word as Argument
    from portable_dagger.cli.script import Part, Word
    from portable_dagger.cli.typedefs import Function, Module

Value = str | Chain
"""What a pipeline or variable holds: a text, or an object that no one has asked for yet."""

PROMPT, MORE = "dagger> ", "      > "
BUILT_IN = (
    [".doc [FUNCTION]", "what a function, or the object before the |, is and takes"],
    [".echo [WORD …]", "print the words"],
    [".exit", "leave the prompt"],
    [".help", "this list, and the functions to start with"],
)


def run(given: Given, arguments: list[str]) -> int:
    """Run what -c, a file or standard input gives; at a terminal, ask for more."""
    if len(arguments) > 1:
        raise CommandLineError(f'unexpected argument "{arguments[1]}"', "one script can be run")
    texts = given.get("command", [])
    prompting = not texts and not arguments and sys.stdin.isatty()
    # What does not parse needs no engine.
    scripts = [] if prompting else [parse(t) for t in texts or [_text(arguments)]]
    with Session(display.renderer(given), given, offer=terminal.offered(given)) as session:
        module = None
        if "no-mod" not in given and ("mod" in given or has_module(os.getcwd())):
            module = load(session, given)
        shell = Shell(session, module, given)
        with contextlib.suppress(EOFError):  # .exit
            for script in scripts:
                shell.run(script)
        if prompting:
            _prompt(session, shell)
    return 0


class Shell:
    """Evaluates statements; variables last."""

    def __init__(self, session: Session, module: Module | None, given: Given) -> None:
        self._session = session
        self._module = module
        self._given = given
        self._types = types(session)
        self._variables: dict[str, Value] = {}

    def run(self, script: tuple[Statement, ...]) -> None:
        """Run statements and print what each gives."""
        for statement in script:
            self._print(self._evaluate(statement))

    def _print(self, value: Value) -> None:
        if isinstance(value, Chain):
            value = answer(self._session, value, self._given).text
        sys.stdout.write(value)
        if value and not value.endswith("\n") and sys.stdout.isatty():
            sys.stdout.write("\n")
        sys.stdout.flush()

    def _evaluate(self, statement: Statement) -> Value:
        if statement.value is not None:
            self._variables[statement.name] = self._whole(statement.value)
            return ""
        first, *following = statement.pipeline
        value = self._start(first)
        for words in following:
            if isinstance(value, str):
                raise CommandLineError("only an object can stand before a |, not a text")
            name = self._plain(words[0])
            if name in {".doc", ".help"}:
                value = self._described(value, [self._plain(word) for word in words[1:]])
            else:
                value = self._extended(value, self._find(name, value), words[1:])
        return value

    def _start(self, words: tuple[Word, ...]) -> Value:
        """Evaluate the first command: a variable, a built-in, a function of the module or of the API."""
        if len(words) == 1 and words[0].parts and not isinstance(words[0].parts[0], str):
            return self._whole(words[0])
        name = self._plain(words[0])
        if name.startswith("."):
            return self._built_in(name, [self._plain(word) for word in words[1:]])
        base = self._base(name)
        if self._module and base is None:
            empty = Chain((), API_ROOT.returns, {}, help=False)
            return self._extended(empty, self._module.constructor, words[1:])
        assert base is not None
        return self._extended(base, self._find(name, base), words[1:])

    def _base(self, name: str) -> Chain | None:
        """Return what a first function is called on; None for the module's own constructor."""
        if self._module:
            constructor = self._module.constructor
            main = self._types.objects(constructor.returns.item.name or "")
            if any(f.command == name for f in visible(main)):
                made = read(constructor, [], self._types.members)
                return Chain((Call(constructor, made),), constructor.returns, {}, help=False)
            if constructor.command == name:
                return None
        return Chain((Call(API_ROOT, {}),), API_ROOT.returns, {}, help=False)

    def _functions(self, value: Chain) -> tuple[Function, ...]:
        if not value.returns.has_functions:
            return ()
        return self._types.objects(value.returns.item.name or "").functions

    def _find(self, name: str, value: Chain) -> Function:
        known = {function.command: function for function in self._functions(value)}
        if name not in known:
            found = nearest(name, known)
            hint = f"did you mean {' or '.join(found)}?" if found else "see: .help"
            kind = value.returns.item.name if known else "a text"
            where = "nothing here" if kind == "Query" else f"no function of {kind}"
            raise CommandLineError(f'"{name}" is {where}', hint)
        return known[name]

    def _extended(self, value: Chain, function: Function, words: tuple[Word, ...]) -> Chain:
        given = [argument for word in words for argument in self._arguments(word)]
        call = Call(function, read(function, given, self._types.members))
        returns = function.returns
        if function.name == "sync" and not function.args:
            return value
        if value.returns.element:
            returns = returns._replace(kind="LIST_KIND", element=returns)
        return Chain((*value.calls, call), returns, {}, help=False)

    def _arguments(self, word: Word) -> list[Argument]:
        """Return a word as an argument; one that is an object, or a flag with an object, becomes its ID."""
        parts = word.parts
        flag = parts[0] if len(parts) == 2 and isinstance(parts[0], str) else ""  # noqa: PLR2004
        if flag.startswith("--") and flag.endswith("="):
            value = self._part(parts[1])
            if isinstance(value, Chain) and value.returns.has_functions:
                return [flag[:-1], self._identity(value)]
            return [flag + self._text_of(value)]
        value = self._whole(word)
        if isinstance(value, Chain) and value.returns.has_functions:
            return [self._identity(value)]
        return [self._text_of(value)]

    def _whole(self, word: Word) -> Value:
        """Return the value of a word: an object if it is nothing but one."""
        if len(word.parts) == 1 and not (word.quoted and isinstance(word.parts[0], str)):
            return self._part(word.parts[0])
        return self._plain(word)

    def _plain(self, word: Word) -> str:
        return "".join(self._text_of(self._part(part)) for part in word.parts)

    def _part(self, part: Part) -> Value:
        if isinstance(part, Variable):
            value = self._variables.get(part.name, os.environ.get(part.name))
            if value is None:
                raise CommandLineError(f"${part.name} is not set", f"write {part.name}=… before")
            return value
        if isinstance(part, Substitution):
            value = ""
            for statement in part.script:
                value = self._evaluate(statement)
            return value
        return part

    def _text_of(self, value: Value) -> str:
        if isinstance(value, str):
            return value
        if value.returns.has_functions:
            raise CommandLineError(
                f"a {value.returns.item.name} is no text",
                "end its pipeline with a function that gives one",
            )
        return answer(self._session, value, {}).text.rstrip("\n")

    def _identity(self, value: Chain) -> Literal:
        data = self._session.query(
            queries.request(value.calls, objects(self._session, value.calls), "id")
        )
        return Literal(quoted(queries.extract(data, queries.path(value.calls, "id"))))

    def _built_in(self, name: str, words: list[str]) -> str:
        if name == ".echo":
            return " ".join(words) + "\n"
        if name in {".help", ".doc"}:
            root = Chain((Call(API_ROOT, {}),), API_ROOT.returns, {}, help=False)
            if words:
                return self._described(self._base(words[0]) or root, words)
            return self._overview(root)
        if name == ".exit":
            raise EOFError
        raise CommandLineError(f'"{name}" is no built-in', "see: .help")

    def _overview(self, root: Chain) -> str:
        text = "Built-in:\n" + "".join(f"  {line}\n" for line in help_texts.columns(BUILT_IN))
        if self._module:
            main = self._types.objects(self._module.main)
            text += f"\nThe module {self._module.name}:\n{help_texts.functions(main)}"
        core = self._types.objects(root.returns.item.name or "")
        return f"{text}\nDagger's API:\n{help_texts.functions(core)}"

    def _described(self, value: Chain, words: list[str]) -> str:
        """Return what one of the functions that may follow takes, or all of them."""
        if not words:
            return help_texts.functions(self._types.objects(value.returns.item.name or ""))
        function = self._find(words[0], value)
        arguments = help_texts.arguments(function, self._types.members, mark=True)
        lines = [function.command, f"  {function.summary}", *arguments]
        return "\n".join([*lines, f"  returns {function.returns.item.name or 'a value'}"]) + "\n"


def _text(arguments: list[str]) -> str:
    if not arguments or arguments == ["-"]:
        return sys.stdin.read()
    try:
        with open(arguments[0], encoding="utf-8") as file:
            return file.read()
    except (OSError, ValueError) as error:
        raise CommandLineError(
            f'cannot read the script "{arguments[0]}": {error}', "give a text file"
        ) from error


def _prompt(session: Session, shell: Shell) -> None:
    """Ask for statements until the end of input; errors are told and forgotten."""
    # Only a prompt pays for this import.
    import readline

    history = os.path.join(engine_process.state_directory(), "shell_history")
    with contextlib.suppress(OSError):  # the first time there is none
        readline.read_history_file(history)
    text = ""
    try:
        while True:
            text += input(MORE if text else PROMPT) + "\n"
            try:
                shell.run(parse(text))
            except IncompleteError:
                continue
            except EngineError as error:
                session.settle(failed=True)
                hint = f"\nHint: {error.hint}" if error.hint else ""
                sys.stderr.write(f"Error: {error.message}{hint}\n")
            else:
                session.settle(failed=False)
            text = ""
    except EOFError:
        sys.stdout.write("\n")
    finally:
        readline.write_history_file(history)
