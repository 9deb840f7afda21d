"""What pingtls --json prints: JSON Lines, each as the schema says."""

import json
import subprocess
from pathlib import Path

from programs import TOP, run, scratch
from tap import Skip, comment, equal

# Of this system's Python, whatever else is on the PATH.
VALIDATE = Path("/usr/bin/jsonschema")
SCHEMA = TOP / "doc/pingtls.schema.json"


def needs_validation() -> None:
    if not VALIDATE.exists():
        raise Skip("python3-jsonschema is not installed")


def validate(objects: list[dict], schema: Path = SCHEMA) -> None:
    """Each is as the schema says, where the validator is installed."""
    if not VALIDATE.exists():
        comment("not validated: python3-jsonschema is not installed")
        return
    command: list[object] = [VALIDATE]
    for number, value in enumerate(objects):
        path = scratch() / f"{number}.json"
        path.write_text(json.dumps(value))
        command += ["-i", path]
    ended = run([*command, schema])
    equal(ended.returncode, 0, ended.stdout + ended.stderr)


def objects(ended: subprocess.CompletedProcess[str], status: int) -> list[dict]:
    """All of standard output, object by object."""
    equal(ended.returncode, status, f"exit status: {ended.stdout}{ended.stderr}")
    equal(ended.stderr, "", "standard error")
    assert ended.stdout.endswith("\n"), ended.stdout
    found = [json.loads(line) for line in ended.stdout.splitlines()]
    validate(found)
    return found
