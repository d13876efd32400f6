"""What can go wrong, each with what happened, to which input, and what to do next.

CiError
├── SettingsError    [tool.ci] is missing, wrong, or names something that is not there
├── SelectionError   a version was asked for that the settings do not have
├── ReportError      a tool's report cannot be read
├── BuildError       two builds of the same images differ
├── ReproductionError  a step of a bundle fails otherwise, passes, or lacks something here
├── FeedError        a vulnerability database is missing, broken, empty or too old
├── ScanError        the scanner broke off
├── SuiteError       the suite ran and is not green
├── ToolError        a tool that reads the source broke off, or did not say what it found
├── GateError        a gate found what is to mend
├── SignatureError   nothing signs, or the signing failed
├── ForgeError       where to post is not told, or the forge did not take everything
├── RegistryError    a registry's name is none, or it cannot be reached from a container
├── PublishError     the images are not what may be published, or not all registries took them
└── VerifyError      an image is not what may be trusted
"""

# The SDK logs a traceback for every other exception; these are answers, not faults of this module.
from dagger.mod._exceptions import FunctionError


class CiError(FunctionError):
    """Base of all errors of this module."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}\n{hint}" if hint else message)


class SettingsError(CiError):
    """The table [tool.ci] is missing, wrong, or names something that is not there."""


class SelectionError(CiError):
    """A version was asked for that the settings do not have."""


class ReportError(CiError):
    """A tool's report cannot be read."""


class SuiteError(CiError):
    """The suite ran and is not green; the message holds the table."""


class ToolError(CiError):
    """A tool that reads the source broke off, or did not say what it found."""


class GateError(CiError):
    """A gate found what is to mend; the message holds the table."""


class BuildError(CiError):
    """Two builds of the same images differ."""


class ReproductionError(CiError):
    """A step of a bundle fails otherwise, passes, or lacks something here; the message is the verdict."""


class FeedError(CiError):
    """A vulnerability database is missing, broken, empty or too old."""


class ScanError(CiError):
    """The scanner broke off."""


class SignatureError(CiError):
    """Nothing signs, or the signing failed."""


class ForgeError(CiError):
    """Where to post is not told, or the forge did not take everything."""


class RegistryError(CiError):
    """A registry's name is none, or it cannot be reached from a container."""


class PublishError(CiError):
    """The images are not what may be published, or not all registries took them."""


class VerifyError(CiError):
    """An image is not what may be trusted; the message holds the table."""
