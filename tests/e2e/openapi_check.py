"""Checks answers against an OpenAPI 3.1 document: as much of JSON Schema as the document uses, nothing more. A schema
keyword it does not know is an error, so that nothing is silently unchecked."""
import json
import re

KNOWN = {"$ref", "type", "properties", "required", "additionalProperties", "items", "enum", "oneOf", "minimum", "maximum",
         "minLength", "maxLength", "maxItems", "description", "format", "default"}
TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def has_type(value, name):
    if name == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    if name == "number":
        return isinstance(value, (int, float)) and not isinstance(value, bool)
    return isinstance(value, TYPES[name])


class Document:
    def __init__(self, document):
        self.document = document
        self.paths = [(re.compile("^" + re.sub(r"\{[^}]+\}", "[^/]+", path) + "$"), "{" in path, operations)
                      for path, operations in document["paths"].items()]
        self.paths.sort(key=lambda entry: entry[1])  # exact paths first

    def resolve(self, node):
        while "$ref" in node:
            target = self.document
            for part in node["$ref"].removeprefix("#/").split("/"):
                target = target[part]
            node = target
        return node

    def check(self, method, path, answer):
        """What is wrong with the answer; an empty list: nothing."""
        content_type = answer.headers.get("Content-Type", "")
        for pattern, _, operations in self.paths:
            if not pattern.match(path) or method.lower() not in operations:
                continue
            responses = operations[method.lower()]["responses"]
            described = responses.get(str(answer.status))
            if described is None:
                if answer.status < 400:
                    return [f"status {answer.status} is not documented"]
                described = responses["default"]
            content = self.resolve(described).get("content")
            if content is None:
                return ["a body where none is documented"] if answer.body else []
            if content_type.split(";")[0] not in content:
                return [f"content type {content_type} is not documented"]
            if "json" not in content_type:
                return []
            return self.validate(json.loads(answer.body), content[content_type.split(";")[0]]["schema"], "")
        return [] if answer.status in (401, 404, 405) else ["the route is not documented"]

    def validate(self, value, schema, where):
        schema = self.resolve(schema)
        unknown = set(schema) - KNOWN
        if unknown:
            return [f"schema keywords not known to the checker: {unknown}"]
        mistakes = []
        if "type" in schema:
            names = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
            if not any(has_type(value, name) for name in names):
                return [f"{where or '/'} is {value!r}, not {names}"]
        if "enum" in schema and value not in schema["enum"]:
            mistakes.append(f"{where} is {value!r}, not one of {schema['enum']}")
        if "minimum" in schema and value < schema["minimum"]:
            mistakes.append(f"{where} is below {schema['minimum']}")
        if schema.get("format") == "date-time" and value is not None and not re.match(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$", value):
            mistakes.append(f"{where} is {value!r}, not a time")
        if "oneOf" in schema and sum(not self.validate(value, one, where) for one in schema["oneOf"]) != 1:
            mistakes.append(f"{where} fits not exactly one of oneOf")
        if isinstance(value, dict):
            mistakes += self.validate_object(value, schema, where)
        if isinstance(value, list) and "items" in schema:
            for index, item in enumerate(value):
                mistakes += self.validate(item, schema["items"], f"{where}/{index}")
        return mistakes

    def validate_object(self, value, schema, where):
        mistakes = [f"{where}/{name} is missing" for name in schema.get("required", []) if name not in value]
        properties, others = schema.get("properties", {}), schema.get("additionalProperties", True)
        for name, member in value.items():
            if name in properties:
                mistakes += self.validate(member, properties[name], f"{where}/{name}")
            elif others is False:
                mistakes.append(f"{where}/{name} is not documented")
            elif isinstance(others, dict):
                mistakes += self.validate(member, others, f"{where}/{name}")
        return mistakes
