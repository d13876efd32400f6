"""Gates that need nothing but the source: linters that read it, and what they find."""

from typing import Final

GATES: Final = ("format", "lint", "types", "code-security")
