"""The verbs of the command line, declared once: dispatch, help and the documentation's test read this table."""

from __future__ import annotations

from typing import NamedTuple

from portable_dagger.cli.options import APPLY, CALL, COMMAND, MODULE, NO_MODULE, Option

JSON = (Option("json", "print JSON", short="j"),)


class Verb(NamedTuple):
    """One verb; `dagger.cli.<name>` holds its `run(given, arguments)`, which returns the exit code."""

    name: str
    usage: str
    summary: str
    options: tuple[Option, ...] = ()
    details: str = ""
    dynamic: bool = False
    """The verb reads its options itself, between the words of its command tree."""

    stops: bool = False
    """Options end at the first word: what follows is another program's command line."""

    hidden: bool = False


PRUNE = (
    Option("all", "also images, cache volumes and installed packages", short="a"),
    Option("keep-storage", "keep what was used last, up to this size (10GB, 20%)", "size"),
    Option("older-than", "only what was not used for so long (12h, 7d)", "duration"),
    Option("dry-run", "only say what would go", short="n"),
)

KEEP = (
    Option("max-size", "save: what the file may have (default: 2GB)", "size"),
    Option("used-within", "save: only what was used in this time (default: 7d)", "duration"),
    Option("volume", "save: also the cache volumes of this name", "pattern", repeatable=True),
    Option("if-usable", "load: only warn if the file is missing, damaged or of another format"),
)

VERBS = (
    Verb(
        "bundle",
        "dagger bundle show|verify|export [options] file",
        "say what is in the bundle of a failed step, check it, or print a script for docker or podman",
        (
            *JSON,
            Option("key", "verify: the public key that must have signed it, in PEM", "file"),
            Option("step", "export: which step, if there are several (default: 1)", "number"),
        ),
    ),
    Verb(
        "cache",
        "dagger cache [prune | save file | load file] [options]",
        "show what takes space and why; free it; save what is worth keeping in a file, or load it",
        (*JSON, *PRUNE, *KEEP),
        "Without a word, only --all (list small entries too) and --json have a meaning.\n"
        "What a secret went into is not saved, nor are results of functions, whose code runs again.",
    ),
    Verb(
        "call",
        "dagger call [options] [arguments] function [arguments] [function [arguments] …]",
        "call functions of a module, each on the result of the one before",
        CALL,
        dynamic=True,
    ),
    Verb(
        "check",
        "dagger check [options] [pattern …]",
        "run the module's checks, and its generators, which fail when they would change something",
        (
            *MODULE,
            Option("list", "only list them", short="l"),
            Option("failfast", "give up those under way at the first failure"),
            Option("generate", "only the generators"),
            Option("no-generate", "without the generators"),
        ),
        "A pattern is a name such as `docs:spelling`, the start of one such as `docs`, or has wildcards: `docs:*`.",
    ),
    Verb(
        "develop",
        "dagger develop [options]",
        "write what an editor needs to know of the module's API, and what the module lacks",
        (
            *MODULE,
            Option("recursive", "local dependencies too", short="r"),
            Option("sdk", "the SDK of a module without one: python", "string"),
            Option("source", "the folder for the code of a module without any", "string"),
        ),
        "The SDK goes to the folder `sdk` beside the code. It can be run any number of times.",
    ),
    Verb(
        "completion",
        "dagger completion bash|zsh|fish",
        "print a script that lets a shell complete verbs, functions and flags",
        stops=True,
    ),
    Verb(
        "core",
        "dagger core [options] function [arguments] [function [arguments] …]",
        "call functions of the engine's own API, each on the result of the one before",
        tuple(option for option in CALL if option not in {*MODULE, *NO_MODULE}),
        dynamic=True,
    ),
    Verb(
        "engine",
        "dagger engine status|stop [--json]",
        "show or stop the engine of the state directory",
        JSON,
    ),
    Verb(
        "functions",
        "dagger functions [options] [function …]",
        "list the functions of a module, or of what a function returns",
        (*MODULE, *NO_MODULE),
    ),
    Verb(
        "generate",
        "dagger generate [options] [pattern …]",
        "run the module's generators and apply their changes",
        (*MODULE, *APPLY, Option("list", "only list them", short="l")),
    ),
    Verb(
        "init",
        "dagger init [options] [path]",
        "make a new module in a folder (default: this one)",
        (
            Option("include", "also load this path or pattern", "string", repeatable=True),
            Option("name", "its name (default: that of the folder)", "string"),
            Option("sdk", "begin with code in this language: python", "string"),
            Option(
                "source",
                "the folder for its code (default: the module's, or .dagger if that has files)",
                "string",
            ),
        ),
    ),
    Verb(
        "install",
        "dagger install [options] module",
        "make another module a dependency of this one",
        (*MODULE, Option("name", "the name to use it by (default: its own)", "string", short="n")),
        "The module is a path in the same git work tree, or a git reference.",
    ),
    Verb(
        "listen",
        "dagger listen [options]",
        "serve a session's GraphQL endpoint on loopback for other programs; prints URL and token",
        (
            *MODULE,
            *NO_MODULE,
            Option("listen", "the address (default: 127.0.0.1:8080; port 0: any)", "address"),
        ),
    ),
    Verb(
        "prune",
        "dagger prune [options]",
        "free the space that results of steps take, but what running sessions use",
        (*JSON, *PRUNE),
    ),
    Verb(
        "query",
        "dagger query [options] [operation]",
        "send a GraphQL document, from standard input or a file, and print the answer's data as JSON",
        (
            *MODULE,
            *NO_MODULE,
            Option("doc", "read the document from this file", "file"),
            Option("var", "a variable's text", "name=value", repeatable=True),
            Option("var-json", "variables as a JSON object", "string"),
        ),
    ),
    Verb(
        "reproduce",
        "dagger reproduce [options] bundle",
        "run a captured step again, cut off from the network, and say whether it fails in the same way",
        (
            *JSON,
            Option("network", "let the step have the network"),
            Option("privileged", "let the step have all rights on this machine, if it had them"),
            Option("repeat", "try so many times, each with another seed", "number"),
            Option(
                "secret",
                "a secret that the step needs, such as TOKEN=env://TOKEN",
                "name=uri",
                repeatable=True,
            ),
            Option("source", "run it with the source in this folder instead of its own", "folder"),
            Option("step", "the step, if the bundle has several: its number or name", "string"),
        ),
        "Exit codes: 0 same failure, 10 different failure, 11 passes here, 12 missing input, 1 any error.\n"
        "With --interactive a shell follows in the step's container, its services up, the command typed.",
    ),
    Verb(
        "run",
        "dagger run [options] command [argument …]",
        "run a program with a session in its environment; its exit code is returned",
        details="Sets DAGGER_SESSION_PORT and DAGGER_SESSION_TOKEN, which every Dagger SDK reads.",
        stops=True,
    ),
    Verb(
        "session",
        "dagger session [options]",
        "open a session for an SDK: print its port and token as one JSON line, serve until stdin closes",
        (
            Option(
                "label", "a label, of which the engine takes note", "name:value", repeatable=True
            ),
            Option("project", "the same as --workdir", "string", hidden=True),
            Option("load-workspace-modules", "serve the module of the working directory"),
        ),
    ),
    Verb(
        "uninstall",
        "dagger uninstall [options] module",
        "remove a dependency of the module",
        MODULE,
        "It is named by its name, or by its path or reference in dagger.json.",
    ),
    Verb(
        "up",
        "dagger up [options] [pattern …]",
        "start the module's services on ports of the host, until Ctrl-C",
        (
            *MODULE,
            Option("list", "only list them", short="l"),
            Option(
                "ports",
                "the host's port and the service's (default: the same ones)",
                "frontend:backend",
                repeatable=True,
            ),
            Option("random", "let the host choose its ports"),
        ),
        "A service is a function with @up that needs no arguments. Ports listen on 127.0.0.1.",
    ),
    Verb(
        "update",
        "dagger update [options] [module …]",
        "pin git dependencies to what their versions lead to now (default: all)",
        MODULE,
    ),
    Verb(
        "shell",
        "dagger shell [options] [file]",
        "run pipelines of functions from -c, a file or standard input; at a terminal, ask for them",
        (*MODULE, *NO_MODULE, *APPLY, COMMAND),
        "`dagger -c TEXT`, `dagger FILE` and, at a terminal, plain `dagger` do the same.",
    ),
    Verb("version", "dagger version", "print the version"),
    Verb(
        "why",
        "dagger why [run] [step]",
        "say why a step ran, was cached or was slow; list the steps of a run, or the last runs",
        JSON,
        "A run is named by the start of its name, a step by its number, its name, or a part of that.",
    ),
)


def find(name: str) -> Verb | None:
    """Return the verb of a name."""
    return next((verb for verb in VERBS if verb.name == name), None)
