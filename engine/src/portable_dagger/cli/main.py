"""From words to a verb, and from errors to messages and exit codes.

Exit codes: 0, the code of the command that failed, 1 for any other error, 2 after Ctrl-C.
"""

from __future__ import annotations

import importlib
import os
import sys

from portable_dagger.cli import help as help_texts
from portable_dagger.cli import verbs
from portable_dagger.cli.options import (
    APPLY,
    COMMAND,
    GLOBAL,
    MODULE,
    NO_MODULE,
    Given,
    Words,
    merged,
    parse,
    take,
    unknown,
)
from portable_dagger.cli.suggestions import nearest
from portable_dagger.errors import CommandLineError, EngineError, RequestError

FAILED = 1
CANCELLED = 2
SHELL = (*GLOBAL, *MODULE, *NO_MODULE, *APPLY, COMMAND)
"""What may stand before a verb, or without one."""

BROKEN_PIPE = 141
"""What a shell sees of a program that wrote to a closed pipe: 128 + SIGPIPE."""


def main(arguments: list[str]) -> int:
    """Run the command line and return its exit code; nothing is raised."""
    try:
        code = _dispatch(arguments)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return CANCELLED
    except BrokenPipeError:
        # What is left in the buffer would raise again when Python ends.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except EngineError as error:
        _report(error)
        return error.exit_code if isinstance(error, RequestError) else FAILED
    return code


def _dispatch(arguments: list[str]) -> int:
    words, given = Words(arguments), Given()
    while (word := words.next()) is not None and word.startswith("-"):
        if not take(SHELL, word, words, given):
            raise unknown(word, [option.name for option in SHELL], "")
        if "help" in given:
            break
    if "help" not in given and _is_script(word, given):
        word, words = "shell", Words([*([word] if word else []), *words.rest()])
    if word is None or word.startswith("-"):
        sys.stdout.write(help_texts.program())
        return 0
    verb = verbs.find(word)
    if verb is None:
        found = nearest(word, (known.name for known in verbs.VERBS))
        hint = (
            f"did you mean {' or '.join(found)}?"
            if found
            else "run 'dagger --help' to see the verbs"
        )
        raise CommandLineError(f'unknown command "{word}" for "dagger"', hint)
    rest = words.rest()
    if not verb.dynamic:
        given, rest = _options(verb, given, rest)
        if "help" in given:
            sys.stdout.write(help_texts.verb(verb))
            return 0
        enter(given)
    code: int = importlib.import_module(f"portable_dagger.cli.{verb.name}").run(given, rest)
    return code


def _is_script(word: str | None, given: Given) -> bool:
    """Whether pipelines are to be run, with no verb before them: of -c, of a file, or asked for at a terminal."""
    if word is None:
        return "command" in given or sys.stdin.isatty()
    return "command" in given or (verbs.find(word) is None and os.path.isfile(word))


def _options(verb: verbs.Verb, given: Given, rest: list[str]) -> tuple[Given, list[str]]:
    options = (*verb.options, *GLOBAL)
    if not verb.stops:
        own, rest = parse(options, rest, verb.name)
        return merged(given, own), rest
    words, own = Words(rest), Given()
    while (word := words.next()) is not None:
        if not word.startswith("-"):
            return merged(given, own), [word, *words.rest()]
        if word == "--":
            break
        if not take(options, word, words, own):
            raise unknown(word, [option.name for option in options], verb.name)
    return merged(given, own), words.rest()


def enter(given: Given) -> None:
    """Go to the folder of --workdir; CommandLineError when there is none."""
    for folder in given.get("workdir", []):
        try:
            os.chdir(folder)
        except OSError as error:
            raise CommandLineError(
                f'cannot run in "{folder}": {error.strerror}',
                "give an existing folder to --workdir",
            ) from error


def _report(error: EngineError) -> None:
    sys.stdout.flush()
    lines = [f"Error: {error.message}"]
    if isinstance(error, RequestError):
        for name, text in (("stdout", error.stdout), ("stderr", error.stderr)):
            if text:
                lines += [f"{name}:", *(f"  {line}" for line in text.splitlines())]
    if error.hint:
        lines.append(f"Hint: {error.hint}")
    sys.stderr.write("\n".join(lines) + "\n")
