"""What can go wrong in a program, each with what happened, to which input, and what to do next.

ProgramError
├── KeyFileError     a key cannot be read
├── IdentityError    an identity token is not accepted, or Sigstore did not sign
├── BundleError      what is attached to an image is no signed statement
├── LayoutError      a folder is no OCI layout, or a blob in it is not what its digest says
├── DatabaseError    a file is no vulnerability database, or a damaged one
├── AdvisoryError    advisories cannot be read, or there is none
├── AuditError       pip-audit broke off, or did not look at every package
├── LicenceError     a licence that was named is no expression of SPDX
├── SbomError        a bill of materials cannot be read, or lacks a package
├── LoginError       a file of logins cannot be read, or keeps a login elsewhere
├── PlanError        a plan of what to push or to post cannot be read, or asks for what is not there
├── ForgeError       a forge does not answer, or answers with an error
└── RegistryError    a registry does not answer, or answers with an error
    ├── AccessError  it does not let us in
    ├── AbsentError  it has no such blob or manifest
    └── DigestError  what it gave is not what its digest says
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


class DatabaseError(ProgramError):
    """A file is no vulnerability database, or a damaged one."""


class AdvisoryError(ProgramError):
    """Advisories cannot be read, or there is none."""


class AuditError(ProgramError):
    """pip-audit broke off, or did not look at every package."""


class LicenceError(ProgramError):
    """A licence that was named is no expression of SPDX."""


class SbomError(ProgramError):
    """A bill of materials cannot be read, or lacks a package."""


class LoginError(ProgramError):
    """A file of logins cannot be read, or keeps a login elsewhere."""


class PlanError(ProgramError):
    """A plan of what to push or to post cannot be read, or asks for what is not there."""


class ForgeError(ProgramError):
    """A forge does not answer, or answers with an error."""


class RegistryError(ProgramError):
    """A registry does not answer, or answers with an error."""


class AccessError(RegistryError):
    """A registry does not let us in."""


class AbsentError(RegistryError):
    """A registry has no such blob or manifest."""


class DigestError(RegistryError):
    """What a registry gave is not what its digest says."""
