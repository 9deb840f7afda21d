#!/usr/bin/python3
"""A thousand targets in one run, good ones and all others."""

import json
import os
import pty
import random
import re
import signal
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from programs import (
    PATIENT,
    PEERS,
    PINGTLS,
    Program,
    cert,
    certs,
    children,
    closed_port,
    command_name,
    key,
    run,
    run_with_file,
    scratch,
    server,
)
from tap import DEADLINES, HANG, Skip, equal, has, main, needs, needs_root, test, wait_until

TARGETS = 1000
# Seconds for what never comes.  Those that are silent are few, so that the run
# takes no longer than twice this for them.
TIMEOUT = 5
AT_ONCE = 16
SILENT = 2 * AT_ONCE
# In the process that this test starts again in a network of its own.
APART = "PING_MANY_APART"


def conversations(pid: int) -> list[int]:
    """The processes of pingtls that talk to servers, and do not look up names."""
    return [x for x in children(pid) if command_name(x) != "pingtls-resolve"]


def command(*options: object) -> list[str]:
    return [PINGTLS, "--ca-file", str(certs() / "ca.pem"), *map(str, options)]


@contextmanager
def silent() -> Iterator[int]:
    """A port where connections are taken and nothing is ever said."""
    with socket.create_server(("127.0.0.1", 0), backlog=TARGETS) as listener:
        yield listener.getsockname()[1]


@contextmanager
def hostile() -> Iterator[dict[str, int]]:
    """SMTP servers, each with a bad habit, and their ports."""
    peer = Program(
        [sys.executable, PEERS / "hostile_server.py"]
        + ["--cert", cert("ecdsa"), "--key", key("ecdsa")]
    )
    peer.wait_line("listening$")
    found = {}
    for line in list(peer.lines):
        if said := re.match(r"hostile_server: smtp (\S+) (\d+)$", line):
            found[said[1]] = int(said[2])
    yield found
    peer.kill()


Wanted = dict[str, tuple[bool, str | None]]


@contextmanager
def mixture() -> Iterator[tuple[list[str], Wanted]]:
    """The targets, and what is to come of each: whether it is good, or why not."""
    with ExitStack() as stack:
        good = stack.enter_context(server(*PATIENT)).port
        mute = stack.enter_context(silent())
        bad = stack.enter_context(hostile())
        closed = closed_port()
        wanted: Wanted = {
            f"smtp://localhost:{closed}": (False, "connect"),
            f"localhost:{closed}": (False, "connect"),
            f"smtp://localhost:{bad['injects']}": (False, "clear-text-after-starttls"),
            f"smtp://localhost:{bad['refuses']}": (False, "starttls-refused"),
            f"smtp://localhost:{bad['alerts']}": (False, "protocol"),
            f"smtp://localhost:{bad['drips']}": (True, None),
        }
        targets = [target for target in wanted for _ in range(TARGETS // 20)]
        slow = f"tls://localhost:{mute}", f"localhost:{mute}"
        targets += [target for target in slow for _ in range(SILENT // 2)]
        targets += [f"localhost:{good}"] * (TARGETS - len(targets))
        wanted |= {target: (False, "timeout") for target in slow}
        wanted[f"localhost:{good}"] = True, None
        # Always in the same order, and everywhere of each kind.
        random.Random(1).shuffle(targets)
        yield targets, wanted


def run_many(*options: object) -> subprocess.CompletedProcess:
    return subprocess.run(
        command("-4", "-W", TIMEOUT, "--parallel", AT_ONCE, *options),
        capture_output=True,
        text=True,
        timeout=10 * HANG,
    )


@test("each of a thousand targets has its right result, summed up in order")
def results() -> None:
    with mixture() as (targets, wanted):
        ended = run_many("-j", *targets)
    equal(ended.returncode, 1, f"exit status: {ended.stderr[:1000]}")
    equal(ended.stderr, "")
    objects = [json.loads(line) for line in ended.stdout.splitlines()]
    found = [x for x in objects if x["type"] == "connection"]
    summaries = [x for x in objects if x["type"] == "summary"]
    came = Counter((x["target"], (x["ok"], x["reason"])) for x in found)
    equal(came, Counter((target, wanted[target]) for target in targets))
    equal([x["target"] for x in summaries], targets, "the order of the summaries")
    equal(objects[-TARGETS:], summaries, "what comes last")


@test("the same in a network of its own")
def apart() -> None:
    needs_root()
    if APART in os.environ:
        raise Skip("this is it")
    ended = subprocess.run(
        [needs("unshare"), "--net", "sh", "-c", 'ip link set lo up && exec "$@"']
        + ["sh", sys.executable, __file__],
        env={**os.environ, APART: "1"},
        capture_output=True,
        text=True,
        timeout=20 * HANG,
    )
    equal(ended.returncode, 0, f"exit status: {ended.stdout[:3000]}")


@test("every line of text is whole, and begins with its target")
def lines() -> None:
    with mixture() as (targets, wanted):
        ended = run_many(*targets)
    equal(ended.returncode, 1, "exit status")
    text, _, _ = ended.stdout.partition("\n\n--- ")
    prefix = re.compile("(?:" + "|".join(map(re.escape, wanted)) + "): [ A-Za-z]")
    torn = [x for x in text.splitlines() if not prefix.match(x)]
    equal(torn, [], "torn lines")
    prefix = re.compile("pingtls: " + prefix.pattern)
    torn = [x for x in ended.stderr.splitlines() if not prefix.match(x)]
    equal(torn, [], "torn lines of errors")
    # Of a ping of ours that is not answered there is a line of standard output.
    silent_ones = sum(x.endswith(f"within {TIMEOUT} s") for x in text.splitlines())
    failed = sum(not wanted[target][0] for target in targets)
    equal(len(ended.stderr.splitlines()) + silent_ones, failed, "failures told of")


@test("silent targets are waited for together, not one after another")
def together() -> None:
    with silent() as port:
        targets = [f"tls://127.0.0.1:{port}"] * 64
        began = time.monotonic()
        ended = run(command("-W", 1, "--parallel", 64, "-q", *targets))
        equal(ended.returncode, 1, "exit status")
        equal(len(ended.stderr.splitlines()), 64, "errors")
        assert time.monotonic() - began < 64, "one after another"


@test("no more than --parallel processes at once, each of a conversation")
def limit() -> None:
    with silent() as port:
        program = Program(
            command("-W", 4 * HANG, "--parallel", 3, *[f"tls://127.0.0.1:{port}"] * 9)
        )
        wait_until("three talk", lambda: len(children(program.pid)) == 3)
        program.signal(signal.SIGINT)
        equal(program.wait(), 1, "exit status")
        equal(program.session(), [], "processes that stay")
        # Those that were begun.
        equal(sum("statistics ---" in x for x in program.lines), 3, "summaries")


@test("SIGINT ends them all, with their summaries, and no process stays")
def interrupted() -> None:
    with mixture() as (targets, _):
        program = Program(command("-W", 4 * HANG, "-c", 1, *targets))
        program.wait_line("over TLS: seq=1 ")
        wait_until(
            "all places are taken", lambda: len(conversations(program.pid)) == AT_ONCE
        )
        program.signal(signal.SIGINT)
        equal(program.wait(), 1, "exit status")
        equal(program.session(), [], "processes that stay")
    has("\n".join(program.lines), r"\n--- .* pingtls statistics ---\n")


@test("-w ends them all, and names those that were not tried")
def deadline() -> None:
    with silent() as port:
        targets = [f"tls://127.0.0.1:{port}"] * 40
        for seconds in DEADLINES:
            ended = run(command("-w", seconds, "-W", HANG, *targets))
            equal(ended.returncode, 1, "exit status")
            equal(len(ended.stderr.splitlines()), 40, "errors")
            not_tried = ended.stderr.count(": not tried (")
            if not_tried == 40 - AT_ONCE:
                break
    equal(not_tried, 40 - AT_ONCE, "not tried")


@test("-m: each address of a name is a target of its own")
def all_addresses() -> None:
    names = scratch() / "hosts"
    names.write_text("127.0.0.1 two.example\n127.0.0.2 two.example\n")
    with server() as pingtlsd:
        target = f"two.example:{pingtlsd.port}"
        ended = run_with_file(
            Path("/etc/hosts"),
            names,
            command("-4", "-m", "-j", "--verify-name=localhost", target, "-c", 1)
            # A number is one address, and a name that is not found stays.
            + [f"127.0.0.1:{pingtlsd.port}", "none.invalid:1"],
        )
    equal(ended.returncode, 1, f"exit status: {ended.stderr}")
    objects = [json.loads(line) for line in ended.stdout.splitlines()]
    found = {x["target"]: x["reason"] for x in objects if x["type"] == "connection"}
    wanted = {
        f"{target} (127.0.0.1)": None,
        f"{target} (127.0.0.2)": "connect",
        f"127.0.0.1:{pingtlsd.port}": None,
        "none.invalid:1": "resolve",
    }
    equal(found, wanted)
    summaries = [x["target"] for x in objects if x["type"] == "summary"]
    equal(sorted(summaries[:2]), sorted(list(wanted)[:2]), "summaries")
    equal(summaries[2:], list(wanted)[2:], "summaries")


def on_terminal(targets: list[str]) -> tuple[str, str]:
    """What is said on standard output, and on standard error, a terminal."""
    ours, theirs = pty.openpty()
    ended = subprocess.run(
        command("-c", 1, "--plain", *targets),
        stdout=subprocess.PIPE,
        stderr=theirs,
        text=True,
        timeout=HANG,
    )
    os.close(theirs)
    said = b""
    try:
        while more := os.read(ours, 65536):
            said += more
    except OSError:
        pass  # the end of a terminal
    os.close(ours)
    return ended.stdout, said.decode()


@test("on a terminal a line shows how far it is, none of one target or in a pipe")
def progress() -> None:
    with server() as pingtlsd:
        targets = [f"localhost:{pingtlsd.port}"] * 3
        stdout, stderr = on_terminal(targets)
        has(stderr, r"\r\x1b\[K\d of 3 targets done, \d under way")
        # Nothing of it is left.
        has(stderr, r"\r\x1b\[K\Z")
        assert "targets done" not in stdout, stdout
        equal(on_terminal(targets[:1])[1], "")
        ended = run(command("-c", 1, "--plain", *targets))
        equal(ended.stderr, "")
        assert "targets done" not in ended.stdout, ended.stdout


main(hang_test=30 * HANG)
