"""An OpenAPI document with an operation for each way to break it, and what breaks each."""

from __future__ import annotations

import copy
from typing import Any

Document = dict[str, Any]


def operation() -> Document:
    """Give an operation that has everything that can break."""
    answer = {
        "type": "object",
        "required": ["total"],
        "properties": {"total": {"type": "number"}, "note": {"type": "string"}},
    }
    order = {
        "type": "object",
        "required": ["count"],
        "properties": {"count": {"type": "integer"}, "gift": {"type": "boolean"}},
    }
    return {
        "parameters": [
            {"name": "unit", "in": "query", "schema": {"type": "string", "enum": ["g", "kg"]}},
            {"name": "size", "in": "query", "schema": {"type": "number"}},
            {"name": "day", "in": "query", "schema": {"type": "string"}},
        ],
        "requestBody": {
            "content": {
                "application/json": {"schema": order},
                "application/xml": {"schema": order},
            }
        },
        "responses": {
            "200": {
                "description": "done",
                "content": {"application/json": {"schema": answer}, "text/csv": {}},
            },
            "202": {"description": "later"},
        },
    }


def parameter(found: Document, name: str) -> Document:
    return next(each for each in found["parameters"] if each["name"] == name)


def order(found: Document) -> Document:
    schema: Document = found["requestBody"]["content"]["application/json"]["schema"]
    return schema


def answer(found: Document) -> Document:
    schema: Document = found["responses"]["200"]["content"]["application/json"]["schema"]
    return schema


BREAKS = {
    "api-removed-without-deprecation": lambda item: item.pop("post"),
    "response-success-status-removed": lambda item: item["post"]["responses"].pop("202"),
    "response-required-property-removed": lambda item: (
        answer(item["post"])["properties"].pop("total"),
        answer(item["post"])["required"].clear(),
    ),
    "response-property-became-optional": lambda item: answer(item["post"])["required"].clear(),
    "response-media-type-removed": lambda item: item["post"]["responses"]["200"]["content"].pop(
        "text/csv"
    ),
    "new-required-request-parameter": lambda item: item["post"]["parameters"].append(
        {"name": "shop", "in": "query", "required": True, "schema": {"type": "string"}}
    ),
    "request-parameter-became-required": lambda item: parameter(item["post"], "size").update(
        required=True
    ),
    "request-parameter-enum-value-removed": lambda item: parameter(item["post"], "unit")["schema"][
        "enum"
    ].remove("g"),
    "request-parameter-type-changed": lambda item: [
        parameter(item["post"], name)["schema"].update(change)
        for name, change in (("size", {"type": "integer"}), ("day", {"format": "date"}))
    ],
    "new-required-request-property": lambda item: (
        order(item["post"])["properties"].update(vat={"type": "string"}),
        order(item["post"])["required"].append("vat"),
    ),
    "request-property-became-required": lambda item: order(item["post"])["required"].append("gift"),
    "request-body-became-required": lambda item: item["post"]["requestBody"].update(required=True),
    "request-body-media-type-removed": lambda item: item["post"]["requestBody"]["content"].pop(
        "application/xml"
    ),
    "api-security-anonymous-access-removed": lambda item: item["post"].update(
        security=[{"key": []}]
    ),
}
"""What breaks an operation, by the rule that says so."""

REMOVED_PATH = "api-path-removed-without-deprecation"


def before() -> Document:
    """Give the document in which nothing is broken yet: a path for each rule, named after it."""
    item = {"post": operation(), "get": {"responses": {"200": {"description": "done"}}}}
    return {
        "openapi": "3.1.0",
        "info": {"title": "Shop", "version": "1"},
        "paths": {f"/{rule}": copy.deepcopy(item) for rule in (*BREAKS, REMOVED_PATH)},
        "components": {
            "securitySchemes": {"key": {"type": "apiKey", "in": "header", "name": "X-Key"}}
        },
    }


def after() -> Document:
    """Give the document in which each of them is broken."""
    document = copy.deepcopy(before())
    for rule, change in BREAKS.items():
        change(document["paths"][f"/{rule}"])
    del document["paths"][f"/{REMOVED_PATH}"]
    return document
