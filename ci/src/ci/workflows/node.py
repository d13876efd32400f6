"""Values of a YAML file, with the lines that they begin at."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Node:
    """A value: a text, items, or fields by their names. A key's own line is that of `keys`."""

    line: int
    text: str = ""
    items: tuple["Node", ...] = ()
    fields: Mapping[str, "Node"] = field(default_factory=dict)
    keys: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, name: str) -> "Node":
        """Return a field, or an empty value where there is none."""
        return self.fields.get(name, Node(self.line))

    def __contains__(self, name: str) -> bool:
        return name in self.fields

    def texts(self) -> list[str]:
        """Return its items' texts; a text alone is a list of one."""
        if self.text:
            return [self.text]
        return [item.text for item in self.items]

    def words(self) -> Mapping[str, str]:
        """Return the texts of its fields."""
        return {name: value.text for name, value in self.fields.items()}

    def under(self, name: str) -> Iterator[tuple[str, int, "Node"]]:
        """Yield what a field has below it: names, lines and values."""
        below = self[name]
        for key, value in below.fields.items():
            yield key, below.keys[key], value


def read(document: Mapping[str, Any]) -> Node:
    """Return the value of a node of the program yaml_lines."""
    line = int(document["line"])
    if "fields" in document:
        fields = {key: read(value) for key, _, value in document["fields"]}
        return Node(line, fields=fields, keys={key: at for key, at, _ in document["fields"]})
    if "items" in document:
        return Node(line, items=tuple(map(read, document["items"])))
    return Node(line, text=str(document["text"]))
