"""A throwaway machine: systemd booted on a tree that stays as it was.

What the machine writes is kept in memory and gone when it ends.  It ends with
the process that started it, however that ends.
"""

import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

# Seconds for a boot and for an end.  It takes one of them here.
PATIENCE = 120
# Where the machine sees what it is lent.
CHECKOUT = Path("/srv/pingtls")
PACKAGES = Path("/srv/packages")

# By default systemd-nspawn 252 knows no Landlock and refuses it.
LANDLOCK = "landlock_create_ruleset landlock_add_rule landlock_restrict_self"

ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "HOME": "/root",
    "LANG": "C.UTF-8",
    "DEBIAN_FRONTEND": "noninteractive",
    "PYTHONDONTWRITEBYTECODE": "1",
    "PYTHONPATH": f"{CHECKOUT}/tests/system:{CHECKOUT}/tests/behaviour",
}


class Machine:
    """A booted machine, for the length of a with statement.

    It has a loopback interface of its own and no other, and sees the checkout
    and the packages, but cannot write to them.
    """

    def __init__(self, tree: Path, checkout: Path, packages: Path) -> None:
        self.name = f"pingtls-{os.getpid()}"
        self._log = tempfile.TemporaryFile("w+")
        self._nspawn = subprocess.Popen(
            ["setpriv", "--pdeathsig", "TERM", "systemd-nspawn", "--boot"]
            + [f"--directory={tree}", "--read-only", "--volatile=overlay"]
            + [f"--machine={self.name}", "--register=no", "--keep-unit"]
            + ["--private-network", "--console=pipe"]
            + [f"--system-call-filter={LANDLOCK}"]
            + [f"--bind-ro={checkout}:{CHECKOUT}", f"--bind-ro={packages}:{PACKAGES}"],
            stdin=subprocess.DEVNULL,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            # Ctrl-C is for us: it then ends in order.
            start_new_session=True,
        )

    def __enter__(self) -> "Machine":
        try:
            self._leader = self._wait_boot()
        except BaseException:
            self.__exit__()
            raise
        return self

    def _wait_boot(self) -> int:
        """Waits until all has started; returns the process id of its init."""
        children = Path(f"/proc/{self._nspawn.pid}/task/{self._nspawn.pid}/children")
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end and self._nspawn.poll() is None:
            for child in children.read_text().split():
                if os.path.exists(f"/proc/{child}/root/run/systemd/private"):
                    self._leader = int(child)
                    # Degraded will do: the tests look at their own units.
                    self.run("systemctl", "is-system-running", "--wait")
                    return self._leader
            time.sleep(0.05)
        raise RuntimeError(f"the machine did not boot: {self.said()}")

    def _command(self, words: tuple[str, ...]) -> list[str]:
        environment = [f"{name}={value}" for name, value in ENVIRONMENT.items()]
        # -p without -U: the machine has no user namespace.
        enter = ["nsenter", f"--target={self._leader}", "-m", "-u", "-i", "-n", "-p"]
        return [*enter, "-C", "-r", "-w", "env", "-i", *environment, *words]

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Runs a command in the machine to its end."""
        return subprocess.run(
            self._command(words),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def start(self, *words: str) -> Iterator[str]:
        """The lines that a command says, run as a unit of the machine."""
        keep = [f"--setenv={name}" for name in ENVIRONMENT]
        command = self._command(
            ("systemd-run", "--quiet", "--collect", "--pipe", "--wait")
            + (*keep, "--", *words)
        )
        with subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="backslashreplace",
        ) as process:
            yield from process.stdout

    def said(self) -> str:
        """What the boot printed, for when it fails."""
        self._log.seek(0)
        return self._log.read()

    def __exit__(self, *_: object) -> None:
        # setpriv may not have become systemd-nspawn yet: SIGTERM ends either.
        self._nspawn.send_signal(signal.SIGTERM)
        try:
            self._nspawn.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self._nspawn.kill()
            self._nspawn.wait()
        self._log.close()
