"""The gate `secrets`: every commit, and what is not committed yet; each looked at again only when it is another."""

import datetime as dt
from importlib.resources import files
from typing import Final

import dagger

from ci import known, lock, project, step, tool, verdict, waivers
from ci.findings import Finding, Look
from ci.inspection.linter import SOURCE
from ci.secrets import gitleaks, history, settings, trufflehog
from ci.secrets.history import History
from ci.secrets.settings import SecretsSettings
from ci.step import Mount, Step
from ci.subject import Subject
from ci.together import together
from ci.tool import Tool
from ci.verdict import Verdict

_LOCK: Final = "secrets/gitleaks.txt"
_RULES: Final = "gitleaks.toml"
_THEIRS: Final = "source.toml"
_CONFIGURATION: Final = "/configuration"
_REPORT: Final = "/report.json"
_DEFAULT: Final = "useDefault = true"

# The official image has git; the image that the wheel is installed in takes that of its distribution.
_GIT: Final = (
    "command -v git >/dev/null || "
    "{ apt-get update -qq && apt-get install -qq -y --no-install-recommends git >/dev/null; }"
)
# Files that git does not know are shown as added; those that it ignores, never. No attribute hides a file.
_UNCOMMITTED: Final = 'git add --intent-to-add --all && exec "$@"'
_ATTRIBUTES: Final = "* diff\n"


async def judged(subject: Subject) -> Verdict | None:
    """Return what is found, as of today; None if the gate is off.

    Raises SettingsError, SelectionError, ToolError and ReportError.
    """
    text = await project.text(subject.source)
    read = settings.parse(text)
    if read is None:
        return None
    found = await _prepared(await tool.find(read.image, _LOCK, gitleaks.NAME))
    past = await history.gather(subject.git, found.container, subject.commit)
    rules = await _rules(subject.source, read)
    looking = [
        _history(found.container, past, rules),
        _uncommitted(found.container, past, rules, subject.source),
    ]
    tools = [gitleaks.NAME]
    if read.trufflehog:
        looking.append(trufflehog.look(read.trufflehog_image, past.repository))
        tools.append(trufflehog.NAME)
    look = sum(await together(looking), start=Look())
    return verdict.judge(
        look,
        read,
        waivers.addressed(waivers.parse(text), tools, look.findings),
        scanner=", ".join([found.origin, *([read.trufflehog_image] if read.trufflehog else [])]),
        feed="",
        today=dt.datetime.now(dt.UTC).date(),
        tools=tuple(tools),
    )


async def _prepared(found: Tool) -> Tool:
    """Return gitleaks with git beside it."""
    container = found.container.with_user("root").with_exec(["sh", "-c", _GIT])
    for name, value in history.GIT:
        container = container.with_env_variable(name, value)
    return Tool(await container.sync(), found.origin)


async def _rules(source: dagger.Directory, read: SecretsSettings) -> dagger.Directory:
    """Return gitleaks' configuration: the module's own rules beside those of the source's file, or else gitleaks'."""
    base, texts = _DEFAULT, []
    if read.configuration:
        theirs = await lock.read(source, read.configuration, f"{read.table}.configuration")
        base, texts = f'path = "{_CONFIGURATION}/{_THEIRS}"', [(_THEIRS, theirs)]
    ours = files("ci.secrets").joinpath(_RULES).read_text(encoding="utf-8")
    return known.folder(((_RULES, f"[extend]\n{base}\n\n{ours}"), *texts))


async def _history(container: dagger.Container, past: History, rules: dagger.Directory) -> Look:
    ran = await step.run(
        Step(
            name="secrets in the history",
            container=container.with_workdir(history.FOLDER),
            command=tuple(gitleaks.history_command(f"{_CONFIGURATION}/{_RULES}", _REPORT)),
            mounts=(Mount(history.FOLDER, past.repository), Mount(_CONFIGURATION, rules)),
            expect=dagger.ReturnType.ANY,
            judged=True,
        )
    )
    said = await ran.stderr()
    gitleaks.ended(await ran.exit_code(), said)
    return Look(await _report(ran), commits=gitleaks.commits(said))


async def _uncommitted(
    container: dagger.Container, past: History, rules: dagger.Directory, source: dagger.Directory
) -> Look:
    repository = past.head.directory(".git").with_new_file("info/attributes", _ATTRIBUTES)
    command = gitleaks.uncommitted_command(f"{_CONFIGURATION}/{_RULES}", _REPORT)
    ran = await step.run(
        Step(
            name="secrets that are not committed",
            container=container.with_workdir(SOURCE),
            command=("sh", "-c", _UNCOMMITTED, "uncommitted", *command),
            mounts=(
                Mount(SOURCE, source.with_directory(".git", repository)),
                Mount(_CONFIGURATION, rules),
            ),
            expect=dagger.ReturnType.ANY,
            source=SOURCE,
            judged=True,
        )
    )
    gitleaks.ended(await ran.exit_code(), await ran.stderr())
    return Look(await _report(ran))


async def _report(ran: dagger.Container) -> tuple[Finding, ...]:
    return gitleaks.parse(await ran.file(_REPORT).contents())
