#!/usr/bin/python3
"""Each outcome of a probe (outcomes.py), as people read it and as programs do."""

import re
import subprocess
from pathlib import Path

from json_lines import objects
from outcomes import OUTCOMES, Outcome, servers
from programs import PINGTLS, certs, closed_port, run, run_with_file, scratch, server
from tap import DEADLINES, HANG, equal, has, main, test


def ping(*options: object) -> subprocess.CompletedProcess[str]:
    return run([PINGTLS, "-4", "-c", 1, "--ca-file", certs() / "ca.pem", *options])


def one_line(text: str, target: str, parts: tuple[str, ...]) -> None:
    """One line, of this target, with these parts in this order."""
    equal(len(text.splitlines()), 1, f"lines of {text!r}")
    has(text, f"^pingtls: {re.escape(target)}: .*" + ".*".join(parts))


def check_text(o: Outcome, target: str) -> None:
    ended = ping(*o.options, target)
    equal(ended.returncode, 0 if o.reason is None else 1, f"{o.name}: {ended.stderr}")
    if o.reason is None:
        equal(ended.stderr, "")
        has(ended.stdout, "smtp from 127.0.0.1: seq=1 time=", "1 good, 0% loss")
    else:
        one_line(ended.stderr, target, o.line)
        has(ended.stdout, "1 connections, 0 good, 100% loss")
    # What was seen is shown, whatever came of it.
    equal("\ncertificate: CN=" in ended.stdout, o.seen, f"{o.name}: {ended.stdout}")
    equal("\nSTARTTLS: TLS1.3" in ended.stdout, o.seen, f"{o.name}: {ended.stdout}")


def check_json(o: Outcome, target: str) -> None:
    good = o.reason is None
    ended = ping("-j", *o.options, target)
    connection, summary = objects(ended, 0 if good else 1)
    equal(
        {k: connection[k] for k in ("type", "target", "ok", "reason", "pin")},
        {
            **{"type": "connection", "target": target},
            **{"ok": good, "reason": o.reason, "pin": o.pin},
        },
        o.name,
    )
    equal(connection["verified"], o.verified, o.name)
    equal(connection["starttls"]["offered"], o.offered, o.name)
    equal(connection["certificate"] is not None, o.seen, o.name)
    equal(connection["tls"] is not None, o.seen, o.name)
    equal(connection["pings"], None, o.name)
    if good:
        equal(connection["message"], None)
    else:
        has(connection["message"], ".*".join(o.line))
    equal(summary["reasons"], {} if good else {o.reason: 1}, o.name)
    equal((summary["ok"], summary["failed"]), (1, 0) if good else (0, 1), o.name)
    equal(summary["loss_percent"], 0 if good else 100, o.name)


@test("each outcome: one line with the step, the cause and what to do; and an object")
def outcomes() -> None:
    with servers() as ports:
        for outcome in OUTCOMES:
            target = f"smtp://localhost:{ports[outcome.pair, outcome.habit]}"
            check_text(outcome, target)
            check_json(outcome, target)


@test("a name that there is not, and a port that refuses")
def nowhere() -> None:
    port = closed_port()
    for target, reason, parts in (
        # RFC 6761: no name ends in .invalid.
        ("smtp://nowhere.invalid", "resolve", ("cannot resolve: ",)),
        (
            f"smtp://127.0.0.1:{port}",
            "connect",
            (f"cannot connect: 127.0.0.1:{port}: Connection refused",),
        ),
    ):
        ended = ping(target)
        equal(ended.returncode, 1, "exit status")
        one_line(ended.stderr, target, parts)
        connection, summary = objects(ping("-j", target), 1)
        equal((connection["ok"], connection["reason"]), (False, reason))
        equal(connection["address"], None)
        has(connection["message"], *parts)
        equal(summary["reasons"], {reason: 1})


@test("several addresses, one of them dead: the other answers, and counts")
def one_dead() -> None:
    names = scratch() / "hosts"
    names.write_text("127.0.0.2 two.example\n127.0.0.1 two.example\n")
    with server() as pingtlsd:
        target = f"two.example:{pingtlsd.port}"
        command = [PINGTLS, "-c", 1, "--ca-file", certs() / "ca.pem"]
        command += ["--verify-name=localhost"]
        text = run_with_file(Path("/etc/hosts"), names, [*command, target])
        equal((text.returncode, text.stderr), (0, ""), text.stdout)
        has(text.stdout, r"^PINGTLS two\.example \(127\.0\.0\.1:", "0% loss")
        json = run_with_file(Path("/etc/hosts"), names, [*command, "-j", target])
        connection, _ = objects(json, 0)
        equal(connection["address"], f"127.0.0.1:{pingtlsd.port}")
    # All of them: each is named.
    text = run_with_file(Path("/etc/hosts"), names, [*command, target])
    equal(text.returncode, 1, "exit status")
    for address in "127.0.0.1", "127.0.0.2":
        has(text.stderr, rf"cannot connect: .*{address}:\d+: Connection refused")


@test("two targets of which one fails: both are told of, and status 1")
def two_targets() -> None:
    with server() as pingtlsd, server(pairs=("wrong-name",)) as other:
        targets = [f"localhost:{s.port}" for s in (pingtlsd, other)]
        for order in targets, targets[::-1]:
            ended = ping(*order)
            equal(ended.returncode, 1, f"exit status: {ended.stdout}")
            one_line(ended.stderr, targets[1], ("elsewhere.example",))
            equal(ended.stdout.count(" pingtls statistics ---"), 2, ended.stdout)
            found = objects(ping("-j", *order), 1)
            kinds = ["connection"] * 2 + ["summary"] * 2
            equal([x["type"] for x in found], kinds)
            goods = {x["target"]: x["ok"] for x in found[:2]}
            equal(goods, {targets[0]: True, targets[1]: False})
            equal([x["target"] for x in found[2:]], list(order), "summaries")


@test("--insecure: it is ok, it is not verified, and both say why")
def insecure() -> None:
    with server(pairs=("wrong-name",)) as other:
        target = f"localhost:{other.port}"
        ended = ping("--insecure", target)
        equal((ended.returncode, ended.stderr), (0, ""))
        has(ended.stdout, "\nNOT VERIFIED: name mismatch: ")
        connection, _ = objects(ping("-j", "--insecure", target), 0)
        equal((connection["ok"], connection["verified"]), (True, False))
        has(connection["problems"][0], "name mismatch")


@test("TLS before a ServerHello is unknown, and not what we would have had")
def unknown() -> None:
    with servers() as ports:
        target = f"smtp://localhost:{ports['ecdsa', 'silent_3']}"
        for seconds in DEADLINES:
            connection, _ = objects(ping("-j", "-W", seconds, target), 1)
            if connection["starttls"]["offered"]:
                break
        equal(connection["tls"], None)
        has(connection["message"], "did not answer the handshake .*-W waits longer")


main(hang_test=4 * HANG)
