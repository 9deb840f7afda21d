"""OCSP responses of any status and time, signed by a test authority.

`openssl ocsp` makes good ones, but none whose end is past or near.  This builds
the DER of RFC 6960, 4.2.1; openssl names the certificate and signs.
"""

import base64
import ssl
import time
from pathlib import Path

from programs import certs, run, scratch
from tap import equal, needs

GOOD, UNKNOWN = bytes([0x80, 0]), bytes([0x82, 0])
BASIC = bytes.fromhex("06092b0601050507300101")  # id-pkix-ocsp-basic
ECDSA_SHA256 = bytes.fromhex("300a06082a8648ce3d040302")


def element(tag: int, *parts: bytes) -> bytes:
    data = b"".join(parts)
    size = len(data)
    if size < 0x80:
        return bytes([tag, size]) + data
    octets = size.to_bytes((size.bit_length() + 7) // 8)
    return bytes([tag, 0x80 | len(octets)]) + octets + data


def pem(label: str, der: bytes) -> str:
    """The DER in the textual encoding of RFC 7468."""
    text = base64.encodebytes(der).decode()
    return f"-----BEGIN {label}-----\n{text}-----END {label}-----\n"


def inside(data: bytes) -> bytes:
    """What the first element of `data` holds."""
    size, start = data[1], 2
    if size & 0x80:
        start += size & 0x7F
        size = int.from_bytes(data[2:start])
    return data[start : start + size]


def elements(data: bytes) -> list[bytes]:
    """The elements that follow each other in `data`."""
    found = []
    while data:
        found.append(element(data[0], inside(data)))
        data = data[len(found[-1]) :]
    return found


def moment(when: float) -> bytes:
    text = time.strftime("%Y%m%d%H%M%SZ", time.gmtime(when))
    return element(0x18, text.encode())


def revoked() -> bytes:
    return element(0xA1, moment(time.time() - 3600))


def certificate_id(certificate: str, issuer: Path) -> bytes:
    """The CertID that openssl asks about."""
    request = scratch() / "request.der"
    made = run(
        [needs("openssl"), "ocsp", "-no_nonce", "-issuer", issuer]
        + ["-cert", certificate, "-reqout", request]
    )
    equal(made.returncode, 0, made.stderr)
    # OCSPRequest, TBSRequest, requestList, Request: the CertID is in each first.
    data = request.read_bytes()
    for _ in range(4):
        data = inside(data)
    return element(0x30, inside(data))


def sign(data: bytes, key: Path) -> bytes:
    path = scratch() / "to-sign"
    path.write_bytes(data)
    made = run(
        [needs("openssl"), "dgst", "-sha256", "-sign", key, "-out", f"{path}.sig", path]
    )
    equal(made.returncode, 0, made.stderr)
    return Path(f"{path}.sig").read_bytes()


def response(
    certificate: str,
    ends: float | None = 3600,
    status: bytes = GOOD,
    begins: float = -60,
    signer: str = "ca",
) -> bytes:
    """What `ca` says of a certificate, signed by `signer`; times from now on."""
    about = certificate_id(certificate, certs() / "ca.pem")
    now = time.time()
    single = element(
        0x30,
        about,
        status,
        moment(now + begins),
        b"" if ends is None else element(0xA0, moment(now + ends)),
    )
    # The responder is named by the subject of its certificate's TBSCertificate.
    ca = ssl.PEM_cert_to_DER_cert((certs() / "ca.pem").read_text())
    name = elements(inside(inside(ca)))[5]
    data = element(
        0x30, element(0xA1, name), moment(now + begins), element(0x30, single)
    )
    signature = element(3, b"\0", sign(data, certs() / f"{signer}-key.pem"))
    basic = element(0x30, data, ECDSA_SHA256, signature)
    held = element(0xA0, element(0x30, BASIC, element(4, basic)))
    return element(0x30, bytes([0x0A, 1, 0]), held)
