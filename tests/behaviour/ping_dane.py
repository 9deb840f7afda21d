#!/usr/bin/python3
"""pingtls --dane, with a signed zone and a resolver of the test's own.

The test runs in a network and a mount namespace, where port 53 and
/etc/resolv.conf are its own.
"""

import atexit
import functools
import hashlib
import json
import os
import re
import socket
import sys
from pathlib import Path

from programs import CHECK_PINGTLS, PINGTLS, Program, Server, cert, certs, key, run, scratch
from tap import ROOT, Skip, equal, has, main, needs, running, test

RESOLV, SWITCH = Path("/etc/resolv.conf"), Path("/etc/nsswitch.conf")
TOOLS = "certtool", "ip", "ldns-keygen", "ldns-signzone", "openssl", "unbound", "unshare"
# The resolver's addresses: two on this machine, one that might be another's.
HERE, IPV6, ELSEWHERE = "127.0.0.1", "::1", "192.0.2.53"
# One that does not validate, one that does not answer, one where there is none.
CARELESS, MUTE, NOBODY = "127.0.0.3", "127.0.0.4", "127.0.0.9"
# In the network namespace.
WITHIN = "PINGTLS_TEST_NETWORK"

UNBOUND = """\
server:
  directory: "{directory}"
  chroot: ""
  username: ""
  pidfile: ""
  use-syslog: no
  do-daemonize: no
  do-not-query-localhost: no
  access-control: 0.0.0.0/0 allow
  local-zone: "test." nodefault
  trust-anchor-file: "{anchor}"
  module-config: "{modules}"
  {interfaces}
remote-control:
  control-enable: no
auth-zone:
  name: dead.test
  primary: 127.0.0.1@1
  fallback-enabled: no
"""
AUTHORITY = """\
auth-zone:
  name: {name}
  zonefile: {name}.zone
  for-downstream: no
  for-upstream: yes
  fallback-enabled: no
"""
START = """\
$ORIGIN {name}.
$TTL 60
@ SOA ns hostmaster 1 3600 600 86400 60
@ NS ns
ns A 127.0.0.1
"""
LEAF = """\
cn = "leaf"
dns_name = ta-key.signed.test
dns_name = ta-whole.signed.test
dns_name = pkix.signed.test
signing_key
tls_www_server
expiration_days = 30
"""


def enter_network() -> None:
    """Runs this file anew in a network of its own, if that is possible."""
    if WITHIN in os.environ or not ROOT:
        return
    ours = {SWITCH: scratch() / "nsswitch.conf", RESOLV: scratch() / "resolv.conf"}
    ours[SWITCH].write_text("hosts: files dns\n")
    ours[RESOLV].write_text("")
    mounts = " && ".join(f"mount --bind {file} {path}" for path, file in ours.items())
    script = f"{mounts} && ip link set lo up && ip address add {ELSEWHERE}/32 dev lo"
    command = ["unshare", "--net", "--mount", "--propagation", "private"]
    if run([*command, "sh", "-c", script]).returncode != 0:
        return  # then the tests say so
    ended = run(
        [*command, "sh", "-c", script + ' && exec "$@"', "sh", sys.executable, __file__],
        env={**os.environ, WITHIN: "1"},
        timeout=None,
        capture_output=False,
    )
    sys.exit(ended.returncode)


def needs_network() -> None:
    if not ROOT:
        raise Skip("needs root, for a network of its own")
    for tool in TOOLS:
        needs(tool)
    if WITHIN not in os.environ:
        raise Skip("there can be no network of its own here")


def quietly(*words: object, directory: Path | None = None) -> str:
    ended = run([needs(str(words[0])), *words[1:]], cwd=directory)
    equal(ended.returncode, 0, f"{words}: {ended.stderr}")
    return ended.stdout


def tlsa(kind: str, certificate: object) -> str:
    """The TLSA record of this kind ("3 1 1") for a certificate."""
    usage, selector, matching = kind.split()
    der = scratch() / "der"
    if selector == "0":
        quietly("openssl", "x509", "-in", certificate, "-outform", "DER", "-out", der)
    else:
        public = scratch() / "public.pem"
        public.write_text(
            quietly("openssl", "x509", "-in", certificate, "-noout", "-pubkey")
        )
        quietly("openssl", "pkey", "-pubin", "-in", public, "-outform", "DER", "-out", der)
    return f"{kind} {hashlib.sha256(der.read_bytes()).hexdigest()}"


def kept(program: Program) -> Program:
    """Lives as long as this file's tests, not just the one that started it."""
    running.remove(program)
    atexit.register(program.kill)
    return program


@functools.cache
def server() -> Program:
    """A server that sends its authority, too."""
    leaf, chain = scratch() / "leaf", scratch() / "chain.pem"
    template = scratch() / "leaf.cfg"
    template.write_text(LEAF)
    quietly(
        *("certtool", "--no-text", "--generate-certificate", "--template", template),
        *("--load-privkey", key("ecdsa"), "--outfile", leaf),
        *("--load-ca-certificate", certs() / "ca.pem"),
        *("--load-ca-privkey", certs() / "ca-key.pem"),
    )
    chain.write_text(leaf.read_text() + (certs() / "ca.pem").read_text())
    return kept(Server("--cert", chain, "--key", key("ecdsa"), pairs=()))


def records() -> dict[str, list[str]]:
    """The TLSA records of each host."""
    leaf, other, authority = scratch() / "leaf", cert("other"), certs() / "ca.pem"
    return {
        "key": [tlsa("3 1 1", leaf)],
        "whole": [tlsa("3 0 1", leaf)],
        "ta-key": [tlsa("2 1 1", authority)],
        "ta-whole": [tlsa("2 0 1", authority)],
        "ta-other-name": [tlsa("2 1 1", authority)],
        "two": [tlsa("3 1 1", other), tlsa("3 1 1", leaf)],
        # More than a datagram holds.
        "many": [f"3 1 1 {i:064x}" for i in range(30)] + [tlsa("3 1 1", leaf)],
        "pkix": [tlsa("1 1 1", leaf)],
        "other": [tlsa("3 1 1", other)],
        "forged": [tlsa("3 1 1", other)],
        "unknown": [tlsa("3 1 1", leaf).replace("3", "255", 1)],
        "none": [],
        # Aliases: of one with records, of one without, of one that is not signed.
        "alias": [],
        "alias-of-none": [tlsa("3 1 1", leaf)],
        "alias-outside": [tlsa("3 1 1", leaf)],
    }


ALIASES = {
    "alias": "ta-key",
    "alias-of-none": "none",
    "alias-outside": "key.plain.test.",
}


def write_zone(name: str, hosts: dict[str, list[str]]) -> Path:
    lines = [START.format(name=name)]
    for host, values in hosts.items():
        to = f"CNAME {ALIASES[host]}" if host in ALIASES else "A 127.0.0.1"
        lines.append(f"{host} {to}\n")
        lines += [f"_{server().port}._tcp.{host} TLSA {value}\n" for value in values]
    # A host whose records are those of another: only they are aliased.
    at = f"_{server().port}._tcp"
    lines += ["borrower A 127.0.0.1\n", f"{at}.borrower CNAME {at}.key\n"]
    path = scratch() / f"{name}.zone"
    path.write_text("".join(lines))
    return path


def sign(zone: Path) -> Path:
    """Signs signed.test, and forges a record; returns the trust anchor."""
    words = ["ldns-keygen", "-a", "ECDSAP256SHA256", "-k", "signed.test"]
    pair = quietly(*words, directory=zone.parent).strip()
    quietly("ldns-signzone", "-f", zone, zone, pair, directory=zone.parent)
    text = zone.read_text()
    forged = f"_{server().port}._tcp.forged.signed.test.\t60\tIN\tTLSA\t"
    assert forged in text, text
    start = text.index(forged) + len(forged)
    right = tlsa("3 1 1", scratch() / "leaf")
    zone.write_text(text[:start] + right + text[start + len(right) :])
    return zone.parent / f"{pair}.ds"


def start_unbound(name: str, anchor: Path, modules: str, *addresses: str) -> None:
    config = scratch() / f"{name}.conf"
    interfaces = "\n  ".join(f"interface: {address}" for address in addresses)
    text = UNBOUND.format(
        directory=scratch(), anchor=anchor, modules=modules, interfaces=interfaces
    )
    zones = [AUTHORITY.format(name=zone) for zone in ("signed.test", "plain.test")]
    config.write_text(text + "".join(zones))
    unbound = kept(Program([needs("unbound"), "-c", config]))
    unbound.wait_line("start of service")


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


@functools.cache
def scene() -> None:
    needs_network()
    server()
    write_zone("plain.test", {"key": [tlsa("3 1 1", scratch() / "leaf")]})
    anchor = sign(write_zone("signed.test", records()))
    also = [IPV6] if has_ipv6() else []
    start_unbound("careful", anchor, "validator iterator", HERE, ELSEWHERE, *also)
    start_unbound("careless", anchor, "iterator", CARELESS)


def ping(
    host: str, *options: object, resolver: str = HERE, configuration: str = ""
) -> dict:
    """The outcome of a conversation with the host, the same in both reports."""
    scene()
    RESOLV.write_text(f"nameserver {resolver}\n{configuration}")
    words = ["--dane", "-c", "1", *options, f"{host}:{server().port}"]
    ended, text = run([PINGTLS, "--json", *words]), run([PINGTLS, *words])
    outcome = json.loads(ended.stdout.splitlines()[0])
    status = 0 if outcome["ok"] else 1
    equal((ended.returncode, text.returncode), (status, status), ended.stdout)
    equal("\nDANE: verified by " in text.stdout, outcome["ok"], text.stdout)
    said = without_times(outcome["message"] or "")
    assert outcome["ok"] or said in without_times(text.stderr), text.stderr
    return outcome


def without_times(text: str) -> str:
    """Two runs do not wait equally long."""
    return re.sub(r"[\d.]+ s\b", "some time", text)


def verified(host: str, **how: str) -> None:
    outcome = ping(f"{host}.signed.test", **how)
    equal(outcome["reason"], None, f"{host}: {outcome['message']}")
    equal(outcome["verified"], True, host)
    equal(outcome["dane"]["status"], "verified", host)


def fails(host: str, reason: str, *patterns: str, **how: str) -> None:
    outcome = ping(host, **how)
    equal(outcome["reason"], reason, f"{host}: {outcome['message']}")
    has(outcome["message"], *patterns)


@test("a record of usage 3 or 2 verifies the server, and one of two is enough")
def match() -> None:
    for host in "key", "whole", "ta-key", "ta-whole", "two", "many", "borrower":
        verified(host)


@test("usage 2 is for the name that the records are at, usage 1 for authorities")
def usages() -> None:
    fails("ta-other-name.signed.test", "tlsa-invalid", "name mismatch")
    fails("pkix.signed.test", "tlsa-invalid", "issuer unknown")
    outcome = ping("pkix.signed.test", "--ca-file", certs() / "ca.pem")
    equal(outcome["reason"], None, outcome["message"])


@test("a record of another key fails, and the message has the one that fits")
def mismatch() -> None:
    scene()
    fitting = tlsa("3 1 1", scratch() / "leaf")
    fails("other.signed.test", "tlsa-invalid", f"this certificate's is {fitting}")
    equal(ping("other.signed.test")["dane"]["status"], "failed")


@test("an alias has the records of what it leads to, or else its own")
def aliases() -> None:
    for host in ALIASES:
        verified(host)


@test("what is signed wrongly is never taken for no record, nor for a record")
def forged() -> None:
    fails("forged.signed.test", "dnssec-invalid", "no valid answer .*SERVFAIL")


@test("a zone that is not signed has no records")
def insecure() -> None:
    fails("key.plain.test", "dane-required", "not validated by DNSSEC")


@test("no records, none that can be used, no such name")
def absent() -> None:
    fails("none.signed.test", "dane-required", "no TLSA records at _.*_tcp.none")
    fails("unknown.signed.test", "dane-required", "no TLSA record can be used")
    fails("no-such.signed.test", "resolve")


@test("SERVFAIL is a failure of DNS")
def servfail() -> None:
    fails("host.dead.test", "dnssec-invalid", "SERVFAIL")


@test("a resolver that does not validate is not believed")
def careless() -> None:
    fails("key.signed.test", "dane-required", "not validated", resolver=CARELESS)


@test("this machine's resolver is believed over IPv6 as well")
def ipv6() -> None:
    needs_network()
    if not has_ipv6():
        raise Skip("there is no IPv6 here")
    verified("key", resolver=IPV6)


@test("another machine's resolver is believed with trust-ad only")
def elsewhere() -> None:
    host = "key.signed.test"
    fails(host, "dane-required", "trust-ad", resolver=ELSEWHERE)
    verified("key", resolver=ELSEWHERE, configuration="options trust-ad\n")


@test("a resolver that is not there is a failure of DNS")
def no_resolver() -> None:
    fails("key.signed.test", "dnssec-invalid", "refused", resolver=NOBODY)


@test("each reason is in the metrics and in what the plugin says, too")
def monitors() -> None:
    for host, reason, words in (
        ("other.signed.test", "tlsa-invalid", "no TLSA record matches"),
        ("forged.signed.test", "dnssec-invalid", "no valid answer"),
        ("none.signed.test", "dane-required", "no TLSA records at"),
    ):
        fails(host, reason, words)
        port = server().port
        metrics = run([PINGTLS, "--prometheus", "--dane", "-c", 1, f"{host}:{port}"])
        has(metrics.stdout, rf'\npingtls_failure_info{{.*,reason="{reason}"}} 1\n')
        ended = run([CHECK_PINGTLS, "-H", host, "-p", port, "--dane"])
        equal(ended.returncode, 2, ended.stdout)
        has(ended.stdout, f"^STARTTLS CRITICAL - pingtls {host}:{port} .*{words}")


@test("a resolver that does not answer is waited for as long as -w and it say")
def mute() -> None:
    host = "key.signed.test"
    needs_network()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unread:
        unread.bind((MUTE, 53))
        once = "options timeout:1 attempts:1\n"
        fails(host, "timeout", "did not answer", resolver=MUTE, configuration=once)
        outcome = ping(host, "-w", "0.5", resolver=MUTE)
        equal(outcome["reason"], "timeout", outcome["message"])
        has(outcome["message"], r"the look-up took over .* \(the deadline was over\)")


enter_network()
main()
