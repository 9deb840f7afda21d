#!/usr/bin/python3
"""What cannot start says why, in one line that names the thing and the cause."""

import re
import shutil
import socket
import subprocess
from pathlib import Path

from programs import (
    AS_USER,
    BECOME,
    PINGTLS,
    PINGTLSD,
    TO_SERVE,
    USER,
    cert,
    certs,
    key,
    pair,
    run,
    scratch,
)
from tap import ROOT, Skip, equal, has, main, needs, test


def refused(status: int, patterns: list[str], *options: object, **how) -> None:
    """pingtlsd ends with this status and one line that has all the patterns."""
    ended = run([PINGTLSD, "--log", "stderr", *AS_USER, *options], **how)
    lines = ended.stderr.splitlines()
    equal(len(lines), 1, f"lines of {ended.stderr!r}")
    has(lines[0], r"^pingtlsd: .", *patterns)
    assert len(lines[0]) < 300, "a very long line"
    equal(ended.stdout, "", "standard output")
    equal(ended.returncode, status, f"exit status ({lines[0]})")


def both(patterns: list[str], *options: object, **how) -> None:
    """Refused at the start, and by --check-config with the same words."""
    refused(1, patterns, "--listen", "127.0.0.1:0", *options, **how)
    refused(1, patterns, "--check-config", *options, **how)


def as_user() -> dict:
    """How run() starts a program that is not root's: no --user then."""
    if not ROOT:
        return {}
    try:
        run([PINGTLSD, "--version"], **BECOME)
    except PermissionError:
        raise Skip("another user than root cannot run the program here") from None
    return BECOME


@test("a file whose name fills the line is cut, and what is wrong with it is not")
def long_name() -> None:
    name = "/" + 250 * "x"
    both([r"cannot read key /x+\.\.\.: No such file"], "--cert", name, "--key", name)


@test("a good configuration passes --check-config, and nothing listens")
def good() -> None:
    ended = run([PINGTLSD, "--check-config", *TO_SERVE, *pair("ecdsa"), *pair("rsa")])
    equal(ended.returncode, 0, ended.stderr)


@test("a port in use")
def port_in_use() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        address = f"127.0.0.1:{held.getsockname()[1]}"
        refused(
            1,
            [re.escape(address), "Address already in use"],
            *("--listen", address, *pair("ecdsa")),
        )


@test("an address that is not this machine's")
def foreign_address() -> None:
    # TEST-NET-3 (RFC 5737): no machine has it.
    refused(
        1,
        [r"203\.0\.113\.1:\d+", "Cannot assign requested address"],
        *("--listen", "203.0.113.1:10001", *pair("ecdsa")),
    )


@test("a value that is empty, as that of a variable that is not set")
def empty_values() -> None:
    for option in "--listen", "--cert", "--key", "--client-ca", "--user", "--pid-file":
        refused(2, [f"{option}: needs a value"], f"{option}=")


PORT = "no port is above 65535"
SERVICE = "Servname not supported"
OTHER = "not an address; say port, host:port"
WRONG_ADDRESSES = {
    "127.0.0.1:99999": PORT,
    "70000": PORT,
    "[::1]:x": SERVICE,
    "127.0.0.1:x y": SERVICE,
    "localhost:no-such-service": SERVICE,
    "[::1": OTHER,
    "127.0.0.1:": OTHER,
    ":": OTHER,
    "256.0.0.1:1": OTHER,
    "foo bar:1": OTHER,
    " 10001": OTHER,
    "::1::2": OTHER,
    f"/{'x' * 120}": "the path is too long",
}


@test("addresses that are none are found by --check-config, too")
def bad_addresses() -> None:
    for address, cause in WRONG_ADDRESSES.items():
        said = f"cannot listen on {address}: {cause}"
        for first in ["--listen", "127.0.0.1:0"], ["--check-config"]:
            refused(1, [re.escape(said)], *first, "--listen", address, *pair("ecdsa"))


@test("--check-config binds no address, and looks no host up")
def check_addresses() -> None:
    check = [PINGTLSD, "--log", "stderr", *AS_USER, "--check-config", *pair("ecdsa")]
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        local = f"127.0.0.1:{port}"
        for address in local, "localhost", "a.b-c.test.:0", "[::1]", "/no/such/socket":
            ended = run([*check, "--listen", address])
            equal(ended.returncode, 0, f"{address}: {ended.stderr}")


@test("a unix path that is not there, or may not be written")
def unix_path() -> None:
    path = scratch() / "missing" / "socket"
    refused(1, [re.escape(str(path)), "No such file"], "--listen", path, *pair("ecdsa"))
    ended = run(
        [PINGTLSD, "--log", "stderr", "--listen", "/pingtls.socket", *pair("ecdsa")],
        **as_user(),
    )
    equal(
        ended.stderr, "pingtlsd: cannot listen on /pingtls.socket: Permission denied\n"
    )
    equal(ended.returncode, 1, "exit status")


@test("a unix path that is a file is left alone")
def unix_path_is_file() -> None:
    path = scratch() / "a-file"
    path.write_text("precious\n")
    refused(1, [re.escape(str(path))], "--listen", path, *pair("ecdsa"))
    equal(path.read_text(), "precious\n", "the file")


@test("a key that is missing, and a certificate that is")
def missing_files() -> None:
    none = scratch() / "none.pem"
    name = re.escape(str(none))
    both([name, "key", "No such file"], "--cert", cert("ecdsa"), "--key", none)
    both([name, "certificate", "No such file"], "--cert", none, "--key", key("ecdsa"))


@test("a key that may not be read")
def unreadable_key() -> None:
    path = scratch() / "unreadable-key.pem"
    shutil.copy(key("ecdsa"), path)
    path.chmod(0 if not ROOT else 0o600)
    ended = run(
        [PINGTLSD, "--log", "stderr", "--listen", "127.0.0.1:0"]
        + ["--cert", cert("ecdsa"), "--key", str(path)],
        **as_user(),
    )
    equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
    has(ended.stderr, re.escape(str(path)), "Permission denied")
    equal(ended.returncode, 1, "exit status")


@test("a key that is noise, is a certificate, is a directory")
def no_key() -> None:
    noise = scratch() / "noise.pem"
    noise.write_text("noise\n")
    for path in str(noise), cert("rsa"), str(scratch()):
        both([re.escape(path), "key"], "--cert", cert("ecdsa"), "--key", path)


@test("a certificate that is noise, is a directory")
def no_certificate() -> None:
    noise = scratch() / "noise.pem"
    noise.write_text("noise\n")
    for path in noise, scratch():
        patterns = [re.escape(str(path)), "certificate"]
        both(patterns, "--cert", path, "--key", key("ecdsa"))


@test("a key that does not match its certificate")
def mismatch() -> None:
    both(
        [re.escape(key("rsa")), re.escape(cert("ecdsa")), "does not match"],
        *("--cert", cert("ecdsa"), "--key", key("rsa")),
    )


@test("a certificate that matches its key, but does not come first")
def not_first() -> None:
    path = scratch() / "disordered.pem"
    # The first is of another chain, too, which is not worth a line then.
    path.write_text("".join(Path(cert(x)).read_text() for x in ("rsa", "ecdsa")))
    cause = f"certificate {path}: the one of key {key('ecdsa')} must come first"
    both([re.escape(cause)], "--cert", path, "--key", key("ecdsa"))


@test("a certificate whose key may not sign, though another pair serves")
def no_signatures() -> None:
    request = [needs("openssl"), "req", "-x509", "-subj", "/CN=x", "-key", key("rsa")]
    for usage in "keyEncipherment", "keyAgreement":
        path = scratch() / f"{usage}.pem"
        command = [*request, "-addext", f"keyUsage={usage}", "-out", path]
        subprocess.run(command, check=True, capture_output=True)
        bad = "--cert", path, "--key", key("rsa")
        cause = f"{path}: it is not for digital signatures (key usage)"
        both([re.escape(cause)], *pair("ecdsa"), *bad)
        both([re.escape(cause)], *bad)


@test("a certificate that expired, and one whose time is to come")
def expired() -> None:
    both([re.escape(cert("expired")), "expired", "2021"], *pair("expired"))
    both([re.escape(cert("not-yet")), "not valid before", "2037"], *pair("not-yet"))


@test("a certificate file that holds a private key")
def key_in_certificate() -> None:
    path = scratch() / "both.pem"
    path.write_text(Path(cert("ecdsa")).read_text() + Path(key("ecdsa")).read_text())
    patterns = [re.escape(str(path)), "private key"]
    both(patterns, "--cert", path, "--key", key("ecdsa"))


@test("an error is the only line: no warning comes before it")
def one_line() -> None:
    if not ROOT:
        raise Skip("needs root: else a key is readable or it is not")
    # The warning of who can read the key would be one.
    path = scratch() / "open-key.pem"
    shutil.copy(key("expired"), path)
    path.chmod(0o644)
    both(
        [re.escape(cert("expired")), "expired"],
        *("--cert", cert("expired"), "--key", path),
    )


@test("--check-config reads as the service's user, who may not read what root may")
def as_the_service() -> None:
    if not ROOT:
        raise Skip("needs root, who can become another user")
    ticket_key = scratch() / "ticket.key"
    ticket_key.write_bytes(bytes(64))
    for option, source in (
        ("--key", key("ecdsa")),
        ("--cert", cert("ecdsa")),
        ("--client-ca", certs() / "ca.pem"),
        ("--ticket-key-file", ticket_key),
    ):
        path = scratch() / f"root{option}.pem"
        shutil.copy(source, path)
        path.chmod(0o600)
        other = pair("ecdsa")
        # Of an option said twice the last one would be another pair.
        if option in other:
            other[other.index(option) + 1] = path
        else:
            other += [option, path]
        cause = "Permission denied to user"
        refused(1, [re.escape(str(path)), cause], "--check-config", *other)
        ended = run([PINGTLSD, "--check-config", *TO_SERVE, "--user=root", *other])
        equal(ended.returncode, 0, ended.stderr)


@test("a pair that no client can use, though another pair serves, is warned of")
def useless_pair() -> None:
    weak = scratch() / "weak-cert.pem", scratch() / "weak-key.pem"
    make = [needs("openssl"), "req", "-x509", "-subj", "/CN=x", "-nodes"]
    curve = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:secp224r1"]
    made = [*make, *curve, "-out", weak[0], "-keyout", weak[1]]
    subprocess.run(made, check=True, capture_output=True)
    weak[1].chmod(0o600)
    if ROOT:
        shutil.chown(weak[1], USER)
    ecdsa = "NORMAL:-SIGN-ALL:+SIGN-ECDSA-SECP256R1-SHA256:+SIGN-ECDSA-SHA256"
    for options, bad in (
        ([*pair("ecdsa"), "--cert", weak[0], "--key", weak[1]], weak[0]),
        ([*pair("rsa"), *pair("ecdsa"), "--tls-priority", ecdsa], cert("rsa")),
        ([*pair("rsa"), *pair("ecdsa"), *pair("ed25519")], None),
    ):
        ended = run(
            [PINGTLSD, "--log", "stderr", "--check-config", *TO_SERVE, *options]
        )
        equal(ended.returncode, 0, ended.stderr)
        warnings = [x for x in ended.stderr.splitlines() if "certificate " in x]
        equal(len(warnings), 1 if bad else 0, ended.stderr)
        if bad:
            cause = f"certificate {bad}: no handshake works with it and this TLS prio"
            has(ended.stderr, re.escape(cause))


@test("a private key that every user can read is warned of")
def readable_key() -> None:
    path = scratch() / "open-key.pem"
    shutil.copy(key("ecdsa"), path)
    path.chmod(0o644)
    words = [PINGTLSD, "--check-config", *TO_SERVE, "--cert", cert("ecdsa")]
    ended = run([*words, "--key", path])
    equal(ended.returncode, 0, ended.stderr)
    has(ended.stderr, f"key {re.escape(str(path))}: every user can read it")


@test("a second pair that is bad")
def second_pair() -> None:
    both([re.escape(cert("expired")), "expired"], *pair("ecdsa"), *pair("expired"))


@test("a priority string that GnuTLS does not know")
def priority() -> None:
    for string, cause in (
        ("NORML", '"NORML" is not understood'),
        ("NORMAL:", "it has an empty part at character 8"),
    ):
        both([cause], *pair("ecdsa"), "--tls-priority", string)


@test("a user that does not exist")
def no_user() -> None:
    if not ROOT:
        raise Skip("needs root: only root changes user")
    refused(
        1,
        ["no-such-user"],
        *("--listen", "127.0.0.1:0", *pair("ecdsa"), "--user", "no-such-user"),
    )


@test("usage errors have exit status 2")
def usage() -> None:
    for words in (
        ["--no-such-option"],
        ["--listen"],
        ["--max-sessions", "many"],
        ["--max-sessions", "0"],
        ["--max-sessions", "-1"],
        ["--max-errors", "99999999999999999999"],
        ["--idle-timeout", "1.2345"],
        ["--idle-timeout", "soon"],
        ["--log", "nowhere"],
        ["stray"],
    ):
        # Options are read in order, so the good ones come first.
        ended = run([PINGTLSD, *pair("ecdsa"), "--listen", "127.0.0.1:0", *words])
        equal(ended.returncode, 2, f"exit status of {words}: {ended.stderr}")
        has(ended.stderr, r"^pingtlsd: ", re.escape(words[-1].lstrip("-")))
        equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")


@test("a certificate without a key, and a key without a certificate")
def unpaired() -> None:
    for words in ["--cert", cert("ecdsa")], ["--key", key("ecdsa")]:
        ended = run([PINGTLSD, *AS_USER, "--listen", "127.0.0.1:0", *words])
        equal(ended.returncode, 2, f"exit status of {words}")
        has(ended.stderr, "^pingtlsd: ", "--cert", "--key")


@test("--help and --version go to standard output, exit status 0")
def help_and_version() -> None:
    for program in PINGTLSD, PINGTLS:
        for option, pattern in ("--help", "usage"), ("--version", r"^\S+ \d"):
            ended = run([program, option])
            equal(ended.returncode, 0, "exit status")
            has(ended.stdout, pattern)
            equal(ended.stderr, "", "standard error")


@test("output that cannot be written is an error")
def full() -> None:
    if not Path("/dev/full").exists():
        raise Skip("this machine has no /dev/full")
    for program in PINGTLSD, PINGTLS:
        with open("/dev/full", "w") as nowhere:
            ended = run(
                [program, "--help"],
                capture_output=False,
                stdout=nowhere,
                stderr=subprocess.PIPE,
            )
        assert ended.returncode != 0, f"{program} --help lost its output"


main()
