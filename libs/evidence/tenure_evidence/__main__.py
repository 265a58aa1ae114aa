"""Prints the JSON Schema of suite files: `python -m tenure_evidence > suite.schema.json`."""

import json
import sys

from tenure_evidence.suites import suite_schema

sys.stdout.write(json.dumps(suite_schema(), indent=2) + "\n")
