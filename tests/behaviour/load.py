#!/usr/bin/python3
"""Many sessions: every one is answered, and nothing is left of them."""

import asyncio
import ssl

from peer import client_context, dialogue
from programs import descriptors, server
from tap import HANG_TEST, ROOT, comment, equal, main, test

ONE_AFTER_THE_OTHER = 2000
AT_ONCE = 500


def count(*processes: int) -> list[int]:
    """The descriptors of each process; none are counted without root."""
    if not ROOT:
        comment("descriptors are not counted: needs root, as nothing is dumpable")
        return []
    return [descriptors(process) for process in processes]


@test(f"{ONE_AFTER_THE_OTHER} sessions one after the other leak nothing")
def sequential() -> None:
    context = client_context()
    with server() as pingtlsd:
        dialogue(pingtlsd.port, context)
        pingtlsd.wait_sessions(0)
        watched = pingtlsd.pid, pingtlsd.keyholder()
        before = count(*watched)
        for _ in range(ONE_AFTER_THE_OTHER):
            dialogue(pingtlsd.port, context)
        pingtlsd.wait_sessions(0)
        equal(count(*watched), before, "descriptors of listener and keyholder")


async def session(
    port: int, context: ssl.SSLContext, all_here: asyncio.Barrier
) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)

    async def ping() -> None:
        writer.write(b"PING\n")
        equal(await reader.readline(), b"PONG\n")

    await ping()
    await all_here.wait()
    writer.write(b"STARTTLS\n")
    await writer.start_tls(context, server_hostname="localhost")
    await ping()
    await all_here.wait()
    await ping()
    writer.write(b"QUIT\n")
    equal(await reader.read(), b"", "after QUIT")
    writer.close()


@test(f"{AT_ONCE} sessions at once are all answered and leak nothing")
def at_once() -> None:
    context = client_context()

    async def sessions(port: int) -> None:
        all_here = asyncio.Barrier(AT_ONCE)
        await asyncio.gather(
            *(session(port, context, all_here) for _ in range(AT_ONCE))
        )

    # So many handshakes at once can take longer than one may.
    patient = "--handshake-timeout", HANG_TEST, "--idle-timeout", HANG_TEST
    with server("--max-sessions-per-source", AT_ONCE, *patient) as pingtlsd:
        dialogue(pingtlsd.port, context)
        pingtlsd.wait_sessions(0)
        watched = pingtlsd.pid, pingtlsd.keyholder()
        before = count(*watched)
        asyncio.run(sessions(pingtlsd.port))
        pingtlsd.wait_sessions(0)
        equal(count(*watched), before, "descriptors of listener and keyholder")


main()
