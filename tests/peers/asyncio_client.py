#!/usr/bin/python3
"""The client of the article that pingtls came from: asyncio, upgraded in place.

It pings in the clear, sends STARTTLS, begins the handshake at once, without a
reply to wait for, and pings over TLS.
"""

import argparse
import asyncio
import ssl
from asyncio import StreamReader, StreamWriter


async def ping(reader: StreamReader, writer: StreamWriter) -> None:
    """Sends one PING and shows the answer."""
    writer.write(b"PING\n")
    await writer.drain()
    answer = await reader.readline()
    if answer != b"PONG\n":
        raise ConnectionError(f"expected PONG, received {answer!r}")
    encrypted = writer.get_extra_info("ssl_object")
    print(encrypted.version() if encrypted else "clear", "PONG", flush=True)


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=10001)
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("--count", type=int, default=1, help="pings before and after")
    options = parser.parse_args()

    tls = ssl.create_default_context(cafile=options.ca_file)
    reader, writer = await asyncio.open_connection(options.host, options.port)
    for _ in range(options.count):
        await ping(reader, writer)

    writer.write(b"STARTTLS\n")
    await writer.start_tls(tls, server_hostname=options.host)

    for _ in range(options.count):
        await ping(reader, writer)
    writer.write(b"QUIT\n")
    await writer.drain()
    if rest := await reader.read():
        raise ConnectionError(f"expected the end after QUIT, received {rest!r}")
    writer.close()
    await writer.wait_closed()


if __name__ == "__main__":
    asyncio.run(main())
