"""Enums of the TypeDef family and of module sources."""

from __future__ import annotations

import enum

from portable_dagger.api.types import enum_type


@enum_type
class TypeDefKind(str, enum.Enum):
    """Distinguishes the different kinds of TypeDefs."""

    STRING_KIND = "STRING_KIND"
    INTEGER_KIND = "INTEGER_KIND"
    FLOAT_KIND = "FLOAT_KIND"
    BOOLEAN_KIND = "BOOLEAN_KIND"
    SCALAR_KIND = "SCALAR_KIND"
    LIST_KIND = "LIST_KIND"
    OBJECT_KIND = "OBJECT_KIND"
    INTERFACE_KIND = "INTERFACE_KIND"
    INPUT_KIND = "INPUT_KIND"
    VOID_KIND = "VOID_KIND"
    ENUM_KIND = "ENUM_KIND"
    STRING = "STRING_KIND"
    INTEGER = "INTEGER_KIND"
    FLOAT = "FLOAT_KIND"
    BOOLEAN = "BOOLEAN_KIND"
    SCALAR = "SCALAR_KIND"
    LIST = "LIST_KIND"
    OBJECT = "OBJECT_KIND"
    INTERFACE = "INTERFACE_KIND"
    INPUT = "INPUT_KIND"
    VOID = "VOID_KIND"
    ENUM = "ENUM_KIND"


@enum_type
class FunctionCachePolicy(str, enum.Enum):
    """The behavior configured for function result caching."""

    Default = "Default"
    PerSession = "PerSession"
    Never = "Never"


@enum_type
class ModuleSourceKind(str, enum.Enum):
    """The kind of module source."""

    LOCAL_SOURCE = "LOCAL_SOURCE"
    GIT_SOURCE = "GIT_SOURCE"
    DIR_SOURCE = "DIR_SOURCE"
    LOCAL = "LOCAL_SOURCE"
    GIT = "GIT_SOURCE"
    DIR = "DIR_SOURCE"


@enum_type
class ModuleSourceExperimentalFeature(str, enum.Enum):
    """Experimental features of a module."""

    SELF_CALLS = "SELF_CALLS"
