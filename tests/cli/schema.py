# SPDX-License-Identifier: BSD-3-Clause
# schema.py SCHEMAS DOCUMENTS: validates DOCUMENTS/NAME.*.json, and each line of DOCUMENTS/NAME.*.jsonl,
# against SCHEMAS/NAME.json, with no member that the schema does not name. A line for each file: its name, and "fine" or
# what is wrong. Files of DOCUMENTS that begin with "bad-" are named bad-NAME.*.json.
import glob
import json
import os
import sys

from jsonschema import Draft202012Validator


def close(schema):
    """What has properties has no others."""
    if isinstance(schema, dict):
        if "properties" in schema and "additionalProperties" not in schema and schema.get("type") == "object":
            schema["additionalProperties"] = False
        for key, value in schema.items():
            if key != "additionalProperties":
                close(value)
    elif isinstance(schema, list):
        for value in schema:
            close(value)


def validator(path):
    with open(path, encoding="utf-8") as f:
        schema = json.load(f)
    Draft202012Validator.check_schema(schema)
    close(schema)
    return Draft202012Validator(schema)


def wrong(check, text):
    for error in check.iter_errors(json.loads(text)):
        return "/".join(map(str, error.absolute_path)) + ": " + error.message[:200]
    return None


checks = {os.path.basename(p)[:-5]: validator(p) for p in sorted(glob.glob(sys.argv[1] + "/*.json"))}
for name in sorted(os.listdir(sys.argv[2])):
    check = checks[name.removeprefix("bad-").split(".")[0]]
    with open(os.path.join(sys.argv[2], name), encoding="utf-8") as f:
        texts = f.read().splitlines() if name.endswith("l") else [f.read()]
    print(name, next(filter(None, (wrong(check, t) for t in texts)), "fine" if texts else "empty"))
