"""OCI layouts: images and what is attached to them, as a folder that any tool of the field opens."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

import dagger

from ci import known, oci
from ci.image import Image

REFERENCE: Final = "org.opencontainers.image.ref.name"
_BLOBS: Final = "blobs/sha256"
_MARK: Final = '{"imageLayoutVersion":"1.0.0"}'


@dataclass(slots=True)
class Layout:
    """A layout that is being put together (image-layout.md of the specification); each blob is in it once."""

    _documents: dict[str, oci.Document] = field(default_factory=dict)
    _files: dict[str, dagger.File] = field(default_factory=dict)
    _entries: list[oci.Descriptor] = field(default_factory=list)
    _folders: list[dagger.Directory] = field(default_factory=list)

    def add_image(self, image: Image) -> None:
        """Put in an image's blobs."""
        self.add_document(image.config)
        self.add_document(image.manifest)
        for packed in image.layers:
            self.add_file(packed.entry.blob.digest, packed.blob)

    def add_document(self, document: oci.Document) -> None:
        """Put in a document."""
        self._documents[document.digest] = document

    def add_file(self, digest: str, file: dagger.File) -> None:
        """Put in a blob that is a file."""
        self._files[digest] = file

    def add_folder(self, folder: dagger.Directory) -> None:
        """Put in a folder of small blobs, each named by its digest's value."""
        self._folders.append(folder)

    def add_entry(self, entry: oci.Descriptor) -> None:
        """Name a document in the layout's own index, which is where readers begin."""
        self._entries.append(entry)

    def directory(self) -> dagger.Directory:
        """Return the layout as a directory."""
        made = self._written()
        for folder in self._folders:
            made = made.with_directory(_BLOBS, folder)
        for digest, blob in self._files.items():
            made = made.with_file(_path(digest), blob)
        return made

    def mounted(self, container: dagger.Container, path: str) -> dagger.Container:
        """Return a container that has the layout at a path; blobs are mounted, since each copy takes a disk's space."""
        made = container.with_directory(path, self._written())
        for folder in self._folders:
            made = made.with_directory(f"{path}/{_BLOBS}", folder)
        for digest, blob in self._files.items():
            made = made.with_mounted_file(f"{path}/{_path(digest)}", blob)
        return made

    def _written(self) -> dagger.Directory:
        texts = {"oci-layout": _MARK, "index.json": oci.index(self._entries).text}
        texts |= {_path(digest): document.text for digest, document in self._documents.items()}
        return known.folder(tuple(texts.items()))


def single(image: Image) -> Layout:
    """Return the layout of one image."""
    layout = Layout()
    layout.add_image(image)
    layout.add_entry(image.descriptor)
    return layout


def several(indexes: Sequence[tuple[str, oci.Document]], images: Sequence[Image]) -> Layout:
    """Return a layout with all images and the index of each variant, under a name for each."""
    layout = Layout()
    for image in images:
        layout.add_image(image)
    for name, document in indexes:
        layout.add_document(document)
        layout.add_entry(oci.describe(document, annotations=((REFERENCE, name),)))
    return layout


def _path(digest: str) -> str:
    return f"blobs/{digest.replace(':', '/')}"
