#!/usr/bin/python3
"""The examples for Icinga 2 and Nagios, in what Debian has of these."""

import re
import shutil
import ssl
import threading
import time
from pathlib import Path
from socket import create_server

from hostile import hostile_server
from inside import SNAKEOIL, apt_get, install, must
from tap import equal, has, main, test, wait_until

EXAMPLES = Path("/usr/share/doc/pingtls/examples")
# The machine's certificate is for the first name.  The second is the one of the
# example for Nagios.
GOOD, BAD = "ping.example.org", "mx.example.net"
# Seconds for a scheduler to start, and to run a check and say so.
SLOW = 120

# Where the examples say that they belong, and what an administrator has there
# besides: hosts.
ICINGA, NAGIOS = Path("/etc/icinga2/conf.d"), Path("/etc/nagios4/conf.d")
ICINGA_HOSTS = f"""
object Host "{GOOD}" {{
	check_command = "dummy"
	vars.upgrades = [ "smtp", "imap" ]
	vars.pingtls_ca_file = "{SNAKEOIL}"
	vars.pingtls_warning = "20"
	vars.pingtls_critical = "25"
	vars.pingtls_timeout = "30"
}}
object Host "{BAD}" {{
	check_command = "dummy"
	vars.upgrades = [ "smtp" ]
	vars.pingtls_ca_file = "{SNAKEOIL}"
}}
object StatusDataWriter "status" {{ update_interval = 1s }}
"""
NAGIOS_HOSTS = f"""
define host {{
	use        generic-host
	host_name  {BAD}
	max_check_attempts 1
}}
define host {{
	use        generic-host
	host_name  {GOOD}
	max_check_attempts 1
}}
define service {{
	use                  generic-service
	host_name            {GOOD}
	service_description  SMTP upgrade
	check_command        check_pingtls!smtp
}}
"""


class Scheduler:
    """One of the two, where it is told what to do, and where it says what is."""

    def __init__(self, unit: str, commands: str, status: str) -> None:
        self._unit = unit
        self._commands, self._status = Path(commands), Path(status)

    def restart(self) -> None:
        """With nothing left of before; takes commands on return."""
        must("systemctl", "stop", self._unit)
        for path in self._commands, self._status:
            path.unlink(missing_ok=True)
        must("systemctl", "start", self._unit)
        wait_until(
            "it runs", lambda: self._commands.exists() and self._status.exists(), SLOW
        )

    def _state(self, host: str, service: str) -> dict[str, str]:
        """What it knows of a service; nothing as long as that was not checked."""
        text = self._status.read_text() if self._status.exists() else ""
        for entry in re.findall(r"servicestatus \{\n(.*?)\n\s*\}", text, re.DOTALL):
            state = dict(re.findall(r"^\s*(\w+)=(.*)$", entry, re.MULTILINE))
            if (state["host_name"], state["service_description"]) == (host, service):
                return state if state["has_been_checked"] == "1" else {}
        return {}

    def check(self, host: str, service: str, state: int) -> tuple[str, str]:
        """What the plugin says of it, and its performance data."""
        now = int(time.time())
        command = f"[{now}] SCHEDULE_FORCED_SVC_CHECK;{host};{service};{now}\n"
        with self._commands.open("w") as commands:
            commands.write(command)
        found = wait_until(
            f"a check of {host}", lambda: self._state(host, service), SLOW
        )
        equal(found["current_state"], str(state), str(found))
        return found["plugin_output"], found["performance_data"]


def serve() -> None:
    """A server of SMTP and one of IMAP, with the machine's certificate."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(SNAKEOIL, "/etc/ssl/private/ssl-cert-snakeoil.key")
    for port, service in (25, "smtp"), (143, "imap"):
        how = create_server(("", port)), hostile_server.behaves, service, context, False
        threading.Thread(target=hostile_server.serve, args=how, daemon=True).start()


@test("prepare: servers, and pingtls")
def prepare() -> None:
    install()
    with open("/etc/hosts", "a") as hosts:
        hosts.write(f"127.0.1.1 {BAD}\n")
    # The example for Nagios trusts what the system does.
    shutil.copyfile(SNAKEOIL, "/etc/ssl/certs/ca-certificates.crt")
    serve()


@test("Icinga 2 takes the example, and runs the check as that says")
def icinga() -> None:
    apt_get("install", "icinga2-bin")
    shutil.copy(EXAMPLES / "icinga2.conf", ICINGA / "pingtls.conf")
    # In the place of the package's own, which is of this machine's name, too.
    (ICINGA / "hosts.conf").write_text(ICINGA_HOSTS)
    must("icinga2", "feature", "enable", "command")
    must("icinga2", "daemon", "-C")
    daemon = Scheduler(
        "icinga2.service", "/run/icinga2/cmd/icinga2.cmd", "/var/cache/icinga2/status.dat"
    )
    daemon.restart()
    for service in "smtp", "imap":
        output, data = daemon.check(GOOD, f"upgrade-{service}", 0)
        has(output, rf"^STARTTLS OK - {service} {GOOD}:\d+ TLS1\.3 verified, ")
        has(data, r"time=[\d.]+s;20;25;0;30 .* days=\d+;30:;7:")
    output, _ = daemon.check(BAD, "upgrade-smtp", 2)
    has(output, f"^STARTTLS CRITICAL - smtp {BAD}:25 .*certificate is for {GOOD}")


@test("Nagios takes the example, and runs the check as that says")
def nagios() -> None:
    apt_get("install", "nagios4-core")
    shutil.copy(EXAMPLES / "nagios.cfg", NAGIOS / "pingtls.cfg")
    (NAGIOS / "hosts.cfg").write_text(NAGIOS_HOSTS)
    settings = Path("/etc/nagios4/nagios.cfg")
    # So that there is less to wait for.
    often, changed = re.subn(
        r"(?m)^(status_update_interval)=\d+$", r"\1=1", settings.read_text()
    )
    equal(changed, 1, "settings")
    settings.write_text(often)
    has(must("nagios4", "-v", str(settings)), "Total Errors: +0")
    daemon = Scheduler(
        "nagios4.service", "/var/lib/nagios4/rw/nagios.cmd", "/var/lib/nagios4/status.dat"
    )
    daemon.restart()
    output, data = daemon.check(GOOD, "SMTP upgrade", 0)
    has(output, f"^STARTTLS OK - smtp {GOOD}:25 TLS1.3 verified, ")
    has(data, r"time=[\d.]+s;2;5;0;10 .* days=\d+;30:;7:")
    output, _ = daemon.check(BAD, "SMTP upgrade", 2)
    has(output, f"^STARTTLS CRITICAL - smtp {BAD}:25 .*certificate is for {GOOD}")


main()
