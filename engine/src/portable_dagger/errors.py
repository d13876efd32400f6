"""The engine's error tree.

EngineError                  anything that a user can read: `message` says what happened, `hint` what to do next
├── ExecError                a command in a container failed; carries its exit code and output
├── QueryError               a GraphQL request that does not fit the schema
├── NotFoundError            an ID, token or path that names nothing
├── DockerfileError          a Dockerfile that does not parse, or asks for what cannot be
├── GitError                 a repository or ref that is not there, or cannot be reached
├── HttpError                a server that does not answer, refuses, or sends something else than expected
├── ServiceError             a service that did not become healthy, or died
├── TerminalError            a terminal was asked for, and there is none
├── CommandLineError         a command line that fits no verb, function or flag
├── EngineStartError         the engine could not be started, or does not answer
├── RequestError             the engine's answer to the command line's request is an error
├── RuntimeToolError         a program that containers need is not installed
├── MountError               a file system that could not be mounted
├── ContainerError           the container runtime refused to start a container
├── NetworkError             the network of containers could not be made
├── BundleError              a bundle of a failed step that cannot be written or read, or is none
│   ├── BundleDamagedError   a blob of it is missing, or does not have the digest that names it
│   ├── BundleSignatureError a signature is missing, or not of the key that was given
│   └── MissingInputError    a step cannot be replayed without something that its bundle does not hold
├── ClockError               a command cannot run at another time than now
├── LimitError               a limit on memory or processes that is no number, or cannot be set here
├── LaunchError              the engine's process could not be started, or another one has its state directory
├── ModuleError              something about a module
│   ├── ModuleNotFoundAtPathError  no module at a path or above it
│   ├── ModuleConfigError    dagger.json or pyproject.toml says what cannot be
│   │   └── ModuleSdkError   a module in a language that this engine does not run
│   ├── ModuleEnvironmentError  the packages of a module could not be installed
│   ├── ModuleLoadError      a module's code does not load
│   ├── WorkerError          the worker that runs module code failed
│   └── FunctionError        a function of a module raised
├── StoreError               something about the store
│   ├── LayerMissingError    a layer that something needs is not there
│   ├── PatternError         a path pattern that does not parse
│   ├── LinkLoopError        a path through too many symbolic links
│   ├── PatchError           a patch that does not parse or fit
│   ├── MergeConflictError   changes of the same files that do not go together
│   ├── CollectionStoppedError  the collector was asked to end
│   ├── CacheFileError       a file that holds no cache, or a damaged one, or one of another format
│   └── DiskFullError        the store's file system is full
└── ImageError               something about an image
    ├── ImageReferenceError  a reference that does not parse
    ├── PlatformError        a platform that does not parse
    ├── DurationError        a duration that does not parse
    ├── ImageUnavailableError  neither store, registry nor stand-in has it
    ├── RegistryError        a registry that does not answer, or refuses
    │   └── ImageNotFoundError  it answers, and does not have the image
    ├── ArchiveError         a tar file or layout that is no image
    └── StandInError         a stand-in whose build failed
"""

from __future__ import annotations


class EngineError(Exception):
    """What happened, to which input; `hint` says what to do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


class ExecError(EngineError):
    """A command in a container ended with an exit code that was not expected."""

    def __init__(
        self, message: str, *, cmd: list[str], exit_code: int, stdout: str, stderr: str
    ) -> None:
        super().__init__(message)
        self.cmd = cmd
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


class QueryError(EngineError):
    """A GraphQL request that does not fit the schema."""


class NotFoundError(EngineError):
    """An ID, a token or a path that names nothing."""


class DockerfileError(EngineError):
    """A Dockerfile that does not parse, or asks for what the engine cannot do."""


class GitError(EngineError):
    """A repository, ref or commit that is not there, or cannot be reached."""


class HttpError(EngineError):
    """A file could not be fetched over HTTP, or is not the one that was expected."""


class TerminalError(EngineError):
    """A terminal was asked for, and the command line that opened the session has none."""


class ServiceError(EngineError):
    """A service that did not become healthy, or died while it was in use."""


# bundles


class BundleError(EngineError):
    """A bundle that cannot be written or read, or a file that is none."""


class BundleDamagedError(BundleError):
    """A blob of a bundle is missing, or does not have the digest that names it."""


class BundleSignatureError(BundleError):
    """A bundle's signature is missing, or not of the key that was given."""


class MissingInputError(BundleError):
    """A step cannot be replayed without something that its bundle does not hold, and that this machine has not."""


# images


class ImageError(EngineError):
    """Something about an image."""


class ImageReferenceError(ImageError):
    """An image reference that does not parse."""


class PlatformError(ImageError):
    """A platform that does not parse."""


class DurationError(ImageError):
    """A duration, such as the interval of a health check, that does not parse."""


class ImageUnavailableError(ImageError):
    """No source has the image: neither the store, nor a registry, nor a stand-in."""


class RegistryError(ImageError):
    """A registry that does not answer, or refuses."""


class ImageNotFoundError(RegistryError):
    """A registry that answers, and does not have the image or does not give it to us."""


class ArchiveError(ImageError):
    """A tar file or layout that is no image."""


class StandInError(ImageError):
    """A stand-in whose build failed."""


# modules


class ModuleError(EngineError):
    """A Dagger module that cannot be used: see the leaves."""


class ModuleNotFoundAtPathError(ModuleError):
    """No dagger.json at a path nor above it."""


class ModuleConfigError(ModuleError):
    """A dagger.json or pyproject.toml that cannot be read; names file and key."""


class ModuleSdkError(ModuleConfigError):
    """A module in a language that this engine does not run."""


class ModuleEnvironmentError(ModuleError):
    """The packages that a module asks for could not be installed."""


class ModuleLoadError(ModuleError):
    """A module's code could not be imported, or registers types that the API does not allow."""


class WorkerError(ModuleError):
    """The process that runs module code could not be started, or broke."""


class FunctionError(ModuleError):
    """A function of a module failed; `values` are the details its SDK sent along."""

    def __init__(
        self, message: str, *, exit_code: int = 1, values: dict[str, object] | None = None
    ) -> None:
        super().__init__(message)
        self.exit_code = exit_code
        self.values = values or {}


# cli


class CommandLineError(EngineError):
    """A command line that fits no verb, function or flag."""


class EngineStartError(EngineError):
    """The engine could not be started, or does not answer; names its log."""


class RequestError(EngineError):
    """The engine's answer to a request is an error; `exit_code` is that of what failed."""

    def __init__(
        self,
        message: str,
        hint: str = "",
        *,
        exit_code: int = 1,
        stdout: str = "",
        stderr: str = "",
    ) -> None:
        super().__init__(message, hint)
        self.exit_code = exit_code
        self.stdout = stdout
        self.stderr = stderr


# runtime


class RuntimeToolError(EngineError):
    """A program that containers need is not installed; the hint names its package."""


class MountError(EngineError):
    """A file system that could not be mounted; names the target."""


class ContainerError(EngineError):
    """The container runtime refused to start a container; carries its words."""


class NetworkError(EngineError):
    """The network of containers could not be made."""


class ClockError(EngineError):
    """A command cannot run at another time than now; says why."""


class LimitError(EngineError):
    """A limit on memory or processes that is no number, or that cannot be set on this machine."""


class LaunchError(EngineError):
    """The engine's process could not be started, or another engine has its state directory."""


# store


class StoreError(EngineError):
    """Something about the store."""


class LayerMissingError(StoreError):
    """A layer that something needs is not there (any more)."""


class LinkLoopError(StoreError):
    """A path that leads through too many symbolic links."""


class DiskFullError(StoreError):
    """The file system of the store has no space left."""


class CollectionStoppedError(StoreError):
    """The collector ended before it was done: the engine stops, or is needed for something else."""


class CacheFileError(StoreError):
    """A file that holds no cache, or a damaged one, or one of another format; or one that cannot be written."""


class PatchError(StoreError):
    """A patch that does not parse, or does not fit the files it is for."""


class MergeConflictError(StoreError):
    """Changes of the same files that do not go together."""


class PatternError(StoreError):
    """A path pattern that does not parse."""
