"""What the embedded engine does not do: in the schema, so that every client's chain is accepted, and refused when used.

Language models and their environments, Dagger Cloud, volumes over SSH, GPUs. The types are written in GraphQL's schema
language, as the API has them.
"""

from __future__ import annotations

from typing import Any

from graphql import parse
from graphql.language import ast

from portable_dagger.api.registry import REQUIRED, Argument, Field, ObjectType
from portable_dagger.api.types import EMPTY, TypeRef
from portable_dagger.errors import EngineError

MODELS = "language models (LLM, Env)"
CLOUD = "Dagger Cloud"
VOLUMES = "volumes over SSH"
GPUS = "GPUs in containers"

BOUND = [
    "Address",
    "CacheVolume",
    "Changeset",
    "Check",
    "CheckGroup",
    "Cloud",
    "Container",
    "DiffStat",
    "Directory",
    "Env",
    "EnvFile",
    "File",
    "Generator",
    "GeneratorGroup",
    "GitRef",
    "GitRepository",
    "HTTPState",
    "JSONValue",
    "Module",
    "ModuleConfigClient",
    "ModuleSource",
    "SearchResult",
    "SearchSubmatch",
    "Secret",
    "Service",
    "Socket",
    "Stat",
    "Up",
    "UpGroup",
    "Volume",
    "Workspace",
]
"""Types that an environment's inputs and outputs may have, beside String."""

TYPES = f"""
type LLM {{
  attempt(number: Int!): LLM!
  bindResult(name: String!): Binding!
  env: Env!
  hasPrompt: Boolean!
  history: [String!]!
  historyJSON: JSON!
  lastReply: String!
  loop: LLM!
  model: String!
  provider: String!
  step: LLM!
  sync: ID!
  tokenUsage: LLMTokenUsage!
  tools: String!
  withBlockedFunction(typeName: String!, function: String!): LLM!
  withEnv(env: Env!): LLM!
  withMCPServer(name: String!, service: Service!): LLM!
  withModel(model: String!): LLM!
  withPrompt(prompt: String!): LLM!
  withPromptFile(file: File!): LLM!
  withStaticTools: LLM!
  withSystemPrompt(prompt: String!): LLM!
  withoutDefaultSystemPrompt: LLM!
  withoutMessageHistory: LLM!
  withoutSystemPrompts: LLM!
}}
type LLMTokenUsage {{
  cachedTokenReads: Int!
  cachedTokenWrites: Int!
  inputTokens: Int!
  outputTokens: Int!
  totalTokens: Int!
}}
type Env {{
  check(name: String!): Check!
  checks(include: [String!] = null, noGenerate: Boolean = null): CheckGroup!
  input(name: String!): Binding!
  inputs: [Binding!]!
  output(name: String!): Binding!
  outputs: [Binding!]!
  services(include: [String!] = null): UpGroup!
  withCurrentModule: Env!
  withMainModule(module: Module!): Env!
  withModule(module: Module!): Env!
  withStringInput(name: String!, value: String!, description: String!): Env!
  withStringOutput(name: String!, description: String!): Env!
  withWorkspace(workspace: Directory!): Env!
  withoutOutputs: Env!
  workspace: Directory!
  {" ".join(f"with{t}Input(name: String!, value: {t}!, description: String!): Env!" for t in BOUND)}
  {" ".join(f"with{t}Output(name: String!, description: String!): Env!" for t in BOUND)}
}}
type Binding {{
  asString: String
  digest: String!
  isNull: Boolean!
  name: String!
  typeName: String!
  {" ".join(f"as{t}: {t}!" for t in BOUND)}
}}
type Cloud {{ traceURL: String! }}
type Volume {{ _: Void }}
type HTTPState {{ _: Void }}
type RemoteGitMirror {{ _: Void }}
type ClientFilesyncMirror {{ _: Void }}
"""

FIELDS = """
type Query {
  llm(model: String = null, maxAPICalls: Int = null): LLM!
  env(privileged: Boolean = false, writable: Boolean = false): Env!
  currentEnv: Env!
  cloud: Cloud!
  sshfsVolume(
    endpoint: String!, privateKey: Secret!, knownHosts: Secret = null, cacheKey: String = null,
    insecureSkipHostKeyCheck: Boolean = false, experimentalServiceHost: Service = null
  ): Volume!
}
type Address { volume: Volume! }
type Container {
  experimentalWithAllGPUs: Container!
  experimentalWithGPU(devices: [String!]!): Container!
  withMountedVolume(path: String!, volume: Volume!, readOnly: Boolean = false, expand: Boolean = false): Container!
}
"""

FEATURES = {
    "Cloud": CLOUD,
    "Volume": VOLUMES,
    "cloud": CLOUD,
    "sshfsVolume": VOLUMES,
    "volume": VOLUMES,
    "withMountedVolume": VOLUMES,
    "experimentalWithAllGPUs": GPUS,
    "experimentalWithGPU": GPUS,
}
"""What a type or field belongs to; the rest belongs to language models."""

SCALARS = frozenset({"String", "Int", "Float", "Boolean", "ID", "JSON", "Void"})
INTERNAL = frozenset({"HTTPState", "RemoteGitMirror", "ClientFilesyncMirror"})
"""Types of the reference engine's inside, which no field of the API leads to."""


def refused_types() -> dict[str, ObjectType]:
    """Return the types that the engine does not have."""
    found = {}
    for definition in _definitions(TYPES):
        name = definition.name.value
        feature = FEATURES.get(name, MODELS)
        described = "Internal to Dagger's engine." if name in INTERNAL else f"Refused: {feature}."
        fields = {
            node.name.value: _field(node, feature)
            for node in definition.fields or ()
            if node.name.value != "_"
        }
        found[name] = ObjectType(name, described, fields=fields)
    return found


def refuse(objects: dict[str, ObjectType]) -> None:
    """Add to types that the engine has the fields that it does not have."""
    for definition in _definitions(FIELDS):
        for node in definition.fields or ():
            name = node.name.value
            feature = FEATURES.get(name, MODELS)
            objects[definition.name.value].fields[name] = _field(node, feature)


def _definitions(text: str) -> list[ast.ObjectTypeDefinitionNode]:
    return [d for d in parse(text).definitions if isinstance(d, ast.ObjectTypeDefinitionNode)]


def _field(node: ast.FieldDefinitionNode, feature: str) -> Field:
    message = f"{node.name.value}: the embedded engine does not do {feature}"

    def refused(*_: object) -> dict[str, object]:
        raise EngineError(message, "run the module on a Dagger engine (`dagger call …`) for that")

    async def never(*_: object, **__: object) -> None:
        refused()

    arguments = tuple(_argument(argument) for argument in node.arguments or ())
    name = node.name.value
    return Field(name, _type(node.type), arguments, never, f"Refused: {feature}.", prepare=refused)


def _argument(node: ast.InputValueDefinitionNode) -> Argument:
    name = node.name.value
    return Argument(name, name, _type(node.type), _default(node.default_value))


def _default(node: ast.ConstValueNode | None) -> Any:  # noqa: ANN401  any literal
    match node:
        case None:
            return REQUIRED
        case ast.NullValueNode():
            return None
        case ast.BooleanValueNode():
            return node.value
        case ast.ListValueNode():
            return EMPTY
    raise AssertionError  # the texts above have no others


def _type(node: ast.TypeNode) -> TypeRef:
    if isinstance(node, ast.NonNullTypeNode):
        inner = _type(node.type)
        return TypeRef(inner.kind, inner.name, optional=False, element=inner.element)
    if isinstance(node, ast.ListTypeNode):
        return TypeRef("list", "", optional=True, element=_type(node.type))
    assert isinstance(node, ast.NamedTypeNode)
    name = node.name.value
    return TypeRef("scalar" if name in SCALARS else "object", name, optional=True)
