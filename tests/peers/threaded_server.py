#!/usr/bin/python3
"""A server of the protocol that reads nothing ahead, and shows what it is given.

pingtlsd would not start with a certificate that has expired, say.
"""

import argparse
import socket
import ssl
import threading


def answer(peer: socket.socket) -> bytes:
    """Answers PING; returns the first other line, or b"" at the end."""
    # Not an octet behind a line is read: it may be of a ClientHello.
    with peer.makefile("rb", buffering=0) as lines:
        while (line := lines.readline().strip().upper()) == b"PING":
            peer.sendall(b"PONG\n")
    return line


def session(peer: socket.socket, tls: ssl.SSLContext) -> None:
    """Serves, and says in a line what went wrong if something did."""
    try:
        if answer(peer) == b"STARTTLS":
            peer = tls.wrap_socket(peer, server_side=True)
            answer(peer)
            peer = peer.unwrap()
    except OSError as error:  # ssl.SSLError is one
        print(f"threaded_server: {error}", flush=True)
    peer.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=10001, help="0: any")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    parser.add_argument(
        "--client-ca", help="ask for a certificate that this authority signed"
    )
    options = parser.parse_args()

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    # Certificates are shown as they are, weak ones too.
    tls.set_ciphers("DEFAULT:@SECLEVEL=0")
    tls.load_cert_chain(options.cert, options.key)
    if options.client_ca:
        tls.load_verify_locations(options.client_ca)
        tls.verify_mode = ssl.CERT_REQUIRED

    with socket.create_server((options.host, options.port)) as listener:
        host, port = listener.getsockname()
        print(f"threaded_server: listening on {host}:{port}", flush=True)
        while True:
            peer, _ = listener.accept()
            threading.Thread(target=session, args=(peer, tls), daemon=True).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
