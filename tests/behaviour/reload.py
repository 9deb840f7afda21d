#!/usr/bin/python3
"""SIGHUP reloads certificates and keys, under load, whole or not at all."""

import shutil
import signal
import ssl
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path

from peer import ask, connect, upgrade
from programs import USER, cert, key, scratch, server
from tap import ROOT, equal, main, test, wait_until

RELOADS = 10
# Connections between two of them.
LOAD = 30


class Files:
    """A certificate and a key that the service reads, and that can be swapped."""

    def __init__(self, name: str) -> None:
        self.directory = Path(tempfile.mkdtemp(dir=scratch()))
        self.directory.chmod(0o755)
        self.cert, self.key = self.directory / "cert.pem", self.directory / "key.pem"
        self.put(name)

    def put(self, name: str, key_name: str = "") -> None:
        self.write(self.cert, Path(cert(name)).read_bytes())
        self.write(self.key, Path(key(key_name or name)).read_bytes())

    def write(self, path: Path, data: bytes) -> None:
        """Replaces a file in one step, readable by the service user alone."""
        new = path.with_suffix(".new")
        new.write_bytes(data)
        new.chmod(0o600)
        if ROOT:
            shutil.chown(new, USER)
        new.rename(path)

    def options(self) -> list:
        return ["--cert", self.cert, "--key", self.key]


def shown(port: int) -> bytes:
    """The certificate that a new connection is shown, verified."""
    with connect(port) as peer:
        tls = upgrade(peer)
        ask(tls, b"PING\n", b"PONG\n")
        return tls.object.getpeercert(True)


def certificate(name: str) -> bytes:
    return ssl.PEM_cert_to_DER_cert(Path(cert(name)).read_text())


@test(f"{RELOADS} reloads under load: no connection fails, new ones see the new")
def under_load() -> None:
    files = Files("ecdsa")
    failures: list[Exception] = []
    seen: list[bytes] = []
    done = threading.Event()

    def client(port: int) -> None:
        while not done.is_set():
            try:
                seen.append(shown(port))
            except Exception as error:
                failures.append(error)
                return

    with server(*files.options(), pairs=()) as pingtlsd:
        with connect(pingtlsd.port) as old:
            tls = upgrade(old)
            threads = [
                threading.Thread(target=client, args=(pingtlsd.port,)) for _ in range(4)
            ]
            for thread in threads:
                thread.start()
            try:
                for turn in range(RELOADS):
                    name = ("rsa", "ecdsa384", "ed25519", "ecdsa")[turn % 4]
                    files.put(name)
                    pingtlsd.signal(signal.SIGHUP)
                    wait_until(
                        f"new connections show {name}",
                        lambda: shown(pingtlsd.port) == certificate(name),
                    )
                    # The load goes on for a while between the reloads.
                    enough = len(seen) + LOAD
                    wait_until(
                        "the load", lambda: len(seen) > enough or failures
                    )
            finally:
                done.set()
                for thread in threads:
                    thread.join()
            ask(tls, b"PING\n", b"PONG\n")
        equal(failures, [], "failed connections")
        assert len(set(seen)) > 2, "the load saw too few certificates"
        # Those of the former pairs end with the last session that used them.
        pingtlsd.keyholder()  # waits until there is one only
        pingtlsd.wait_sessions(0)


@test("a session that began before a reload upgrades after it")
def across() -> None:
    files = Files("ecdsa384")
    with server(*files.options(), pairs=()) as pingtlsd:
        with connect(pingtlsd.port) as peer:
            ask(peer, b"PING\n", b"PONG\n")
            files.put("rsa")
            pingtlsd.signal(signal.SIGHUP)
            wait_until(
                "new connections show rsa",
                lambda: shown(pingtlsd.port) == certificate("rsa"),
            )
            ask(upgrade(peer), b"PING\n", b"PONG\n")


def stays(name: str, spoil: Callable[[Files], None], *said: str) -> None:
    """A reload of spoilt files is logged, and the old pair stays in use."""
    files = Files(name)
    with server(*files.options(), pairs=()) as pingtlsd:
        spoil(files)
        lines = len(pingtlsd.lines)
        pingtlsd.signal(signal.SIGHUP)
        for pattern in said:
            pingtlsd.wait_line(pattern, lines)
        for _ in range(3):
            equal(shown(pingtlsd.port), certificate(name), "certificate")
        # Put right, the next reload takes.
        files.put("rsa" if name != "rsa" else "ecdsa")
        pingtlsd.signal(signal.SIGHUP)
        wait_until(
            "new connections show the new certificate",
            lambda: shown(pingtlsd.port) != certificate(name),
        )


@test("a broken new certificate changes nothing and is logged")
def broken_certificate() -> None:
    stays("ecdsa", lambda f: f.write(f.cert, b"noise\n"), r"certificate \S*cert\.pem")


@test("a broken new key changes nothing and is logged")
def broken_key() -> None:
    stays("rsa", lambda f: f.write(f.key, b"noise\n"), r"key \S*key\.pem")


@test("a new key that does not match changes nothing and is logged")
def mismatch() -> None:
    stays("ed25519", lambda f: f.put("ecdsa", "ecdsa384"), "does not match")


@test("new files that are missing change nothing and are logged")
def missing() -> None:
    def remove(files: Files) -> None:
        files.cert.unlink()
        files.key.unlink()

    stays("ecdsa384", remove, r"No such file")


main()
