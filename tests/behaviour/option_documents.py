#!/usr/bin/python3
"""The manual pages and the completion know the options that --help shows."""

import re
import shlex
from pathlib import Path

from programs import CHECK_PINGTLS, PINGTLS, PINGTLSD, TOP, run
from tap import Skip, equal, has, main, test

PAGES = {
    PINGTLSD: "man/pingtlsd.8",
    PINGTLS: "man/pingtls.1",
    CHECK_PINGTLS: "man/check_pingtls.1",
}
SHOWN = re.compile(
    r"^  (?:-(?P<letter>\w)|   )(?:, | )?(?:--(?P<name>[\w-]+))?"
    r"(?:\[?[ =](?P<value>[A-Z]+|\S+\|\S+)\]?)?(?:$|  )",
    re.MULTILINE,
)
# Completes the last word as bash would at the key Tab.
COMPLETE = """
. /usr/share/bash-completion/bash_completion && . "$1" || exit
shift
COMP_LINE="$*" COMP_POINT=${#COMP_LINE} COMP_WORDS=("${1##*/}")
for word in "${@:2}"; do
	# As bash does, which breaks words at colons.
	while [[ $word == *:* ]]; do
		COMP_WORDS+=(${word%%:*} ":")
		word=${word#*:}
	done
	COMP_WORDS+=("$word")
done
COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
_pingtls "$1" "${COMP_WORDS[COMP_CWORD]}" "${COMP_WORDS[COMP_CWORD - 1]}" 2>/dev/null
printf '%s\\n' "${COMPREPLY[@]}"
"""


def shown(program: str) -> set[tuple[str, bool]]:
    """The options in --help, as typed, and whether they have a value."""
    found = set()
    for option in SHOWN.finditer(run([program, "--help"]).stdout):
        value = option["value"] is not None
        found |= {(f"-{option['letter']}", value)} if option["letter"] else set()
        found |= {(f"--{option['name']}", value)} if option["name"] else set()
    assert len(found) > 10, found
    return found


def described(page: str) -> set[tuple[str, bool]]:
    """The options that have an item of their own in OPTIONS."""
    text = (TOP / page).read_text()
    options = text[text.index("\n.Sh OPTIONS\n") :].split("\n.Sh ")[1]
    found = set()
    for item in re.findall(r"^\.It (Fl .*)$", options, re.MULTILINE):
        for part in re.split(r" , (?:Fl )?", item.removeprefix("Fl ")):
            option, *rest = part.split()
            found.add((f"-{option}", "Ar" in rest))
    return found


def examples(page: str) -> list[list[str]]:
    """What follows the program's name in the commands of EXAMPLES."""
    text = (TOP / page).read_text().replace("\\e\n", " ").replace(".Dl ", "")
    part = text[text.index("\n.Sh EXAMPLES\n") :].split("\n.Sh ")[1]
    blocks = re.sub(r"(?m)^\..*$", "", part)
    name = Path(page).stem
    return [
        shlex.split(command)
        for command in re.findall(rf"\b{name} (-[^|;&>\n]*|\w[\w.:/ ]*)$", blocks, re.M)
        + re.findall(rf"\b{name} (-[^|;&>\n]*)[|;>]", blocks)
    ]


def completions(program: str, *words: str) -> list[str]:
    script = TOP / "debian/pingtls.bash"
    if not Path("/usr/share/bash-completion/bash_completion").exists():
        raise Skip("bash-completion is not installed")
    if not script.exists():
        raise Skip("a tarball has no debian/")
    ended = run(["bash", "-c", COMPLETE, "bash", str(script), program, *words])
    return ended.stdout.split()


for program, page in PAGES.items():

    @test(f"{page} describes the options that there are, and no others")
    def manual(program: str = program, page: str = page) -> None:
        equal(described(page), shown(program))

    if program == CHECK_PINGTLS:
        continue  # it is on no one's PATH

    @test(f"completion for {Path(program).name} offers every long option")
    def long_options(program: str = program) -> None:
        names = {name for name, _ in shown(program) if name.startswith("--")}
        offered = {word.rstrip("=") for word in completions(program, "--")}
        equal(offered, names)


@test("the examples of pingtls(1) are command lines that it takes")
def in_examples() -> None:
    found = examples(PAGES[PINGTLS])
    assert len(found) > 10, found
    for words in found:
        # It stops at what is wrong, before it asks the network for anything.
        ended = run([PINGTLS, *words, "a b"])
        equal(ended.returncode, 2, " ".join(words))
        has(ended.stderr, "^pingtls: destination a b: ")


@test("completion offers the words that an option's value can be")
def choices() -> None:
    equal(completions(PINGTLSD, "--log", ""), ["auto", "stderr", "syslog", "journal"])
    equal(completions(PINGTLSD, "-L", "sy"), ["syslog"])
    equal(completions(PINGTLSD, "--verify-client", "o"), ["optional"])


@test("completion offers the services, with :// as a target has them")
def services() -> None:
    equal(
        completions(PINGTLS, "--starttls", "submission"), ["submission", "submissions"]
    )
    equal(completions(PINGTLS, "-c", "1", "imap"), ["imap://", "imaps://"])
    # All of those that pingtls takes, and nothing else.
    offered = completions(PINGTLS, "--starttls", "")
    assert {"smtp", "mysql", "smtps", "tls"} < set(offered), offered
    for service in offered:
        ended = run([PINGTLS, "--starttls", service, "a b"])
        has(ended.stderr, "destination a b")
    known = re.findall(
        r'(?:STARTTLS|IMPLICIT|SERVICE)\("([\w-]+)"|\.name = "([\w-]+)"',
        (TOP / "src/services/service.c").read_text(),
    )
    # Its own protocol is not in the table.
    equal(sorted(offered), sorted(["pingtls", *(a or b for a, b in known)]), "services")


@test("completion offers known hosts, behind a service too")
def hosts() -> None:
    for word in "localhos", "smtp://localhos":
        assert "localhost" in [
            x.removeprefix("//") for x in completions(PINGTLS, word)
        ], word


@test("completion offers files behind the = of a value that may be left out")
def optional_value() -> None:
    passwd = "/etc/passwd"
    assert passwd in completions(PINGTLS, f"--prometheus={passwd}")
    equal(completions(PINGTLS, "--prometheus", passwd), [])


@test("the help of pingtlsd says of each limit that takes 0 what that means")
def zero() -> None:
    text = run([PINGTLSD, "--help"]).stdout
    limits = re.findall(
        r"^ +--([\w-]+)=(?:N|BITS|SECONDS) (.*(?:\n {20}.*)*)", text, re.MULTILINE
    )
    assert len(limits) > 5, limits
    tried = {name: run([PINGTLSD, f"--{name}=0", "--help"]) for name, _ in limits}
    takes = [name for name, ended in tried.items() if ended.returncode == 0]
    equal([name for name, help in limits if "0: " in help], takes)
    assert 0 < len(takes) < len(limits), takes


main()
