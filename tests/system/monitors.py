#!/usr/bin/python3
"""What pingtls tells monitors, and what real ones make of it.

A probe on a timer, prometheus-node-exporter, Prometheus with the alert rules of
the package, and the tools of the Monitoring Plugins.
"""

import json
import os
import re
import socket
import stat
import subprocess
import urllib.request
from pathlib import Path

from conversations import check_confined, waits
from inside import (
    SNAKEOIL,
    active,
    apt_get,
    install,
    journal,
    messages,
    must,
    show,
    start_afresh,
    status_field,
)
from programs import children, run
from tap import HANG, equal, has, main, test, wait_until

CHECKOUT = Path("/srv/pingtls")
PROBE = "pingtls-probe"
DEFAULTS = Path("/etc/default/pingtls")
METRICS = Path("/var/lib/prometheus/node-exporter/pingtls.prom")
PLUGIN = "/usr/lib/nagios/plugins/check_pingtls"
RULES = Path("/usr/share/doc/pingtls/examples/prometheus-alerts.yml")

# Seconds for what Prometheus takes a few of: to start, to scrape, to evaluate.
SLOW = 120
# Both are the machine's pingtlsd.  Its certificate is for the first name.
GOOD, BAD = "ping.example.org", "localhost"

# Seconds where the units and rules of the package have minutes, so that there is
# something to see within this test.  Nothing else of them is changed.
TIMER = """\
[Timer]
OnBootSec=
OnUnitActiveSec=
OnActiveSec=1ms
OnUnitInactiveSec=500ms
RandomizedDelaySec=0
AccuracySec=1ms
"""
PROMETHEUS = """\
global:
  scrape_interval: 500ms
  scrape_timeout: 500ms
  evaluation_interval: 500ms
rule_files: [/etc/prometheus/pingtls.yml]
scrape_configs:
  - job_name: node
    static_configs: [{targets: ["127.0.0.1:9100"]}]
"""
# Reads performance data as Monitoring::Plugin does, and judges them: the time by
# the range given, as it finds no range with an @ in the data, the days by theirs.
READER = """
use Monitoring::Plugin::Performance;
use Monitoring::Plugin::Threshold;
my ($data, $option, $range) = @ARGV;
my $given = Monitoring::Plugin::Threshold->set_thresholds($option => $range);
for (Monitoring::Plugin::Performance->parse_perfstring($data)) {
	my $threshold = $_->label eq "time" ? $given : $_->threshold;
	print join(" ", $_->label, $_->value, $_->uom || "-",
	    $threshold->get_status($_->value)), "\\n";
}
"""


def configure(targets: str, *options: str) -> None:
    given = " ".join([f"--ca-file={SNAKEOIL}", *options])
    DEFAULTS.write_text(f'PINGTLS_TARGETS="{targets}"\nPINGTLS_OPTS="{given}"\n')


def drop_in(unit: str, name: str, text: str) -> Path:
    path = Path(f"/etc/systemd/system/{unit}.d/{name}.conf")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    must("systemctl", "daemon-reload")
    return path


def fetch(url: str) -> str:
    """What is served there; empty as long as nothing is."""
    try:
        with urllib.request.urlopen(url, timeout=30) as reply:
            return reply.read().decode()
    except OSError:
        return ""


def exported(sample: str) -> str:
    """The value that the node exporter serves; empty when there is none."""
    page = fetch("http://127.0.0.1:9100/metrics")
    found = re.search(rf"^{re.escape(sample)} (\S+)$", page, re.MULTILINE)
    return found[1] if found else ""


def firing() -> set[tuple[str, str]]:
    """The alerts of Prometheus that fire, with their targets."""
    alerts = json.loads(fetch("http://127.0.0.1:9090/api/v1/alerts") or "{}")
    return {
        (alert["labels"]["alertname"], alert["labels"]["target"])
        for alert in alerts.get("data", {}).get("alerts", ())
        if alert["state"] == "firing"
    }


@test("the package ships the probe disabled, and without targets it does nothing")
def shipped() -> None:
    install()
    start_afresh()
    equal(run(["systemctl", "is-enabled", f"{PROBE}.timer"]).stdout, "disabled\n")
    equal(active(f"{PROBE}.timer"), "inactive")
    # It would fail if it came to the file: there is no directory for it yet.
    must("systemctl", "start", f"{PROBE}.service")
    equal(active(f"{PROBE}.service"), "inactive")
    equal(METRICS.parent.exists(), False)


@test("a probe leaves a file that the node exporter serves; a bad target fails no unit")
def probe() -> None:
    # This test starts it more often than any timer.
    drop_in(f"{PROBE}.service", "often", "[Unit]\nStartLimitIntervalSec=0\n")
    apt_get("install", "prometheus-node-exporter")
    configure(f"{GOOD} {BAD}")
    must("systemctl", "start", f"{PROBE}.service")
    equal(active(f"{PROBE}.service"), "inactive")
    status = METRICS.lstat()
    equal(stat.S_IMODE(status.st_mode), 0o644)
    equal((status.st_uid, status.st_gid), (0, 0))
    equal(os.listdir(METRICS.parent), [METRICS.name])
    sample = 'pingtls_success{service="pingtls",target="%s"}'
    wait_until("the node exporter serves it", lambda: exported(sample % GOOD) == "1")
    equal(exported(sample % BAD), "0")
    equal(exported("node_textfile_scrape_error"), "0")


def unconfined(said: str) -> list[str]:
    """The layers that conversations could not be confined by."""
    return re.findall(r"is not confined by: (.*)", said)


@test("its conversation is confined as that of a user at a terminal is")
def confined() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, journal("pingtls") as log:
        configure(f"127.0.0.1:{listener.getsockname()[1]}", "-v", f"-W{4 * HANG}")
        must("systemctl", "start", "--no-block", f"{PROBE}.service")
        peer, _ = listener.accept()
        with peer:
            pid = int(show(f"{PROBE}.service", "MainPID"))
            wait_until("the conversation's process waits", lambda: waits(pid))
            user, *_ = status_field(pid, "Uid")
            assert user != "0", "it runs as root"
            check_confined(children(pid)[0], int(user))
        wait_until("it ends", lambda: active(f"{PROBE}.service") == "inactive")
    has(messages(log), "127.0.0.1:.*waiting for an answer")
    nobody = {"user": "nobody", "group": "nogroup", "extra_groups": ()}
    at_terminal = run(["pingtls", "-v", "-c1", "--ca-file", SNAKEOIL, GOOD], **nobody)
    equal(at_terminal.returncode, 0, at_terminal.stderr)
    equal(unconfined(messages(log)), unconfined(at_terminal.stdout), "layers missing")


@test("options that are wrong do fail the unit, and the file stays")
def wrong() -> None:
    before = METRICS.read_text()
    DEFAULTS.write_text('PINGTLS_TARGETS="localhost"\nPINGTLS_OPTS="--no-such-option"\n')
    ended = run(["systemctl", "start", f"{PROBE}.service"])
    equal((ended.returncode, active(f"{PROBE}.service")), (1, "failed"))
    must("systemctl", "reset-failed")
    equal(METRICS.read_text(), before)


@test("what a probe that was taken over leaves is not followed as root")
def taken_over() -> None:
    configure(GOOD)
    link = f"ExecStart=/bin/ln -s /etc/shadow %t/{PROBE}/pingtls.prom"
    override = drop_in(f"{PROBE}.service", "link", f"[Service]\nExecStart=\n{link}\n")
    run(["systemctl", "start", f"{PROBE}.service"])
    equal(os.readlink(METRICS), "/etc/shadow")
    override.unlink()
    must("systemctl", "daemon-reload")
    must("systemctl", "start", f"{PROBE}.service")
    assert stat.S_ISREG(METRICS.lstat().st_mode)


@test("promtool has nothing to say of the metrics, and each alert rule holds")
def promtool() -> None:
    apt_get("install", "prometheus")
    with METRICS.open() as metrics:
        ended = run(["promtool", "check", "metrics"], stdin=metrics)
    equal((ended.returncode, ended.stdout, ended.stderr), (0, "", ""))
    has(must("promtool", "check", "rules", str(RULES)), "4 rules found")
    ended = run(["promtool", "test", "rules", CHECKOUT / "tests/system/alerts_test.yml"])
    equal(ended.returncode, 0, ended.stdout + ended.stderr)


@test("Prometheus fires for the bad target alone; and for the good one, once it breaks")
def alerts() -> None:
    rules, shortened = re.subn(r"for: 10m", "for: 1s", RULES.read_text())
    equal(shortened, 2, "durations")
    Path("/etc/prometheus/pingtls.yml").write_text(rules)
    Path("/etc/prometheus/prometheus.yml").write_text(PROMETHEUS)
    must("systemctl", "restart", "prometheus.service")
    configure(f"{GOOD} {BAD}")
    drop_in(f"{PROBE}.timer", "often", TIMER)
    must("systemctl", "enable", "--now", f"{PROBE}.timer")
    bad = {("UpgradeFails", BAD), ("NotVerified", BAD)}
    wait_until("alerts for the bad target alone", lambda: firing() == bad, SLOW)
    must("systemctl", "stop", "pingtls.socket", "pingtls.service")
    broken = "UpgradeFails", GOOD
    wait_until("an alert for it", lambda: broken in firing(), SLOW)
    start_afresh()
    wait_until("no alert once it is mended", lambda: firing() == bad, SLOW)
    must("systemctl", "disable", "--now", f"{PROBE}.timer")


def check(*options: str) -> subprocess.CompletedProcess[str]:
    return run([PLUGIN, "-H", GOOD, "--ca-file", SNAKEOIL, *options])


@test("Monitoring::Plugin reads the performance data, and judges as check_pingtls does")
def performance() -> None:
    apt_get("install", "libmonitoring-plugin-perl")
    for given in "10", "0", "10:", "~:10", "~:0", "@10:20", "@0:20", "1:5":
        for option in "warning", "critical":
            ended = check(f"--{option}", given, "-D", "30,7")
            data = ended.stdout.rstrip("\n").partition("|")[2]
            read = must("perl", "-e", READER, data, option, given).splitlines()
            found = {line.split()[0]: line.split()[1:] for line in read}
            equal(list(found), ["time", "tls", "days"], ended.stdout)
            equal(found["time"][1:], ["s", str(ended.returncode)], ended.stdout)
            equal(found["days"][1:], ["-", "0"], ended.stdout)


@test("negate of the Monitoring Plugins turns its states around, in the text as well")
def negate() -> None:
    apt_get("install", "monitoring-plugins-basic")
    command = ["/usr/lib/nagios/plugins/negate", "-s", PLUGIN, "--ca-file", SNAKEOIL]
    ended = run([*command, "-H", GOOD])
    equal(ended.returncode, 2, ended.stdout)
    has(ended.stdout, r"^STARTTLS CRITICAL - pingtls .* verified, .*\|time=")
    ended = run([*command, "-H", BAD])
    equal(ended.returncode, 0, ended.stdout)
    has(ended.stdout, r"^STARTTLS OK - pingtls .* certificate not verified: .*\|time=")


main()
