#!/usr/bin/python3
"""pingtls --json: all of standard output is objects, each as the schema says."""

from authority import SERVER, key_of, make, pem, root
from json_lines import needs_validation, objects, validate
from programs import PINGTLS, certs, closed_port, run, server
from tap import equal, has, main, test


def ping(status: int, *options: object) -> list[dict]:
    """What pingtls says, object by object, each as the schema says."""
    return objects(run([PINGTLS, "--json", *options]), status)


def trusting(port: int) -> list[object]:
    return ["--ca-file", certs() / "ca.pem", f"localhost:{port}"]


@test("a good conversation: an object and a summary")
def good() -> None:
    with server() as pingtlsd:
        connection, summary = ping(
            0, "-4", "-c", "2", "-i", "0.01", *trusting(pingtlsd.port)
        )
    equal((connection["type"], summary["type"]), ("connection", "summary"))
    equal((connection["ok"], connection["verified"]), (True, True))
    equal(connection["pings"]["tls"]["received"], 2)
    equal(connection["tls"]["version"], "TLS1.3")
    equal(connection["certificate"]["matched"], "localhost")
    assert 0 < connection["ms"]["tls"] < connection["ms"]["total"]
    equal((summary["connections"], summary["failed"]), (1, 0))


@test("a wrong name: the facts of the certificate are there, and the reason")
def wrong_name() -> None:
    with server(pairs=("wrong-name",)) as pingtlsd:
        connection, summary = ping(1, "-4", "-c", "1", *trusting(pingtlsd.port))
    equal(connection["reason"], "certificate-host-mismatch")
    equal((connection["ok"], connection["verified"]), (False, False))
    equal(connection["certificate"]["names"], ["elsewhere.example"])
    equal(summary["reasons"], {"certificate-host-mismatch": 1})


@test("with --insecure it is good, and not verified")
def insecure() -> None:
    with server(pairs=("wrong-name",)) as pingtlsd:
        port = pingtlsd.port
        connection = ping(0, "-4", "-c", "1", "--insecure", f"localhost:{port}")[0]
    equal((connection["ok"], connection["verified"]), (True, False))


@test("two targets of which one is dead: an object and a summary for each")
def two() -> None:
    with server() as pingtlsd:
        dead = f"127.0.0.1:{closed_port()}"
        found = ping(1, "-4", "-c", "1", *trusting(pingtlsd.port), dead)
    equal([o["type"] for o in found], ["connection"] * 2 + ["summary"] * 2)
    # Conversations as they end, summaries in the order given.
    ended = {o["target"]: (o["ok"], o["reason"]) for o in found[:2]}
    equal(ended, {found[2]["target"]: (True, None), dead: (False, "connect")})
    equal(found[3]["target"], dead, "the second summary")


@test("whatever a certificate holds, an object is ASCII and can be read")
def odd_names() -> None:
    template = SERVER + '\norganization = "\x1b[2J\x07 b\u00fccher, \\ and \\"\x7f"'
    odd = make("odd", root(), template)
    files = "--cert", pem(odd), "--key", key_of(odd)
    with server(*files, pairs=()) as pingtlsd:
        ended = run(
            [PINGTLS, "-j", "-4", "-c", "1", "--ca-file", pem(root())]
            + [f"localhost:{pingtlsd.port}"]
        )
    assert ended.stdout.isascii(), ended.stdout
    connection, _ = objects(ended, 0)
    has(connection["certificate"]["subject"], r"\.\[2J\. b\.+cher")


@test("every object is as the schema says, and one that is not is found")
def schema() -> None:
    needs_validation()
    with server() as pingtlsd, server(pairs=("wrong-name",)) as other:
        found = ping(
            # Seconds: one that awaits a greeting waits longer.
            *(1, "-4", "-c", "1", "-W", "1"),
            *trusting(pingtlsd.port),
            f"localhost:{other.port}",
            f"smtp://localhost:{pingtlsd.port}",
            "tls://nowhere.invalid:1",
        )
    equal(len(found), 8, "objects")
    for member, value in ("reason", "no-such-reason"), ("port", "25"), ("ok", None):
        try:
            validate([{**found[0], member: value}])
        except AssertionError:
            continue
        raise AssertionError(f"{member} may be {value!r}")


@test("a wrong option says so on standard error, and nothing is an object")
def wrong() -> None:
    ended = run([PINGTLS, "--json", "--no-such-option"])
    equal((ended.returncode, ended.stdout), (2, ""))
    has(ended.stderr, "no such option")


main()
