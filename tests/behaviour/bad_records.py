#!/usr/bin/python3
"""One record that no library would send ends the session by the alert that fits.

The cases are those of tlsfuzzer (empty-alert, record-layer-limits, keyupdate,
fuzzed-*).  tests/peers/bad_record makes them, after an honest handshake.
"""

import re

from aftermath import unharmed
from peer import Tls, client_context, connect, read_rest
from programs import BAD_RECORD, Server, run, server
from tap import equal, has, main, test

# Alerts (RFC 8446, 6).
UNEXPECTED_MESSAGE, BAD_RECORD_MAC, RECORD_OVERFLOW = 10, 20, 22
ILLEGAL_PARAMETER, DECODE_ERROR = 47, 50

BOTH = "1.2", "1.3"
# The alert for each.
CASES = {
    "half-alert": (UNEXPECTED_MESSAGE, BOTH),
    # In TLS 1.2 GnuTLS takes it for an empty record, of which a few may come.
    "empty-alert": (UNEXPECTED_MESSAGE, ("1.3",)),
    "unknown-type": (UNEXPECTED_MESSAGE, BOTH),
    "finished-again": (UNEXPECTED_MESSAGE, BOTH),
    "too-much": (RECORD_OVERFLOW, BOTH),
    "changed-length": (RECORD_OVERFLOW, BOTH),
    "changed-type": (UNEXPECTED_MESSAGE, BOTH),
    "changed-content": (BAD_RECORD_MAC, BOTH),
    "changed-tag": (BAD_RECORD_MAC, BOTH),
    "key-update-2": (ILLEGAL_PARAMETER, ("1.3",)),
    "key-update-empty": (DECODE_ERROR, ("1.3",)),
    "key-update-long": (DECODE_ERROR, ("1.3",)),
}
# Of a record in TLS 1.3: an alert, too.
CIPHERTEXT = 23
# Octets of the client's last flight whose change the tag shows: it is at the end.
CHANGED = -1, -8, -17


def answer(pingtlsd: Server, version: str, kind: str) -> str:
    """What comes back; the session has ended for it."""
    said = len(pingtlsd.lines)
    ended = run([BAD_RECORD, pingtlsd.port, version, kind])
    equal(ended.returncode, 0, f"status of bad_record: {ended.stderr}")
    pingtlsd.wait_line(r"session from .* ended .*: TLS failed \(", said)
    return ended.stdout


for kind, (alert, versions) in CASES.items():

    @test(f"{kind}: alert {alert}, and not an octet behind it")
    def bad_record(kind=kind, alert=alert, versions=versions) -> None:
        with server() as pingtlsd, unharmed(pingtlsd):
            for version in versions:
                found = answer(pingtlsd, version, kind)
                equal(found, f"alert {alert}, 0 octets behind it\n", f"TLS {version}")


@test("a fatal alert is not answered, even if there is more of it than there may be")
def fatal_alert() -> None:
    with server() as pingtlsd, unharmed(pingtlsd):
        for version in BOTH:
            found = answer(pingtlsd, version, "long-alert")
            has(found, "^no alert .*, 0 octets behind")


def records(octets: bytes) -> list[int]:
    """The types of these records."""
    types = []
    while octets:
        types.append(octets[0])
        octets = octets[5 + int.from_bytes(octets[3:5], "big") :]
    return types


@test("an octet changed in the client's Finished: one alert, and the end")
def changed_finished() -> None:
    # GnuTLS sends tickets before it has read the client's Finished.
    with server("--no-tickets") as pingtlsd, unharmed(pingtlsd):
        for at in CHANGED:
            said = len(pingtlsd.lines)
            with connect(pingtlsd.port) as peer:
                tls = Tls(peer, client_context())
                peer.sendall(b"STARTTLS\n" + tls.hello())
                last = bytearray(tls.last_flight())
                last[at] ^= 1
                peer.sendall(last)
                equal(records(read_rest(peer)), [CIPHERTEXT], "what comes then")
            line = pingtlsd.wait_line(r"session from .* ended .*", said)[0]
            assert re.search(r": handshake failed \(Decryption has failed", line), line


main()
