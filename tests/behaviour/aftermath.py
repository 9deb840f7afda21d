"""What must be true of a service after anything that went wrong."""

from collections.abc import Iterator
from contextlib import contextmanager

from peer import dialogue
from programs import Server, descriptors
from tap import ROOT, equal, wait_until


def _counts(pingtlsd: Server) -> list[int]:
    """The descriptors of listener and keyholder; none without root."""
    if not ROOT:
        return []
    return [descriptors(pid) for pid in (pingtlsd.pid, pingtlsd.keyholder())]


@contextmanager
def unharmed(pingtlsd: Server) -> Iterator[None]:
    """Whatever happens within: then the same process answers, and nothing stays.

    Zombies are among the session processes, which all must be gone.
    """
    pingtlsd.wait_sessions(0)
    before = _counts(pingtlsd)
    yield
    pingtlsd.wait_sessions(0)
    equal(pingtlsd.process.poll(), None, "exit status of the listener")
    dialogue(pingtlsd.port)
    pingtlsd.wait_sessions(0)
    # The keyholder hears of a session's end when the listener does, or later.
    wait_until(
        f"descriptors of listener and keyholder: {before}",
        lambda: _counts(pingtlsd) == before,
    )
