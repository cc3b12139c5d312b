"""Checks the examples of an OpenAPI document against their schemas."""

from collections.abc import Iterator

from jsonschema import Draft202012Validator


def described(node: object, place: str) -> Iterator[tuple[str, dict]]:
    """Yields every content, parameter and header of the document that has a schema, with its place."""
    if isinstance(node, dict):
        if isinstance(node.get("schema"), dict):
            yield place, node
        for name, child in node.items():
            if name not in ("example", "examples", "schemas"):
                yield from described(child, f"{place} {name}")
    elif isinstance(node, list):
        for index, child in enumerate(node):
            yield from described(child, f"{place} {index}")


def examples_of(node: dict) -> list[object]:
    named = [example["value"] for example in node.get("examples", {}).values()]
    return named + ([node["example"]] if "example" in node else [])


def faults_of_examples(document: dict) -> list[str]:
    """Returns the examples that do not match their schemas, and the contents without an example."""
    components, faults = document["components"], []
    for part in ("paths", "webhooks", "components"):
        for place, node in described(document[part], part):
            examples = examples_of(node)
            if not examples and " content " in place:
                faults.append(f"{place} has no example")
            # References begin with `#/components`, which is the root of the schema here.
            validator = Draft202012Validator(node["schema"] | {"components": components})
            faults += [f"{place}: {error.message}" for example in examples for error in validator.iter_errors(example)]
    return faults
