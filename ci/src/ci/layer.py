"""An image's layers: what each is packed from, and the packing, which gives the same bytes on any machine."""

import json
from dataclasses import dataclass
from typing import Final

import dagger

from ci import known, oci, program

_ROOT: Final = "/root-of-layer"
_OUTPUT: Final = "/layer"
_LAYER: Final = "layer.tar.gz"
_DESCRIPTION: Final = "layer.json"


@dataclass(frozen=True, slots=True)
class LayerPlan:
    """What becomes a layer: the content of a folder, at `prefix`.

    plain: files belong to root and are readable by all, whatever the folder says.
    without: patterns of paths in the folder that are left out.
    """

    title: str
    prefix: str = "/"
    plain: bool = True
    without: tuple[str, ...] = ()

    def arguments(self) -> list[str]:
        """Return the arguments of the program `pack`."""
        plain = ["--plain"] if self.plain else []
        without = [f"--without={pattern}" for pattern in self.without]
        return [
            f"--root={_ROOT}",
            f"--output={_OUTPUT}",
            f"--prefix={self.prefix}",
            *plain,
            *without,
        ]


@dataclass(frozen=True, slots=True)
class Layer:
    """A packed layer: how documents name it, its blob, and the size of its files in bytes."""

    entry: oci.LayerEntry
    blob: dagger.File
    unpacked: int


async def pack(plan: LayerPlan, folder: dagger.Directory, *, repeat: str = "") -> Layer:
    """Pack a folder's content. With another `repeat`, it is packed again whatever is cached."""
    container = (await program.container("pack")).with_mounted_directory(_ROOT, folder)
    if repeat:
        container = container.with_env_variable("REPEAT", repeat)
    output = container.with_exec(plan.arguments(), use_entrypoint=True).directory(_OUTPUT)
    found = json.loads(await output.file(_DESCRIPTION).contents())
    blob = oci.Descriptor(oci.LAYER, found["digest"], found["size"])
    entry = oci.LayerEntry(blob, found["diff_id"], plan.title)
    return Layer(entry, known.once(output.file(_LAYER)), found["unpacked"])
