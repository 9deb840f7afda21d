#!/usr/bin/python3
"""pingtls --prometheus: a page of metrics, or a file that is replaced whole."""

import os
import signal
from pathlib import Path

from metrics_page import samples
from programs import (
    PINGTLS,
    Program,
    certs,
    closed_port,
    run,
    run_with_file,
    scratch,
    server,
)
from tap import equal, has, main, test, wait_until


def trusting() -> list[object]:
    return ["-4", "-c", "1", "--ca-file", certs() / "ca.pem"]


@test("a page of a good target and a dead one; the failure is said, too")
def page() -> None:
    with server() as pingtlsd:
        good = f"localhost:{pingtlsd.port}"
        dead = f"smtp://127.0.0.1:{closed_port()}"
        ended = run([PINGTLS, "--prometheus", *trusting(), good, dead])
    equal(ended.returncode, 1, ended.stderr)
    has(ended.stderr, f"^pingtls: {dead}: cannot connect")
    found = samples(ended.stdout)
    equal(found["pingtls_success", good, "pingtls"], 1)
    equal(found["pingtls_verified", good, "pingtls"], 1)
    assert 0 < found["pingtls_ping_rtt_avg_seconds", good, "pingtls", "stage", "tls"]
    phase = ("pingtls", "phase")
    total = found["pingtls_duration_seconds", good, *phase, "total"]
    assert 0 < found["pingtls_duration_seconds", good, *phase, "tls"] < total
    equal(found["pingtls_success", dead, "smtp"], 0)
    equal(found["pingtls_failure_info", dead, "smtp", "reason", "connect"], 1)
    assert ("pingtls_verified", dead, "smtp") not in found


@test("a target that is given twice is there once")
def twice() -> None:
    dead = f"127.0.0.1:{closed_port()}"
    found = samples(run([PINGTLS, "--prometheus", *trusting(), dead, dead]).stdout)
    equal(found["pingtls_connections", dead, "pingtls"], 2)


@test("-m: each address of a name has a label, and its target is as it was given")
def addresses() -> None:
    names = scratch() / "hosts"
    names.write_text("127.0.0.1 two.example\n127.0.0.2 two.example\n")
    with server() as pingtlsd:
        name, number = f"two.example:{pingtlsd.port}", f"127.0.0.1:{pingtlsd.port}"
        ended = run_with_file(
            Path("/etc/hosts"),
            names,
            [PINGTLS, "--prometheus", *trusting(), "-m", "--verify-name=localhost"]
            + [name, number],
        )
    found = samples(ended.stdout)
    equal(found["pingtls_success", name, "pingtls", "127.0.0.1"], 1)
    equal(found["pingtls_success", name, "pingtls", "127.0.0.2"], 0)
    dead = name, "pingtls", "127.0.0.2", "reason", "connect"
    equal(found["pingtls_failure_info", *dead], 1)
    equal(found["pingtls_success", number, "pingtls"], 1)
    assert ("pingtls_success", name, "pingtls") not in found


@test("a file is replaced after each conversation, readable by all, and whole")
def file() -> None:
    path = scratch() / "pingtls.prom"
    dead = f"127.0.0.1:{closed_port()}"
    key = "pingtls_connections", dead, "pingtls"
    command = [PINGTLS, f"--prometheus={path}", "--reconnect", "-i", "0.01", dead]
    pinging = Program(command, umask=0o077)

    def count() -> float:
        return samples(path.read_text())[key] if path.exists() else 0

    wait_until("a third conversation", lambda: count() >= 3)
    equal(path.stat().st_mode & 0o777, 0o644)
    pinging.signal(signal.SIGINT)
    equal(pinging.wait(), 1)
    equal([name for name in os.listdir(scratch()) if ".prom" in name], [path.name])
    equal(pinging.said(r"^[^p]|^pingtls_"), None)


@test("a file that cannot be written ends the run with status 2 and a line")
def unwritable() -> None:
    path = Path("/nonexistent/pingtls.prom")
    dead = f"127.0.0.1:{closed_port()}"
    ended = run([PINGTLS, f"--prometheus={path}", "--reconnect", dead])
    equal((ended.returncode, ended.stdout), (2, ""))
    has(ended.stderr, f"\npingtls: cannot write {path}: No such file or directory\n$")


@test("--json and --prometheus exclude each other")
def json() -> None:
    for options in [["-j", "--prometheus"], ["--prometheus=f", "--json"]]:
        ended = run([PINGTLS, *options, "localhost"])
        equal((ended.returncode, ended.stdout), (2, ""))
        equal(ended.stderr, "pingtls: --json and --prometheus exclude each other\n")


main()
