#!/usr/bin/python3
"""The server of the article that pingtls came from: asyncio, upgraded in place.

It is kept as naive as the article's on purpose.  StreamReader reads ahead, so
a ClientHello that arrives in the same read as STARTTLS stays in its buffer,
where start_tls never looks: such a session hangs.  Peers have to live with it.
"""

import argparse
import asyncio
import ssl
from asyncio import StreamReader, StreamWriter


async def serve(
    reader: StreamReader, writer: StreamWriter, tls: ssl.SSLContext
) -> None:
    """One session: answers PING, upgrades on STARTTLS, ends on QUIT."""
    while line := await reader.readline():
        match line.strip().upper():
            case b"PING":
                writer.write(b"PONG\n")
                await writer.drain()
            case b"STARTTLS":
                await writer.start_tls(tls)
            case b"QUIT":
                break
            case b"":
                pass
            case _:
                writer.write(b"ERR unknown command\n")
                await writer.drain()
    writer.close()


async def session(
    reader: StreamReader, writer: StreamWriter, tls: ssl.SSLContext
) -> None:
    """Serves, and says in a line what went wrong if something did."""
    try:
        await serve(reader, writer, tls)
    except OSError as error:  # ssl.SSLError is one
        print(f"asyncio_server: {error}", flush=True)
        writer.close()


async def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=10001, help="0: any")
    parser.add_argument("--cert", required=True)
    parser.add_argument("--key", required=True)
    options = parser.parse_args()

    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(options.cert, options.key)

    server = await asyncio.start_server(
        lambda reader, writer: session(reader, writer, tls),
        options.host,
        options.port,
    )
    for socket in server.sockets:
        host, port = socket.getsockname()[:2]
        print(f"asyncio_server: listening on {host}:{port}", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    try:
        asyncio.run(main())
    except KeyboardInterrupt:
        pass
