"""Words and variables of a Dockerfile: quotes, escapes, and $NAME in the forms that its reference lists."""

from __future__ import annotations

import fnmatch
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from portable_dagger.errors import DockerfileError

if TYPE_CHECKING:
    from collections.abc import Mapping

_NAME = re.compile(r"[A-Za-z_]\w*|\d|[*#@!?$-]")
_MODIFIER = re.compile(r"(:[-+?]|[-+?]|##?|%%?|//?)(.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Expander:
    """Replaces variables by their values; unset ones become empty."""

    variables: Mapping[str, str]
    escape: str = "\\"

    def word(self, text: str) -> str:
        """Return one word without its quotes, its variables replaced."""
        return _Scan(text, self).text()

    def plain(self, text: str) -> str:
        """Replace variables in a text in which quotes mean nothing, such as a here-document."""
        return _Scan(text, self, quotes=False).text()

    def words(self, text: str) -> list[str]:
        """Split a line at blanks and return its words."""
        return [self.word(raw) for raw in split(text, self.escape)]

    def pairs(self, text: str) -> list[tuple[str, str]]:
        """Read `name=value ...`, or the old form `name value`."""
        raw = split(text, self.escape)
        if "=" not in raw[0]:
            name, _, rest = text.strip().partition(" ")
            if not rest.strip():
                raise DockerfileError(f"{name} must have a value", "write it as name=value")
            return [(self.word(name), self.word(rest.strip()))]
        found = []
        for each in raw:
            name, equals, value = each.partition("=")
            if not equals:
                raise DockerfileError(f"{each} is no name=value")
            found.append((self.word(name), self.word(value)))
        return found

    def value(self, expression: str) -> str:
        """Return what stands in braces, such as `NAME:-default`."""
        match = _NAME.match(expression)
        if match is None:
            raise DockerfileError(f"${{{expression}}}: bad substitution")
        name, rest = match[0], expression[match.end() :]
        found = self.variables.get(name)
        if not rest:
            return found or ""
        modifier = _MODIFIER.fullmatch(rest)
        if modifier is None:
            raise DockerfileError(f"${{{expression}}}: unsupported modifier")
        return self._modified(name, found, modifier[1], modifier[2])

    def _modified(self, name: str, found: str | None, operator: str, rest: str) -> str:
        there = bool(found) if operator.startswith(":") else found is not None
        match operator.lstrip(":"):
            case "-":
                return (found or "") if there else self.word(rest)
            case "+":
                return self.word(rest) if there else ""
            case "?":
                if there:
                    return found or ""
                raise DockerfileError(f"{name}: {self.word(rest) or 'not set'}")
            case "#" | "##" | "%" | "%%":
                return _trimmed(found or "", operator, self.word(rest))
            case _:
                parts = re.split(rf"(?<!{re.escape(self.escape)})/", rest, maxsplit=1)
                pattern, replacement = (*parts, "")[:2]
                expression = _glob(self.word(pattern))
                count = 0 if operator == "//" else 1
                text = self.word(replacement)
                return re.sub(expression, lambda _: text, found or "", count=count)


def split(text: str, escape: str = "\\") -> list[str]:
    """Split a line at blanks outside of quotes; quotes and escapes stay."""
    words: list[str] = []
    word, quote, skip = "", "", False
    for letter in text.strip():
        if skip:
            word, skip = word + letter, False
        elif letter == escape and quote != "'":
            word, skip = word + letter, True
        elif quote:
            word += letter
            quote = "" if letter == quote else quote
        elif letter in "\"'":
            word, quote = word + letter, letter
        elif letter in " \t":
            words += [word] if word else []
            word = ""
        else:
            word += letter
    return [*words, word] if word else words


def unquoted(text: str, escape: str = "\\") -> str:
    """Return a word without its quotes and escapes; variables stay as they are."""
    found, quote, skip = "", "", False
    for letter in text:
        if skip:
            found, skip = found + letter, False
        elif letter == escape and quote != "'":
            skip = True
        elif letter == quote:
            quote = ""
        elif not quote and letter in "\"'":
            quote = letter
        else:
            found += letter
    return found


class _Scan:
    """One pass over a text."""

    def __init__(self, text: str, expander: Expander, *, quotes: bool = True) -> None:
        self._text = text
        self._expander = expander
        self._quotes = quotes
        self._at = 0

    def text(self) -> str:
        """Return the text without quotes and escapes, its variables replaced."""
        out, quote = "", ""
        while self._at < len(self._text):
            letter = self._text[self._at]
            self._at += 1
            if self._quotes and letter == quote:
                quote = ""
            elif quote == "'":
                out += letter
            elif self._quotes and not quote and letter in "\"'":
                quote = letter
            elif letter == self._expander.escape and self._at < len(self._text):
                following = self._text[self._at]
                self._at += 1
                # Within double quotes, and outside of all, only some letters lose their escape.
                literal = following not in '"$' + letter and (bool(quote) or not self._quotes)
                out += letter + following if literal else following
            elif letter == "$":
                out += self._variable()
            else:
                out += letter
        if quote:
            raise DockerfileError(f"{self._text}: unexpected end of statement, a {quote} is open")
        return out

    def _variable(self) -> str:
        rest = self._text[self._at :]
        if rest.startswith("{"):
            end = _closing(rest, self._expander.escape, quotes=self._quotes)
            if end < 0:
                raise DockerfileError(f"{self._text}: missing }} of a variable")
            self._at += end + 1
            return self._expander.value(rest[1:end])
        match = _NAME.match(rest)
        if match is None:
            return "$"
        self._at += match.end()
        return self._expander.value(match[0])


def _closing(text: str, escape: str, *, quotes: bool) -> int:
    """Return where the brace that begins a text is closed, -1 if nowhere; quoted and escaped ones do not count."""
    depth, quote, skip = 0, "", False
    for place, letter in enumerate(text):
        if skip:
            skip = False
        elif letter == escape and quote != "'":
            skip = True
        elif quote or (quotes and letter in "\"'"):
            quote = "" if letter == quote else quote or letter
        else:
            depth += (letter == "{") - (letter == "}")
            if depth == 0:
                return place
    return -1


def _glob(pattern: str) -> str:
    return fnmatch.translate(pattern).removeprefix("(?s:").removesuffix(r")\Z")


def _trimmed(value: str, operator: str, pattern: str) -> str:
    """Remove the shortest, or with a doubled operator the longest, match of a pattern from an end."""
    expression = re.compile(fnmatch.translate(pattern))
    lengths = range(len(value) + 1)
    for length in lengths if len(operator) == 1 else reversed(lengths):
        if operator.startswith("#") and expression.match(value[:length]):
            return value[length:]
        if operator.startswith("%") and expression.match(value[len(value) - length :]):
            return value[: len(value) - length]
    return value
