#!/usr/bin/python3
"""The manual opens, completion completes, and the units are as tight as said."""

import re

from inside import install, must, show
from programs import run
from tap import comment, equal, has, main, test

SERVICES = "pingtls.service", "pingtls-inetd@.service"
SOCKETS = "pingtls.socket", "pingtls-inetd.socket"
# On systemd-analyze's scale, where 10 is a service with no confinement at all.
EXPOSURE = 1.5
# Completes the command line $1 as bash would at the key Tab.
COMPLETE = """
. /usr/share/bash-completion/bash_completion
COMP_LINE=$1 COMP_POINT=${#1}
read -r -a COMP_WORDS <<<"$1"
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_completion_loader "${COMP_WORDS[0]}"
words=$(complete -p "${COMP_WORDS[0]}") || exit 1
[[ $words =~ -F\\ ([^ ]+) ]] || exit 1
"${BASH_REMATCH[1]}" "${COMP_WORDS[0]}" "${COMP_WORDS[COMP_CWORD]}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completions(line: str) -> list[str]:
    ended = run(["bash", "-c", COMPLETE, "bash", line])
    return ended.stdout.split()


for page, section in [("pingtlsd", "8"), ("pingtls", "1"), ("pingtls-protocol", "7")]:

    @test(f"man {page}")
    def manual(page: str = page, section: str = section) -> None:
        lines = must("man", "--warnings", page).splitlines()
        assert lines[0].startswith(f"{page.upper()}({section})"), lines[0]
        for heading in "NAME", "DESCRIPTION", "SEE ALSO":
            assert heading in lines, heading


@test("man -k finds the pages")
def apropos() -> None:
    has(must("man", "-k", "pingtls"), "pingtlsd *\\(8\\)", "pingtls *\\(1\\)")


@test("bash completes the options of both programs")
def completion() -> None:
    equal(completions("pingtlsd --check"), ["--check-config"])
    equal(completions("pingtls --verify"), ["--verify-name="])
    equal(completions("pingtlsd --no-such-op"), [])


@test("systemd finds nothing wrong in the units")
def verify() -> None:
    for unit in *SOCKETS, "pingtls.service", "pingtls-inetd@1.service":
        checked = run(["systemd-analyze", "verify", "--recursive-errors=no", unit])
        equal((checked.returncode, checked.stderr), (0, ""), unit)


for service in SERVICES:

    @test(f"systemd-analyze security: {service} is exposed at most {EXPOSURE}")
    def exposure(service: str = service) -> None:
        # The service must not be worse than this; systemd counts in tenths.
        words = ["systemd-analyze", "security", "--no-pager"]
        name = service.replace("@", "@1")
        ended = run([*words, f"--threshold={EXPOSURE * 10:.0f}", name])
        line = ended.stdout.strip().splitlines()[-1]
        comment(line)
        equal(ended.returncode, 0, line)


@test("the units name manual pages that are there")
def documentation() -> None:
    for unit in SERVICES[0], *SOCKETS:
        for page, section in re.findall(r"man:(\S+)\((\d)\)", show(unit, "Documentation")):
            must("man", "-w", section, page)


install()
main()
