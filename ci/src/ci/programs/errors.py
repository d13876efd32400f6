"""What can go wrong in a program, each with what happened, to which input, and what to do next.

ProgramError
├── KeyFileError     a key cannot be read
├── IdentityError    an identity token is not accepted, or Sigstore did not sign
├── BundleError      what is attached to an image is no signed statement
├── LayoutError      a folder is no OCI layout, or a blob in it is not what its digest says
└── SbomError        a bill of materials cannot be read, or lacks a package
"""


class ProgramError(Exception):
    """Base of all errors of the programs."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}\n{hint}" if hint else message)
        self.message = message


class KeyFileError(ProgramError):
    """A key cannot be read."""


class IdentityError(ProgramError):
    """An identity token is not accepted, or Sigstore did not sign."""


class BundleError(ProgramError):
    """What is attached to an image is no signed statement."""


class LayoutError(ProgramError):
    """A folder is no OCI layout, or a blob in it is not what its digest says."""


class SbomError(ProgramError):
    """A bill of materials cannot be read, or lacks a package."""
