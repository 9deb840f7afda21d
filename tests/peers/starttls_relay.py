#!/usr/bin/python3
"""Speaks the clear part of the protocol for clients that cannot.

`openssl s_client` knows the STARTTLS of SMTP and others, not ours.  This relay
accepts a connection, pings the server in the clear and sends STARTTLS; from
then on it passes octets both ways untouched, so that the TLS is between the
client and the server alone.
"""

import argparse
import socket
import threading


def pump(source: socket.socket, target: socket.socket) -> None:
    """Passes octets on, and their end."""
    try:
        while data := source.recv(65536):
            target.sendall(data)
    except OSError:
        pass  # the other direction ends too
    try:
        target.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def relay(client: socket.socket, host: str, port: int) -> None:
    """One connection, from the client's connection to the end of both sides."""
    with client, socket.create_connection((host, port)) as server:
        server.sendall(b"PING\n")
        answer = server.recv(5, socket.MSG_WAITALL)
        if answer != b"PONG\n":
            print(f"starttls_relay: expected PONG, received {answer!r}", flush=True)
            return
        server.sendall(b"STARTTLS\n")
        back = threading.Thread(target=pump, args=(server, client), daemon=True)
        back.start()
        pump(client, server)
        back.join()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("server", help="HOST:PORT to pass connections on to")
    parser.add_argument("--port", type=int, default=0, help="0: any")
    options = parser.parse_args()
    host, _, port = options.server.rpartition(":")

    with socket.create_server(("127.0.0.1", options.port)) as listener:
        here = listener.getsockname()
        print(f"starttls_relay: listening on {here[0]}:{here[1]}", flush=True)
        while True:
            client, _ = listener.accept()
            threading.Thread(
                target=relay, args=(client, host, int(port)), daemon=True
            ).start()


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        pass
