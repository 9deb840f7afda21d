#!/usr/bin/python3
"""The counters, as a file for Prometheus."""

import shutil
import tempfile
from pathlib import Path

from peer import Tls, ask, client_context, connect, dialogue, read_rest
from programs import USER, cert, certs, key, scratch, server
from tap import ROOT, main, test, wait_until


def metric(path: Path, line: str) -> bool:
    return path.exists() and f"\n{line}\n" in path.read_text()


def directory() -> Path:
    """One that the service may write to."""
    made = Path(tempfile.mkdtemp(dir=scratch()))
    if ROOT:
        shutil.chown(made, USER)
    return made


@test("what happens is counted, within a second or so")
def counted() -> None:
    path = directory() / "pingtlsd.prom"
    with server("--metrics-file", path) as pingtlsd:
        wait_until("there is a file", lambda: metric(path, "pingtlsd_sessions 0"))
        with connect(pingtlsd.port) as held:
            ask(held, b"PING\n", b"PONG\n")
            wait_until("a session", lambda: metric(path, "pingtlsd_sessions 1"))
        dialogue(pingtlsd.port)
        with connect(pingtlsd.port) as peer:
            peer.sendall(b"STARTTLS\nPING\n")
            read_rest(peer)
        for line in (
            "pingtlsd_connections_total 3",
            "pingtlsd_sessions 0",
            "pingtlsd_sessions_total 3",
            "pingtlsd_upgrades_total 1",
            "pingtlsd_upgrades_resumed_total 0",
            "pingtlsd_upgrades_verified_total 0",
            'pingtlsd_pings_total{phase="clear"} 2',
            'pingtlsd_pings_total{phase="tls"} 1',
            'pingtlsd_handshakes_failed_total{alert="10",'
            'name="unexpected_message",by="server"} 1',
            "pingtlsd_handshake_duration_seconds_count 1",
            "pingtlsd_session_duration_seconds_count 3",
        ):
            wait_until(line, lambda: metric(path, line))
    # One may be being written.
    wait_until(
        "nothing else is left",
        lambda: [f.name for f in path.parent.iterdir()] == [path.name],
    )


@test("a resumed session and a client with a certificate are counted")
def counted_of_tls() -> None:
    path = directory() / "pingtlsd.prom"
    context = client_context()
    with server("--metrics-file", path) as pingtlsd:
        session = None
        for _ in range(2):
            with connect(pingtlsd.port) as peer:
                tls = Tls(peer, context)
                if session:
                    tls.object.session = session
                peer.sendall(b"STARTTLS\n" + tls.hello())
                ask(tls.handshake(), b"PING\n", b"PONG\n")
                session = tls.object.session
        for line in "pingtlsd_upgrades_total 2", "pingtlsd_upgrades_resumed_total 1":
            wait_until(line, lambda: metric(path, line))
    path.unlink()
    context.load_cert_chain(cert("client"), key("client"))
    with server("--metrics-file", path, "--client-ca", certs() / "ca.pem") as pingtlsd:
        dialogue(pingtlsd.port, context)
        line = "pingtlsd_upgrades_verified_total 1"
        wait_until(line, lambda: metric(path, line))


@test("a file that cannot be written is said, and the service goes on")
def unwritable() -> None:
    with server("--metrics-file", "/nowhere/pingtlsd.prom") as pingtlsd:
        pingtlsd.wait_line(r"cannot write /nowhere/pingtlsd\.prom: No such file")
        dialogue(pingtlsd.port)


main()
