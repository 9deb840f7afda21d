"""What pingtls --prometheus prints."""

import re

from tap import equal

SAMPLE = re.compile(
    r'(\w+)\{target="([^"]*)",service="([^"]*)"(?:,address="([^"]*)")?'
    r'(?:,(\w+)="([^"]*)")?'
)


def samples(page: str) -> dict[tuple[str, ...], float]:
    """The values of all samples; HELP and TYPE stand before each metric's."""
    found: dict[tuple[str, ...], float] = {}
    described = ""
    for line in page.splitlines():
        if line.startswith("# TYPE "):
            described = line.split()[2]
            equal(line, f"# TYPE {described} gauge")
        elif not line.startswith("# HELP "):
            labels, value = line.rsplit(" ", 1)
            parts = tuple(part for part in SAMPLE.match(labels).groups() if part)
            equal(parts[0], described)
            assert parts not in found, f"{parts} is there twice"
            found[parts] = float(value)
    return found
