"""The part of JSON Schema that schema.json uses."""

import re

TYPES = {"object": dict, "array": list, "string": str, "boolean": bool, "null": type(None)}


def is_of(value, kind):
    if kind == "integer":
        return isinstance(value, int) and not isinstance(value, bool)
    return isinstance(value, TYPES[kind])


class Schema:
    def __init__(self, schema):
        self.schema, self.known = schema, set(schema["$defs"])

    def fault(self, value, schema=None, path="$"):
        """Where a value is not as the schema says, or None."""
        schema = self.schema if schema is None else schema
        if "$ref" in schema:
            return self.fault(value, self.schema["$defs"][schema["$ref"].removeprefix("#/$defs/")], path)
        if "anyOf" in schema:
            faults = [self.fault(value, other, path) for other in schema["anyOf"]]
            # The fault that is deepest says the most.
            return None if None in faults else max(faults, key=len)
        if "const" in schema and value != schema["const"] or "enum" in schema and value not in schema["enum"]:
            return f"{path}: {value!r}"
        if "type" in schema and not is_of(value, schema["type"]):
            return f"{path}: no {schema['type']}"
        if isinstance(value, str) and not re.search(schema.get("pattern", ""), value):
            return f"{path}: {value!r}"
        if is_of(value, "integer") and not schema.get("minimum", value) <= value <= schema.get("maximum", value):
            return f"{path}: {value}"
        if isinstance(value, list) and "items" in schema:
            pairs = ((item, schema["items"], f"{path}[{index}]") for index, item in enumerate(value))
        elif isinstance(value, dict):
            properties, others = schema.get("properties", {}), schema.get("additionalProperties")
            missing = [key for key in schema.get("required", []) if key not in value]
            extra = [key for key in value if key not in properties]
            if missing or extra and others is False:
                return f"{path}: {missing} are missing, {extra} too many"
            names = ((key, schema.get("propertyNames", {}), f"{path}.{key}") for key in value)
            named = ((value[key], properties.get(key, others or {}), f"{path}.{key}") for key in value)
            pairs = (*names, *named)
        else:
            return None
        return next((fault for fault in (self.fault(*pair) for pair in pairs) if fault), None)
