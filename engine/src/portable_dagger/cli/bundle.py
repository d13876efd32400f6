"""`dagger bundle show|verify|export FILE`: what is in a bundle, whether it holds, and a script to run it elsewhere."""

from __future__ import annotations

import json
import os
import shlex
import sys
import time
from typing import TYPE_CHECKING, Any

from portable_dagger.cli.output import harmless
from portable_dagger.cli.progress import seconds
from portable_dagger.cli.prune import ask, table
from portable_dagger.errors import CommandLineError
from portable_dagger.store.sizes import format_size as size

if TYPE_CHECKING:
    from portable_dagger.cli.options import Given

WORDS = ("show", "verify", "export")


def run(given: Given, arguments: list[str]) -> int:
    """Show, verify or export."""
    if len(arguments) != len(("word", "file")) or arguments[0] not in WORDS:
        raise CommandLineError(
            "dagger bundle: show, verify or export and a file are wanted",
            "such as: dagger bundle show FILE",
        )
    verb, path = arguments
    wish = {
        "verb": verb,
        "path": os.path.abspath(path),
        "key": _key(given),
        "step": _step(given),
    }
    facts = ask("POST", "/bundle", wish)
    if verb == "export":
        sys.stdout.write(facts["script"])
    elif "json" in given:
        sys.stdout.write(json.dumps(facts, indent=4) + "\n")
    else:
        told = verified(facts) if verb == "verify" else text(facts, path)
        sys.stdout.write(harmless(told))
    return 0


def verified(facts: dict[str, Any]) -> str:
    """Return what was found right, for people."""
    if facts["signed"]:
        signed = f"signed by the key {facts['signed']}"
    elif facts["signers"]:
        signed = f"a signature claims to be of the key {facts['signers'][0]}: --key checks it"
    else:
        signed = "not signed"
    blobs = f"{facts['blobs']} blobs of {size(facts['size'])} have the digests that name them"
    return f"{facts['path']}: {blobs}; {signed}\n"


def text(facts: dict[str, Any], path: str) -> str:
    """Return what is in a bundle, for people."""
    bundle = facts["description"]
    host, layers = bundle["host"], bundle["layers"]
    made = time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime(bundle["created"]))
    signed = f"signed as {facts['signers'][0]}" if facts["signers"] else "not signed"
    versions = ", ".join(f"{name} {number}" for name, number in sorted(bundle["versions"].items()))
    machine = [
        f"Linux {host['kernel']} {host['machine']}",
        f"{host['processors']} processors {host['model']}".rstrip(),
        f"{size(host['memory'])} of memory",
        *([f"GPU driver {host['gpu']}"] if host["gpu"] else []),
    ]
    lines = [
        f"bundle    {path}, {size(facts['size'])}, {signed}",
        f"made      {made} by `{bundle['command']}`",
        f"          in {bundle['workdir']}{_commit(bundle['commit'])}",
        f"with      {versions}",
        f"on        {', '.join(machine)}",
    ]
    for number, step in enumerate(bundle["steps"], 1):
        lines += ["", *_step_lines(number, step, facts)]
    if bundle["services"]:
        lines += ["", *(_service(service) for service in bundle["services"])]
    lines += ["", *_layers(layers), "", f"run it again: ./dagger reproduce {shlex.quote(path)}"]
    return "\n".join(lines) + "\n"


def _commit(commit: str) -> str:
    return f", commit {commit}" if commit else ""


def _step_lines(number: int, step: dict[str, Any], facts: dict[str, Any]) -> list[str]:
    place, outcome = step["place"], step["outcome"]
    image = facts["images"].get(place["image"], {"user": "", "workdir": ""})
    where = f"{place['image']} ({place['platform']})"
    where += f", user {image['user']}" if image["user"] else ""
    where += f", in {image['workdir']}" if image["workdir"] else ""
    lines = [
        f"step {number}    {step['name']}",
        f"  command {shlex.join(place['args'])}",
        f"  ended   {_ended(step)}",
        f"  image   {where}",
    ]
    if place["environment"]:
        pairs = " ".join(shlex.quote(f"{name}={value}") for name, value in place["environment"])
        lines.append(f"  set     {pairs}")
    lines += [f"  mount   {mount['target']} ({mount['kind']})" for mount in place["mounts"]]
    lines += [f"  bound   {alias} is the service {name}" for alias, name in place["services"]]
    lines += [f"  report  {report['path']}" for report in outcome["reports"]]
    lines += [f"  missing {_missing(missing)}" for missing in step["missing"]]
    return [*lines, *(f"  same    {name} failed in the same way" for name in step["same_as"])]


def _ended(step: dict[str, Any]) -> str:
    outcome = step["outcome"]
    code = outcome["exit_code"]
    how = outcome["error"] if code < 0 else f"exit code {code}"
    wanted = "" if step["expect"] == "SUCCESS" else f" (expected: {step['expect'].lower()})"
    return f"{how} after {seconds(step['duration'])}{wanted}"


def _missing(missing: dict[str, Any]) -> str:
    return (
        f"{missing['kind']} {missing['name']}{': ' if missing['reason'] else ''}{missing['reason']}"
    )


def _service(service: dict[str, Any]) -> str:
    ports = ", ".join(f"{port['port']}/{port['protocol'].lower()}" for port in service["ports"])
    data = "as the step found it" if service["data"] else "as it began"
    listening = f", ports {ports}" if ports else ""
    return f"service   {service['name']} ({service['place']['image']}), {data}{listening}"


def _layers(layers: list[dict[str, Any]]) -> list[str]:
    rows = [
        (
            size(layer["size"]),
            "" if layer["held"] else "left out",
            layer["title"] or layer["diff_id"],
        )
        for layer in sorted(layers, key=lambda layer: -layer["size"])
    ]
    return table(("SIZE", "", "LAYER"), rows)


def _key(given: Given) -> str:
    """Return the text of the file that --key names."""
    if "key" not in given:
        return ""
    path = given["key"][-1]
    try:
        with open(path, encoding="utf-8") as file:
            return file.read()
    except (OSError, UnicodeDecodeError) as error:
        raise CommandLineError(f"--key: {path} cannot be read", str(error)) from error


def _step(given: Given) -> int:
    number = given.get("step", ["1"])[-1]
    if not number.isdigit():
        raise CommandLineError(f"--step: a number is wanted, not {number}")
    return int(number)
