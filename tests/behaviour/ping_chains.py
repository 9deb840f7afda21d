#!/usr/bin/python3
"""pingtls names the certificate of the chain that is at fault, and what to do."""

import subprocess
from datetime import datetime, timedelta, timezone

from authority import AUTHORITY, PAST, SERVER, certtool, key_of, make, pem, root
from programs import PINGTLS, python_peer, run, scratch
from tap import equal, has, main, test


def ping(
    leaf: str, *sent: str, trusted: str, options: tuple[str, ...] = ()
) -> subprocess.CompletedProcess[str]:
    """Of a server that sends these, as one that trusts this one."""
    chain = scratch() / "chain.pem"
    chain.write_text("".join(pem(name).read_text() for name in (leaf, *sent)))
    peer, port = python_peer(
        "threaded_server.py", "--cert", chain, "--key", key_of(leaf)
    )
    ended = run(
        [PINGTLS, "-c", 1, "--ca-file", pem(trusted), *options, f"localhost:{port}"]
    )
    peer.kill()
    return ended


def fails(ended: subprocess.CompletedProcess[str], *patterns: str) -> None:
    equal(ended.returncode, 1, f"exit status: {ended.stdout}{ended.stderr}")
    equal(len(ended.stderr.splitlines()), 1, f"lines of {ended.stderr!r}")
    has(ended.stderr, "certificate not verified: ", *patterns)
    # What was seen stands before it.
    has(ended.stdout, "certificate: CN=")


def intermediate() -> str:
    return make("the Intermediate", root())


def leaf() -> str:
    return make("leaf", intermediate(), SERVER)


@test("a missing intermediate is not an unknown root")
def missing() -> None:
    equal(ping(leaf(), intermediate(), trusted=root()).returncode, 0)
    fails(
        ping(leaf(), trusted=root()),
        "issuer unknown: CN=the Intermediate, .* nor did the server send",
    )
    fails(
        ping(leaf(), intermediate(), trusted=make("another Root")),
        "issuer unknown: CN=the Root, which issued CN=the Intermediate",
        "--ca-file",
    )
    fails(
        ping(leaf(), intermediate(), root(), trusted=make("another Root")),
        "the chain ends in CN=the Root, which is not trusted",
    )


def low_issuer() -> str:
    return make("the low Issuer", intermediate())


def low_leaf() -> str:
    return make("low leaf", low_issuer(), SERVER)


@test("any certificate of the chain may be the trusted one, whatever is behind it")
def anchors() -> None:
    stranger = make("stranger")
    old = make("old Intermediate", root(), f"ca\ncert_signing_key\n{PAST}")
    below_old = make("below old", old)
    in_order = low_issuer(), intermediate()
    arrangements = (
        in_order,
        (*in_order, root()),
        in_order[::-1],
        (*in_order, stranger),
        (stranger, *in_order),
        (low_issuer(), *in_order),
    )
    for sent in arrangements:
        for trusted in low_leaf(), low_issuer(), intermediate(), root():
            ended = ping(low_leaf(), *sent, trusted=trusted)
            equal(ended.returncode, 0, f"{sent}, {trusted}: {ended.stderr}")
        fails(
            ping(low_leaf(), *sent, trusted=make("another Root")),
            "issuer unknown: .*CN=the (Root|Intermediate)",
        )
    leaf = make("leaf below old", below_old, SERVER)
    for trusted in leaf, below_old:
        ended = ping(leaf, below_old, old, trusted=trusted)
        equal(ended.returncode, 0, f"expired behind it: {ended.stderr}")
        assert "2021" not in ended.stdout, ended.stdout
    fails(
        ping(leaf, below_old, old, trusted=root()),
        r"verified: issuer's certificate \(CN=old Intermediate\) expired on 2021-01-01",
    )


@test("an authority of the middle vouches for no other name, date or key")
def bounds() -> None:
    above = low_issuer(), intermediate()
    elsewhere = ("--verify-name", "elsewhere.example")
    for trusted in low_leaf(), low_issuer(), intermediate():
        ended = ping(low_leaf(), *above, trusted=trusted, options=elsewhere)
        fails(ended, "verified: name mismatch: .*, not elsewhere.example \\(")
    late = make("late", low_issuer(), SERVER.replace("expiration_days = 90", PAST))
    for trusted in late, low_issuer():
        fails(
            ping(late, *above, trusted=trusted),
            "verified: .*certificate.* expired on 2021-01-01",
        )
    client = make("a client", low_issuer(), SERVER.replace("www_server", "www_client"))
    fails(
        ping(client, *above, trusted=low_issuer()),
        "verified: certificate is not for a TLS server",
    )
    short = make("short", low_issuer(), SERVER, "--key-type=rsa --bits=768")
    fails(
        ping(short, *above, trusted=low_issuer()),
        "verified: certificate has a key that is too short, 768 bits",
    )
    # Of the same name.
    fails(
        ping(low_leaf(), *above, trusted=make("the low Issuer_")),
        "issuer unknown: CN=the Root, which issued CN=the Intermediate",
    )


@test("an authority that has expired does not hide a valid one behind it")
def stale() -> None:
    config = scratch() / "stale.cfg"
    config.write_text(f'cn = "the low Issuer"\nca\ncert_signing_key\n{PAST}\n')
    certtool(
        *("--generate-certificate", "--load-privkey", key_of(low_issuer())),
        *("--load-ca-certificate", pem(intermediate())),
        *("--load-ca-privkey", key_of(intermediate())),
        *("--template", config, "--outfile", pem("stale")),
    )
    both = "both"
    pem(both).write_text(pem("stale").read_text() + pem(root()).read_text())
    sent = low_leaf(), low_issuer(), intermediate()
    ended = ping(*sent, trusted=both, options=("--min-days", "30"))
    equal(ended.returncode, 0, f"exit status: {ended.stderr}")
    assert "2021" not in ended.stdout, ended.stdout
    fails(
        ping(*sent, trusted="stale"),
        r"authority's certificate \(CN=the low Issuer\) expired on 2021-01-01",
    )


@test("an authority that is none is named, and not its child")
def no_authority() -> None:
    none = make("no authority", root(), "signing_key\nexpiration_days = 90")
    deep = make("deep", none)
    deepest = make("deepest", deep, SERVER)
    fails(
        ping(deepest, deep, none, trusted=root()),
        "issuer is no certificate authority: CN=no authority",
    )


@test("an issuer that may not vouch is named, with what forbids it")
def constrained() -> None:
    narrow = make("narrow", root(), f"{AUTHORITY}\nnc_permit_dns = example.org")
    fails(
        ping(make("too wide", narrow, SERVER), narrow, trusted=root()),
        "issuer CN=narrow may not vouch .*: its name constraints exclude it",
    )
    narrow_root = make("narrow Root", "", f"{AUTHORITY}\nnc_exclude_dns = localhost")
    middle = make("middle", narrow_root)
    fails(
        ping(make("excluded", middle, SERVER), middle, trusted=narrow_root),
        "issuer CN=narrow Root may not vouch .*: its name constraints exclude it",
    )
    last = make("last", root(), f"{AUTHORITY}\npath_len = 0")
    below = make("below the last", last)
    fails(
        ping(make("too low", below, SERVER), below, last, trusted=root()),
        "issuer CN=last may not vouch .*: there are more authorities below it",
    )
    silent = make("silent", root(), "ca\ncrl_signing_key\nexpiration_days = 90")
    fails(
        ping(make("unsigned", silent, SERVER), silent, trusted=root()),
        "issuer CN=silent may not vouch .*: its key is not for signing certificates",
    )


@test("one that expired is named, a bystander is not")
def expired() -> None:
    bystander = make("bystander", "", f"ca\ncert_signing_key\n{PAST}")
    equal(ping(leaf(), intermediate(), bystander, trusted=root()).returncode, 0)
    old_root = make("old Root", "", f"ca\ncert_signing_key\n{PAST}")
    fails(
        ping(make("orphan", old_root, SERVER), trusted=old_root),
        r"trusted authority's certificate \(CN=old Root\) expired on 2021-01-01 \(\d+ days",
    )
    old = make("old Intermediate", root(), f"ca\ncert_signing_key\n{PAST}")
    ended = ping(make("heir", old, SERVER), old, bystander, trusted=root())
    fails(ended, r"issuer's certificate \(CN=old Intermediate\) expired on 2021-01-01")
    assert "bystander" not in ended.stderr, ended.stderr


@test("a date of the same day has its time, and the clock's")
def same_day() -> None:
    soon = datetime.now(timezone.utc) + timedelta(hours=1)
    text = soon.strftime("%Y-%m-%d %H:%M:%S UTC")
    template = SERVER.replace("expiration_days = 90", f'activation_date = "{text}"')
    fails(
        ping(make("early", root(), template + "\nexpiration_days = 9"), trusted=root()),
        f"not valid before {text}",
        r"the clock here says \d+-\d+-\d+ \d+:\d+:\d+ UTC",
    )


@test("which is weak: a signature or a key")
def weak() -> None:
    rsa = "--key-type=rsa --bits=2048"
    signer = make("rsa Root", "", AUTHORITY, rsa)
    old = make("sha1", signer, AUTHORITY, rsa, "--hash=SHA1")
    fails(
        ping(make("below", old, SERVER), old, trusted=signer),
        r"issuer's certificate \(CN=sha1\) is signed with a weak algorithm, RSA-SHA1",
    )
    short = "--key-type=rsa --bits=768"
    fails(
        ping(make("short leaf", root(), SERVER, short), trusted=root()),
        "not verified: certificate has a key that is too short, 768 bits",
    )
    short_issuer = make("short Intermediate", signer, AUTHORITY, short)
    fails(
        ping(make("below it", short_issuer, SERVER, rsa), short_issuer, trusted=signer),
        r"issuer's certificate \(CN=short Intermediate\) has a key that is too short",
    )


@test("where the chain ends earlier than its first certificate, a line says so")
def chain_end() -> None:
    # Half a day more than 8, so that no second of this test changes the number.
    end = datetime.now(timezone.utc) + timedelta(days=8, hours=12)
    end_line = end.strftime('expiration_date = "%Y-%m-%d %H:%M:%S UTC"')
    short = make("short", root(), AUTHORITY.replace("expiration_days = 90", end_line))
    ended = ping(make("long", short, SERVER), short, trusted=root())
    equal(ended.returncode, 0, f"exit status: {ended.stdout}{ended.stderr}")
    has(ended.stdout, "its chain ends on .*, with CN=short")
    # Whatever else is wrong.
    other = ("--verify-name", "elsewhere.example")
    ended = ping("long", short, trusted=root(), options=other)
    fails(ended, "name mismatch")
    has(ended.stdout, "its chain ends on .*, with CN=short")
    days = ("--min-days", "30")
    ended = ping("long", short, trusted=root(), options=days)
    equal(ended.returncode, 1, "exit status")
    has(ended.stderr, "certificate CN=short ends in 8 days, fewer than --min-days")


@test("a response that has to be stapled and is not, and an unknown extension")
def demands() -> None:
    must_staple = make("must-staple", root(), f"{SERVER}\ntls_feature = 5")
    fails(
        ping(must_staple, trusted=root()),
        "requires an OCSP response, and the server stapled none "
        r"\(the server has to staple a good one\)$",
    )
    critical = 'add_critical_extension = "1.2.3.4.5 0x0500"'
    fails(
        ping(make("critical", root(), f"{SERVER}\n{critical}"), trusted=root()),
        r"has a critical extension that is not known here \(the server needs another",
    )


@test("P-521 has 521 bits")
def p521() -> None:
    key = "--key-type=ecdsa --curve=secp521r1"
    ended = ping(make("large", root(), SERVER, key), trusted=root(), options=("-v",))
    has(ended.stdout, "key EC/ECDSA, 521 bits")


@test("an issuer of the same name makes no certificate self-signed")
def namesake() -> None:
    ca = make("localhost")
    fails(
        ping(make("localhost_", ca, SERVER), trusted=root()),
        "issuer unknown: CN=localhost, which is not trusted, nor did the server",
    )


main()
