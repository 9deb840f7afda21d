#!/usr/bin/python3
"""The clock on the wall jumps, and a day passes, while pingtls runs."""

import json
import re
import signal
from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from json_lines import validate
from programs import PINGTLS, Program, certs, run, server
from tap import DEADLINES, HANG, equal, main, test, wait_until
from wall_clock import shifted


def client(port: int, *options: object) -> Program:
    # A process that is confined cannot read the file that is its clock.
    trusting = ["--no-sandbox", "--ca-file", certs() / "ca.pem"]
    return Program([PINGTLS, "-4", *trusting, *options, f"localhost:{port}"])


def end(program: Program) -> None:
    program.signal(signal.SIGINT)
    program.wait()


# Clocks that are an hour on or a minute back each time somebody looks at them.
RESTLESS = ("+0 i3600", 3600), ("+1d i-60", -60)


@test("the clock jumps: no time that is measured is longer or shorter for it")
def jumps() -> None:
    for how, step in RESTLESS:
        with server() as pingtlsd, shifted(how):
            program = client(pingtlsd.port, "-D", "-i", 0.02, "-c", 20, "-w", HANG)
            equal(program.wait(), 0, "exit status")
        text = "\n".join(program.lines)
        times = [float(ms) for ms in re.findall(r"seq=\d+ time=(\S+) ms", text)]
        equal(len(times), 40, text)
        assert all(0 < ms < 1000 * HANG for ms in times), text
        times = [int(ms) for ms in re.findall(r"loss, time (\S+) ms", text)]
        assert len(times) == 2 and all(0 <= ms < 1000 * HANG for ms in times), text
        # -D is the time of the wall, wherever that is.
        stamps = [int(x) for x in re.findall(r"(?m)^\[(\d+)\.\d{6}\] ", text)]
        pairs = list(zip(stamps, stamps[1:]))
        assert all((later - sooner) / step >= 1 for sooner, later in pairs), text


@test("-w ends it though the clock goes back all the time")
def deadline() -> None:
    for how, _ in RESTLESS:
        with server() as pingtlsd, shifted(how):
            for seconds in DEADLINES:
                program = client(pingtlsd.port, "-i", 0.02, "-w", seconds)
                if (status := program.wait()) == 0:
                    break
        equal(status, 0, "exit status")


def watch(
    port: int, moment: datetime, until: Callable[[dict], bool], *options: object
) -> list[dict]:
    """Conversations as JSON while the clock passes this moment: one that is good
    before, until one is as `until` says."""

    def seen(condition: Callable[[dict], bool]) -> bool:
        return any(condition(json.loads(line)) for line in list(program.lines))

    # Seconds before the moment, in which a slow machine may have none.
    for before in 1, 4, 10:
        ahead = moment - timedelta(seconds=before) - datetime.now(timezone.utc)
        with shifted(f"{ahead.total_seconds():+.3f}"):
            program = client(port, "-j", "-r", "-i", 0.05, *options)
        wait_until("the one after it", lambda: seen(until))
        end(program)
        if seen(lambda o: o["type"] == "connection" and when(o["at"]) < moment):
            break
    found = [json.loads(line) for line in program.lines]
    validate(found[:1] + found[-2:])
    return [o for o in found if o["type"] == "connection"]


def when(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@test("midnight passes: the date changes once, and time goes on")
def midnight() -> None:
    now = datetime.now(timezone.utc)
    day = datetime(now.year, now.month, now.day, tzinfo=timezone.utc)
    next_day = day + timedelta(days=1)
    with server() as pingtlsd:
        found = watch(pingtlsd.port, next_day, lambda o: when(o["at"]) >= next_day)
    times = [when(o["at"]) for o in found]
    equal(times, sorted(times), "in order")
    equal({t.date() for t in times}, {day.date(), next_day.date()}, "days")
    equal({o["ok"] for o in found if o["reason"] != "interrupted"}, {True})


@test("a certificate reaches --min-days, and then its end, while it is watched")
def expires() -> None:
    with server() as pingtlsd:
        trusting = ["--ca-file", certs() / "ca.pem", f"localhost:{pingtlsd.port}"]
        ended = run([PINGTLS, "-j", "-4", "-c", 1, *trusting])
        certificate = json.loads(ended.stdout.splitlines()[0])["certificate"]
        # The authority may end before it, in the same second at the latest.
        final = when(certificate["chain_not_after"])
        for days, options, reason in (
            (1, ("--min-days", 1), "certificate-expires-soon"),
            (0, (), "certificate-expired"),
        ):
            limit = final - timedelta(days=days)
            found = watch(
                *(pingtlsd.port, limit),
                lambda o: o.get("reason") == reason,
                *options,
            )
            good = [o for o in found if o["ok"]]
            bad = [o for o in found if o["reason"] == reason]
            assert good and bad, f"{len(good)} good, {len(bad)} bad"
            # It is valid to the end of that second (RFC 5280, 4.1.2.5).
            last = max(when(o["at"]) for o in good)
            assert last < limit + timedelta(seconds=1), f"good at {last}"
            told = [o["seq"] for o in found if o["reason"] != "interrupted"]
            equal([o["seq"] for o in good + bad], told, "first good, then bad")
            equal({o["certificate"]["days_left"] for o in good}, {days}, "days left")


main()
