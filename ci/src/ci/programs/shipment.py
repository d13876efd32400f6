"""What a push takes to each registry: a plan of tags, and all that it needs of a layout, in the order of sending."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ci.programs import parts
from ci.programs.errors import LayoutError, PlanError
from ci.programs.layout import REFERENCE
from ci.programs.parts import Part

if TYPE_CHECKING:
    from pathlib import Path

    from ci.programs.layout import Descriptor, Layout

_HINT: Final = (
    'Give {"registries": [{"repository": "ghcr.io/org/name", "address": "https://ghcr.io"}], '
    '"images": [{"digest": "sha256:HEX", "tags": ["1.2.3"], "moving": ["latest"]}]}.'
)


@dataclass(frozen=True, slots=True)
class Target:
    """A repository, and where its registry is reached."""

    repository: str
    address: str


@dataclass(frozen=True, slots=True)
class Plan:
    """Where to push, and which tags lead to which digests: `fixed` ones are never moved, `moving` ones are."""

    targets: tuple[Target, ...]
    digests: tuple[str, ...]
    fixed: dict[str, str]
    moving: dict[str, str]


@dataclass(frozen=True, slots=True)
class Attachment:
    """A manifest that refers to another one: its own descriptor as lists of referrers have it, and its subject."""

    part: Part
    subject: str


@dataclass(slots=True)
class Shipment:
    """All of a push, each once.

    manifests: children before what names them, and what is attached last. attachments: those of them that have a
    subject.
    """

    blobs: dict[str, Part] = field(default_factory=dict)
    manifests: dict[str, Part] = field(default_factory=dict)
    attachments: list[Attachment] = field(default_factory=list)

    def by_subject(self) -> dict[str, list[Descriptor]]:
        """Return what is attached to each manifest that has something attached."""
        found: dict[str, list[Descriptor]] = {}
        for attachment in self.attachments:
            found.setdefault(attachment.subject, []).append(attachment.part.descriptor)
        return found


def load_plan(path: Path) -> Plan:
    """Read the file of a plan. Raises PlanError."""
    try:
        return parse(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise PlanError(f"the plan {path} cannot be read", _HINT) from error


def parse(text: str) -> Plan:
    """Read the JSON text of a plan. Raises PlanError."""
    try:
        value = json.loads(text)
        targets = tuple(Target(**entry) for entry in value["registries"])
        images = [(entry["digest"], entry["tags"], entry["moving"]) for entry in value["images"]]
    except (ValueError, KeyError, TypeError) as error:
        raise PlanError(
            f"the plan cannot be read: {type(error).__name__} {error}", _HINT
        ) from error
    if not targets or not images:
        raise PlanError("the plan names no registry or no image", _HINT)
    if len({target.repository for target in targets}) < len(targets):
        raise PlanError("the plan names a repository twice", _HINT)
    plan = Plan(targets, tuple(digest for digest, _, _ in images), {}, {})
    for digest, fixed, moving in images:
        for tags, names in ((plan.fixed, fixed), (plan.moving, moving)):
            for name in names:
                if name in plan.fixed or name in plan.moving:
                    raise PlanError(f"the plan gives the tag {name!r} twice", _HINT)
                tags[name] = digest
    return plan


def collect(layout: Layout, plan: Plan) -> Shipment:
    """Collect what a plan needs out of a layout; what is attached to other images is left.

    Raises LayoutError if a manifest is missing or is not what its digest says. Blobs are not looked at yet.
    """
    shipment = Shipment()
    entries = {entry["digest"]: entry for entry in layout.entries()}
    documents = {
        digest: layout.document(entry, "manifest")
        for digest, entry in entries.items()
        if Part(entry, "").is_manifest
    }
    for digest in plan.digests:
        if digest not in documents:
            raise LayoutError(f"the layout has no image {digest}, which the plan names")
        name = f"index {entries[digest].get('annotations', {}).get(REFERENCE, '')}".rstrip()
        _add(shipment, layout, Part(entries[digest], name))
    waiting = {digest: value for digest, value in documents.items() if "subject" in value}
    # What is attached may have something attached to it in turn.
    while ready := [
        one for one in waiting if waiting[one]["subject"]["digest"] in shipment.manifests
    ]:
        for digest in ready:
            document = waiting.pop(digest)
            part = parts.referrer(_listed(entries[digest], document))
            _add(shipment, layout, part)
            shipment.attachments.append(Attachment(part, document["subject"]["digest"]))
    return shipment


def _add(shipment: Shipment, layout: Layout, whole: Part) -> None:
    """Add a manifest and all below it."""
    document = layout.document(whole.descriptor, whole.role)
    for part in parts.below(document, whole):
        if part.is_manifest:
            _add(shipment, layout, part)
        else:
            shipment.blobs.setdefault(part.digest, part)
    shipment.manifests.setdefault(whole.digest, whole)


def _listed(entry: Descriptor, document: dict[str, Any]) -> Descriptor:
    """Return a manifest's descriptor with what lists of referrers repeat out of it ("Listing Referrers")."""
    kind = document.get("artifactType") or document.get("config", {}).get("mediaType", "")
    listed = {key: entry[key] for key in ("mediaType", "digest", "size")}
    listed["artifactType"] = kind
    if document.get("annotations"):
        listed["annotations"] = document["annotations"]
    return listed
