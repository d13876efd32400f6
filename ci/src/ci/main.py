"""The module's object: all functions, which ci/functions holds by what they are about."""

from dagger import object_type

from ci.functions.captures import CaptureFunctions
from ci.functions.change import ChangeFunctions
from ci.functions.gates import GateFunctions
from ci.functions.images import ImageFunctions
from ci.functions.publication import PublicationFunctions
from ci.functions.suite import SuiteFunctions
from ci.functions.workflows import WorkflowFunctions


@object_type
class Ci(
    SuiteFunctions,
    GateFunctions,
    ChangeFunctions,
    WorkflowFunctions,
    ImageFunctions,
    CaptureFunctions,
    PublicationFunctions,
):
    """Continuous integration for a Python project, from the settings in its [tool.ci]."""
