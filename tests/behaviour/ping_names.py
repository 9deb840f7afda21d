#!/usr/bin/python3
"""pingtls takes names as people write them, and its lines about names agree."""

import subprocess
from pathlib import Path

from authority import SERVER, key_of, make, pem, root
from programs import PINGTLS, PINGTLSD, TO_SERVE, Program, run, server
from tap import Skip, equal, has, main, needs, needs_root, test

IDN = "bücher.example"
IDN_ASCII = "xn--bcher-kva.example"


def named(name: str, *names: str) -> str:
    """A server's certificate with these lines of certtool's for names."""
    nameless = SERVER.partition("\n")[2]
    return make(name, root(), "\n".join((*names, nameless)))


def ping(*options: object) -> subprocess.CompletedProcess[str]:
    return run([PINGTLS, "-c", 1, "--ca-file", pem(root()), *options])


def ping_one(
    certificate: str, host: str, *options: object
) -> subprocess.CompletedProcess[str]:
    """A server that has this certificate, under this host."""
    files = "--cert", pem(certificate), "--key", key_of(certificate)
    with server(*files, pairs=()) as pingtlsd:
        return ping(*options, f"{host}:{pingtlsd.port}")


# A certificate's common name, its other names, the name that is expected of it,
# and what is said: of the name that matches, or else of the mismatch.
CASES = (
    ("127.0.0.1", 'dns_name = "127.0.0.1"', "127.0.0.1", None, "is for DNS name 127"),
    ("127.0.0.1_", "", "127.0.0.1", None, "is for common name 127"),
    ("localhost", "", "localhost", "localhost", None),
    ("localhost_", 'email = "me@a.example"', "localhost", "localhost", None),
    ("localhost__", 'uri = "spiffe://x/y"', "localhost", None, "URI spiffe://x/y, not"),
    ("wild", 'dns_name = "*.a.example"', "x.a.example", r"\*\.a\.example", None),
    ("top", 'dns_name = "*.example"', "a.example", None, r"is for \*\.example, not a"),
    ("idn", f'dns_name = "{IDN_ASCII}"', IDN, IDN_ASCII, None),
    ("idn", f'dns_name = "{IDN_ASCII}"', "x" + IDN, None, f"{IDN_ASCII}, not xn--x"),
    ("dot", 'dns_name = "a.example"', "a.example.", r"a\.example", None),
    ("six", 'ip_address = "::1"', "[::1]", "::1", None),
    ("six", 'ip_address = "::1"', "0:0::1", "::1", None),
    ("six", 'ip_address = "::1"', "[::2]", None, "is for ::1, not the address ::2"),
)


@test("a certificate either matches, and which name is said, or why it does not")
def matches() -> None:
    for name, names, expected, matched, mismatch in CASES:
        certificate = named(name, names)
        wanted = f"--verify-name={expected}"
        ended = ping_one(certificate, "127.0.0.1", wanted)
        said = f"{name} as {expected}: {ended.stdout}{ended.stderr}"
        equal(ended.returncode, 0 if matched else 1, said)
        if matched:
            has(
                ended.stdout,
                rf"^certificate: .*, matches {matched}, ".replace("^", "\n"),
            )
            continue
        assert "matches" not in ended.stdout, said
        has(ended.stderr, "certificate not verified: name mismatch: ", mismatch)
        insecure = ping_one(certificate, "127.0.0.1", wanted, "--insecure")
        equal(insecure.returncode, 0, said)
        assert "matches" not in insecure.stdout, insecure.stdout
        has(insecure.stdout, "NOT VERIFIED: name mismatch: ", mismatch)


@test("a server is asked for a name in ASCII, without its dot, and for no number")
def server_names() -> None:
    idn, plain = named("idn", f'dns_name = "{IDN_ASCII}"'), named("localhost")
    # The first is sent to who asks for none, or one that there is not.
    files = []
    for certificate in plain, idn:
        files += ["--cert", pem(certificate), "--key", key_of(certificate)]
    with server(*files, pairs=()) as pingtlsd:
        for asked, got in (
            (IDN, "idn"),
            (IDN_ASCII + ".", "idn"),
            ("127.0.0.1", "localhost"),
            ("127.1", "localhost"),
            ("2130706433", "localhost"),
            ("[::1]", "localhost"),
        ):
            ended = ping(
                *("--insecure", f"--verify-name={asked}"),
                f"127.0.0.1:{pingtlsd.port}",
            )
            has(ended.stdout, f"certificate: CN={got},")


# A network with a link of its own; one of its ends is fe80::1.
LINK = """
set -e
ip link add va type veth peer name vb
ip link set lo up
ip link set va up
ip link set vb up
ip addr add fe80::1/64 dev va nodad
echo linked
exec cat
"""


@test("a link-local address is connected to by its zone, and verified without it")
def zone() -> None:
    needs_root()
    if not Path("/proc/net/if_inet6").exists():
        raise Skip("there is no IPv6")
    apart = [needs("unshare"), "--net", "sh", "-c", LINK]
    needs("ip")
    link = Program(apart, stdin=subprocess.PIPE)
    link.wait_line("^linked$")
    inside = [needs("nsenter"), "--net", f"--target={link.pid}"]
    six = named("link", 'ip_address = "fe80::1"')
    pingtlsd = Program(
        [*inside, PINGTLSD, "--log=stderr", *TO_SERVE, "--listen=[::]:10001"]
        + ["--cert", pem(six), "--key", key_of(six)]
    )
    pingtlsd.wait_line("listening on")
    trusting = [PINGTLS, "-c", 1, "--ca-file", pem(root())]
    ended = run([*inside, *trusting, "fe80::1%va"])
    equal(ended.returncode, 0, ended.stderr)
    has(
        ended.stdout,
        r"^PINGTLS fe80::1%va \(\[fe80::1%va\]:10001\)",
        "matches fe80::1,",
    )
    ended = run([*trusting, "fe80::1"])
    equal(ended.returncode, 2, "exit status")
    has(ended.stderr, "a link-local address needs its interface")
    pingtlsd.kill()
    link.kill()


@test("a name beyond ASCII is shown as it is looked up where that fails, too")
def idn_fails() -> None:
    # RFC 6761: no name ends in .invalid.
    given, mapped = "bücher.invalid", r"xn--bcher-kva\.invalid"
    for target, shown in (
        (given, mapped),
        (f"{given}:25", f"{mapped}:25"),
        (f"smtp://{given}:25", f"smtp://{mapped}:25"),
    ):
        for options in [], ["--prometheus"], ["localhost:1"]:
            ended = ping(*options, target)
            equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
            has(ended.stderr, f"(?m)^pingtls: {shown}: cannot resolve: ")
    has(ping("-j", given).stdout, f'"target":"{given}"', f'"host":"{mapped}"')


@test("what cannot be a name is refused before anything is sent")
def no_names() -> None:
    with server() as pingtlsd:
        for name in "", "a b", ".a", "a..b", "x" * 64 + ".example", "a\tb", "[::1":
            ended = ping(f"--verify-name={name}", f"localhost:{pingtlsd.port}")
            equal(ended.returncode, 2, f"exit status of {name!r}")
            equal(len(ended.stderr.splitlines()), 1, ended.stderr)
        equal(sum("session from" in x for x in pingtlsd.lines), 0, "sessions")


main()
