#!/usr/bin/python3
"""inetds serve a whole dialogue from the very lines that the documents give."""

import gzip
import re
import socket
from collections.abc import Callable
from pathlib import Path

from inside import PORT, apt_get, install, journal, messages, must, pings, trusting
from peer import Tls, ask, connect, dialogue
from programs import Program, command_name, process_ids
from tap import equal, main, test, wait_until

DIALOGUES = 3
CERTIFICATE, KEY = Path("/etc/pingtls/cert.pem"), Path("/etc/pingtls/key.pem")
SYSLOG = Path("/var/log/syslog")
# Change_cipher_spec, alert, handshake, application_data: no text begins so.
RECORD_TYPES = 20, 21, 22, 23


def readme() -> str:
    path = Path("/usr/share/doc/pingtlsd/README.Debian")
    return path.read_text() if path.exists() else gunzip(path.with_suffix(".Debian.gz"))


def gunzip(path: Path) -> str:
    return gzip.decompress(path.read_bytes()).decode()


def manual() -> str:
    """The source of pingtlsd(8), without what mdoc adds to a literal line."""
    return gunzip(Path("/usr/share/man/man8/pingtlsd.8.gz"))


DOCUMENTS = {"README.Debian": readme, "pingtlsd(8)": manual}


def only(pattern: str, text: str) -> str:
    """What the one match of a pattern is."""
    found = re.findall(pattern, text, re.MULTILINE | re.DOTALL)
    equal(len(found), 1, f"places with {pattern}")
    return found[0]


def inetd_line(text: str) -> str:
    return only(r"^(10001 stream [^\n]*\n)", text)


def xinetd_file(text: str) -> str:
    return only(r"^(service pingtls\n\{\n.*?\n\}\n)", text)


def tcpserver_command(text: str) -> str:
    return only(r"^(?:# |\s*)(tcpserver -[^\n]*)$", text)


def given(extract: Callable[[str], str]) -> dict[str, str]:
    """What the documents say, and which of them do; once if they all agree."""
    found: dict[str, list[str]] = {}
    for document, text in DOCUMENTS.items():
        found.setdefault(extract(text()), []).append(document)
    return {line: " and ".join(documents) for line, documents in found.items()}


def without(
    path: Path, exchange: Callable[[], None], log: Callable[[list[dict]], str]
) -> None:
    """What the client sees while a file is missing, and what the log says."""
    kept = path.with_suffix(".kept")
    path.rename(kept)
    try:
        with journal() as entries:
            exchange()
            wait_until("the processes end", lambda: not processes_of_server())
        wait_until(f"the log names {path}", lambda: str(path) in log(entries))
    finally:
        kept.rename(path)


def nothing() -> None:
    """An answer without an octet: the server could not start."""
    with connect(PORT) as peer:
        peer.sendall(b"PING\nQUIT\n")
        equal(read_all(peer), b"")


def no_handshake() -> None:
    """The key is read at STARTTLS, so PING is answered; then TLS ends in order."""
    with connect(PORT) as peer:
        peer.sendall(b"PING\nWHAT\nQUIT\n")
        equal(read_all(peer), b"PONG\nERR unknown command\n")
    with connect(PORT) as peer:
        ask(peer, b"PING\n", b"PONG\n")
        peer.sendall(b"STARTTLS\n" + Tls(peer, trusting()).hello())
        check_records(read_all(peer))


def read_all(peer: socket.socket) -> bytes:
    """All that comes; a server that ends early resets the connection."""
    data = b""
    try:
        while more := peer.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    return data


def check_records(answer: bytes) -> None:
    """One TLS record behind the other, and not an octet that is none of them."""
    assert answer, "no alert"
    while answer:
        size = 5 + int.from_bytes(answer[3:5])
        assert answer[0] in RECORD_TYPES and answer[1] == 3, answer
        assert len(answer) >= size, answer
        answer = answer[size:]


def processes_of_server() -> list[int]:
    return [pid for pid in process_ids() if command_name(pid).startswith("pingtlsd")]


def port_open() -> bool:
    try:
        connect(PORT).close()
    except ConnectionRefusedError:
        return False
    return True


def whole_service(log: Callable[[list[dict]], str] = messages) -> None:
    """The test of an inetd that was started.

    In trouble, nothing but the protocol reaches the client, and log() has the
    cause.
    """
    wait_until("the inetd listens", port_open)
    pings("-4")  # not all of them listen on IPv6
    for _ in range(DIALOGUES):
        dialogue(PORT, trusting())
    without(KEY, no_handshake, log)
    without(CERTIFICATE, nothing, log)
    pings("-4")


def served(unit: str, log: Callable[[list[dict]], str] = messages) -> None:
    """The test of an inetd that is a service, and has its configuration."""
    must("systemctl", "restart", unit)
    whole_service(log)
    must("systemctl", "stop", unit)
    wait_until("the inetd ends", lambda: not port_open())


install()
# As the documents say: first give the port away.
must("systemctl", "disable", "--now", "pingtls.socket")

for line, documents in given(inetd_line).items():

    @test(f"openbsd-inetd, with the line of {documents}")
    def openbsd(line: str = line) -> None:
        apt_get("install", "openbsd-inetd")
        Path("/etc/inetd.conf").write_text(line)
        served("inetd.service")


for file, documents in given(xinetd_file).items():

    @test(f"xinetd, with the file of {documents}")
    def xinetd(file: str = file) -> None:
        apt_get("install", "xinetd")
        Path("/etc/xinetd.d/pingtls").write_text(file)
        served("xinetd.service")


for command, documents in given(tcpserver_command).items():

    @test(f"tcpserver, with the command of {documents}")
    def tcpserver(command: str = command) -> None:
        apt_get("install", "ucspi-tcp")
        program = Program(command.split())
        whole_service(lambda _: "\n".join(program.lines))
        program.kill()
        wait_until("tcpserver ends", lambda: not port_open())


# The last: it brings a syslogd, which takes the place of the journal.
for line, documents in given(inetd_line).items():

    @test(f"inetutils-inetd, with the line of {documents}")
    def inetutils(line: str = line) -> None:
        apt_get("install", "inetutils-inetd")
        Path("/etc/inetd.conf").write_text(line)
        served("inetutils-inetd.service", lambda _: SYSLOG.read_text())


main()
