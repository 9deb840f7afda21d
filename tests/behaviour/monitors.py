#!/usr/bin/python3
"""Each outcome of a probe (outcomes.py), as monitors see it: Prometheus and plugins."""

import json
import re
import subprocess

from metrics_page import samples
from outcomes import OUTCOMES, Outcome, servers
from programs import CHECK_PINGTLS, PINGTLS, Server, certs, closed_port, run, server
from tap import HANG, equal, has, main, test

OK, WARNING, CRITICAL, UNKNOWN = range(4)
STATES = "OK", "WARNING", "CRITICAL", "UNKNOWN"
# The plugin's options where they are not those of pingtls.
PLUGIN_OPTIONS = {"-W": "-t", "--min-days=4000": "-D5000,4000"}
# As the guidelines have it: 'label'=value[UOM];[warn];[crit];[min];[max]
PERFORMANCE = re.compile(r"(time|tls|days)=(U|-?[\d.]+)(s?)((?:;[\d.:~@-]*){0,4})")


def trusting() -> list[object]:
    return ["-4", "--ca-file", certs() / "ca.pem"]


def at(pingtlsd: Server) -> list[object]:
    return ["-H", "localhost", "-p", pingtlsd.port, *trusting()]


def check(*options: object) -> subprocess.CompletedProcess[str]:
    return run([CHECK_PINGTLS, *options])


def performance(ended: subprocess.CompletedProcess[str], status: int) -> dict[str, str]:
    """The values of the performance data, of one line that is as the status says."""
    said = f"{ended.stdout}{ended.stderr}"
    equal(ended.returncode, status, said)
    equal(ended.stderr, "", said)
    assert re.match(rf"(START)?TLS {STATES[status]} - ", said) and said.isascii(), said
    text, bar, data = ended.stdout.rstrip("\n").partition("|")
    assert bar and "|" not in data and "\n" not in text + data, said
    found = [PERFORMANCE.fullmatch(word) for word in data.split(" ")]
    assert all(found), said
    return {match[1]: match[2] for match in found}


def check_metrics(o: Outcome, target: str) -> None:
    command = [PINGTLS, "--prometheus", "-c", 1, *trusting(), *o.options, target]
    found = samples(run(command).stdout)
    labels = target, "smtp"
    equal(found["pingtls_success", *labels], o.reason is None, o.name)
    reasons = [key[4] for key in found if key[0] == "pingtls_failure_info"]
    equal(reasons, [] if o.reason is None else [o.reason], o.name)
    equal(found.get(("pingtls_verified", *labels)), o.verified, o.name)
    equal(found.get(("pingtls_starttls_offered", *labels)), o.offered, o.name)
    end = "pingtls_certificate_not_after_timestamp_seconds", *labels
    equal(end in found, o.seen, o.name)


def check_plugin(o: Outcome, port: int) -> None:
    options = [PLUGIN_OPTIONS.get(str(option), option) for option in o.options]
    ended = check("-H", "localhost", "-S", "smtp", "-p", port, *trusting(), *options)
    found = performance(ended, OK if o.reason is None else CRITICAL)
    has(ended.stdout, f" - smtp localhost:{port} ")
    equal(found["days"] != "U", o.seen, o.name)
    if o.reason is None:
        has(ended.stdout, r"TLS1.3 verified, \d+ days left, [\d.]+ s\|")
        assert 0 < float(found["tls"]) < float(found["time"]), ended.stdout
    elif o.name not in ("time-out", "ends soon"):
        has(ended.stdout, ".*".join(o.line))


@test("each outcome, in metrics and as a plugin's status, line and performance data")
def outcomes() -> None:
    with servers() as ports:
        for outcome in OUTCOMES:
            port = ports[outcome.pair, outcome.habit]
            check_metrics(outcome, f"smtp://localhost:{port}")
            check_plugin(outcome, port)


@test("a name that there is not, and a port that refuses")
def nowhere() -> None:
    # RFC 6761: no name ends in .invalid.
    for host, port, reason, words in (
        ("nowhere.invalid", 25, "resolve", "cannot resolve"),
        ("127.0.0.1", closed_port(), "connect", "cannot connect"),
    ):
        target = f"smtp://{host}:{port}"
        found = samples(run([PINGTLS, "--prometheus", "-c", 1, target]).stdout)
        equal(found["pingtls_success", target, "smtp"], 0)
        equal(found["pingtls_failure_info", target, "smtp", "reason", reason], 1)
        ended = check("-H", host, "-S", "smtp", "-p", port)
        equal(set(performance(ended, CRITICAL).values()), {"U"})
        has(ended.stdout, words)


@test("the name of pingtls's own protocol is taken as that of a service")
def own_protocol() -> None:
    with server() as pingtlsd:
        ended = check("-S", "pingtls", *at(pingtlsd))
        performance(ended, OK)
        has(ended.stdout, "^STARTTLS OK - pingtls localhost")
        target = f"pingtls://localhost:{pingtlsd.port}"
        ended = run([PINGTLS, "-j", "-c", 1, *trusting(), target])
        equal(ended.returncode, 0, ended.stdout)
        told = json.loads(ended.stdout.splitlines()[0])
        equal(told["service"], "pingtls", "service")


@test("the ranges of -w and -c decide by the time it took")
def ranges() -> None:
    # The guidelines' forms; it takes more than no time and less than an hour.
    alerts = {
        **{"3600": False, "0": True, "3600:": True, "0:": False},
        **{"~:3600": False, "~:0": True, "1000:3600": True},
        **{"@0:3600": True, "@1000:3600": False},
    }
    with server() as good:
        for given, alert in alerts.items():
            ended = check(*at(good), "-w", given)
            performance(ended, WARNING if alert else OK)
            has(ended.stdout, rf"time=[\d.]+s;{given};;0;10 ")
            ended = check(*at(good), "-c", given)
            performance(ended, CRITICAL if alert else OK)
            has(ended.stdout, rf"time=[\d.]+s;;{given};0;10 ")


@test("days that a certificate must have left, and both thresholds in the data")
def days() -> None:
    with server() as good:
        # Those of certs/make-certs are valid for a year.
        for given, status, shown in (
            ("30,7", OK, "30:;7:"),
            ("4000,7", WARNING, "4000:;7:"),
            ("4000", WARNING, "4000:;"),
            ("5000,4000", CRITICAL, "5000:;4000:"),
        ):
            ended = check(*at(good), "-D", given)
            performance(ended, status)
            has(ended.stdout, rf" days=\d+;{shown}$")


@test("-v prints more lines, below the one that counts")
def verbose() -> None:
    with server() as good:
        ended = check(*at(good), "-v")
    first, *more = ended.stdout.splitlines()
    equal(ended.returncode, OK)
    has(first, r"^STARTTLS OK - pingtls localhost:\d+ TLS1.3 verified, .*\|time=")
    # Where it cannot be confined, a line says so first.
    told = "\n".join(["", *more])
    has(told, "\nTLS1.3 TLS_", "\ncertificate: CN=", "\nTLSA record 3 1 1 ")
    assert "|" not in "".join(more), more


@test("what is wrong with the command line is UNKNOWN, in one line, as is help")
def unknown() -> None:
    for options, words in (
        ([], "no host given"),
        (["-H", "smtp://localhost"], "must be a host"),
        (["-H", "localhost", "-S", "gopher"], "--service gopher: no such service"),
        (["-H", "localhost", "-w", "10:5"], "--warning 10:5: must be a range"),
        (["-H", "localhost", "-c", ""], "--critical: needs a value"),
        (["-H", "localhost", "-D", "7,30"], "--certificate 7,30: must be days"),
        (["-H", "localhost", "--insecure"], "--insecure: no such option"),
        (["-H", "localhost", "other"], "other: no such argument"),
        (["-H", "localhost", "--ca-file=/nonexistent"], "/nonexistent"),
    ):
        ended = check(*options)
        equal((ended.returncode, ended.stderr), (UNKNOWN, ""))
        has(ended.stdout, rf"^STARTTLS UNKNOWN - .*{words}.*\n$")
        equal(ended.stdout.count("\n"), 1)
    for option, words in ("-h", "^Usage: "), ("-V", r"^check_pingtls [\d.]+\n$"):
        ended = check(option)
        equal(ended.returncode, UNKNOWN)
        has(ended.stdout, words)


main(hang_test=4 * HANG)
