#!/usr/bin/env python3
"""Prints one job for each service in $SERVICES, and a stage that tests them together."""

import json
import os

services = os.environ.get("SERVICES", "").split()
jobs = [
    {
        "name": f"test-{service}",
        "steps": [f"make -C services/{service} test"],
        "artifacts": {f"coverage-{service}": f"services/{service}/coverage.xml"},
        "retry": 1,
    }
    for service in services
]
together = {
    "name": "together",
    "jobs": [{"name": "contracts", "steps": ["make contracts"], "uses_artifacts": ["services"]}],
}
print(json.dumps({"jobs": jobs, "stages": [together]}, indent=2))
