#!/usr/bin/python3
"""Holds as many idle sessions as it can, from several addresses of loopback.

Whatever ends is tried again at once, and a blank line now and then is to keep the
others.  Prints a line once it has held the number it wants, and ends at SIGTERM.
"""

import argparse
import asyncio
import resource
import signal

# Seconds between two blank lines, and before another try.
BLANK = 30
AGAIN = 0.1


class Holder:
    def __init__(self, options: argparse.Namespace) -> None:
        self.options = options
        self.wanted = len(options.sources) * options.each
        self.held = 0
        self.reached = False

    def count(self, change: int) -> None:
        self.held += change
        if self.held == self.wanted and not self.reached:
            self.reached = True
            print(f"holder: holds {self.held} sessions", flush=True)

    async def converse(self, reader, writer) -> None:
        """Until the server ends it.  An answer shows that it is a session."""
        writer.write(b"PING\n")
        if await reader.readline() != b"PONG\n":
            return
        self.count(1)
        try:
            while True:
                try:
                    if not await asyncio.wait_for(reader.read(512), BLANK):
                        return
                except asyncio.TimeoutError:
                    writer.write(b"\n")
        finally:
            self.count(-1)

    async def hold(self, source: str) -> None:
        """One session, again and again."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(
                    "127.0.0.1", self.options.port, local_addr=(source, 0)
                )
            except OSError:
                await asyncio.sleep(AGAIN)
                continue
            try:
                await self.converse(reader, writer)
            except OSError:
                pass
            writer.close()
            await asyncio.sleep(AGAIN)

    async def run(self) -> None:
        tasks = [
            asyncio.create_task(self.hold(source))
            for source in self.options.sources
            for _ in range(self.options.each)
        ]
        ended = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ended.set)
        await ended.wait()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("port", type=int)
    parser.add_argument("--sources", nargs="+", required=True)
    parser.add_argument("--each", type=int, required=True, help="sessions of a source")
    options = parser.parse_args()
    # A descriptor for each.
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    asyncio.run(Holder(options).run())


main()
