#!/usr/bin/python3
"""pingtls --json: all of standard output is objects, each as the schema says."""

import json
from pathlib import Path

from programs import PINGTLS, TOP, certs, free_port, run, scratch, server
from tap import Skip, equal, has, main, test

# Of this system's Python, whatever else is on the PATH.
VALIDATE = Path("/usr/bin/jsonschema")
SCHEMA = TOP / "doc/pingtls.schema.json"


def objects(status: int, *options: object) -> list[dict]:
    """What pingtls says, object by object."""
    ended = run([PINGTLS, "--json", *options])
    equal(ended.returncode, status, f"status: {ended.stderr}")
    return [json.loads(line) for line in ended.stdout.splitlines()]


def trusting(port: int) -> list[object]:
    return ["--ca-file", certs() / "ca.pem", f"localhost:{port}"]


@test("a good conversation: an object and a summary")
def good() -> None:
    with server() as pingtlsd:
        connection, summary = objects(
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
        connection, summary = objects(1, "-4", "-c", "1", *trusting(pingtlsd.port))
    equal(connection["reason"], "certificate-host-mismatch")
    equal((connection["ok"], connection["verified"]), (False, False))
    equal(connection["certificate"]["names"], ["elsewhere.example"])
    equal(summary["reasons"], {"certificate-host-mismatch": 1})


@test("with --insecure it is good, and not verified")
def insecure() -> None:
    with server(pairs=("wrong-name",)) as pingtlsd:
        port = pingtlsd.port
        connection = objects(0, "-4", "-c", "1", "--insecure", f"localhost:{port}")[0]
    equal((connection["ok"], connection["verified"]), (True, False))


@test("two targets of which one is dead: an object and a summary for each")
def two() -> None:
    with server() as pingtlsd:
        dead = f"127.0.0.1:{free_port()}"
        found = objects(1, "-4", "-c", "1", *trusting(pingtlsd.port), dead)
    equal([o["type"] for o in found], ["connection", "summary"] * 2)
    equal([o["ok"] for o in found[::2]], [True, False])
    equal(found[2]["reason"], "connect")


@test("every object is as the schema says")
def schema() -> None:
    if not VALIDATE.exists():
        raise Skip("python3-jsonschema is not installed")
    with server() as pingtlsd, server(pairs=("wrong-name",)) as other:
        found = objects(
            # Seconds: one that awaits a greeting waits longer.
            *(1, "-4", "-c", "1", "-W", "1"),
            *trusting(pingtlsd.port),
            f"localhost:{other.port}",
            f"smtp://localhost:{pingtlsd.port}",
            "tls://nowhere.invalid:1",
        )
    equal(len(found), 8, "objects")
    command = [VALIDATE]
    for number, value in enumerate(found):
        path = scratch() / f"{number}.json"
        path.write_text(json.dumps(value))
        command += ["-i", path]
    ended = run([*command, SCHEMA])
    equal(ended.returncode, 0, ended.stdout + ended.stderr)


@test("a wrong option says so on standard error, and nothing is an object")
def wrong() -> None:
    ended = run([PINGTLS, "--json", "--no-such-option"])
    equal((ended.returncode, ended.stdout), (2, ""))
    has(ended.stderr, "no such option")


main()
