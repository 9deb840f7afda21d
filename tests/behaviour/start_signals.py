#!/usr/bin/python3
"""Signals and limits that meet the service at a bad moment do not end it."""

import os
import resource
import shutil
import signal
from pathlib import Path

from peer import dialogue
from programs import (
    PINGTLSD,
    TO_SERVE,
    USER,
    Program,
    Server,
    certs,
    pair,
    scratch,
)
from tap import ROOT, equal, main, test, wait_until

# Starts; the moment in which a signal was fatal was met at each of them.
STARTS = 10


def own_directory(name: str) -> Path:
    directory = scratch() / name
    directory.mkdir()
    if ROOT:
        shutil.chown(directory, USER)
    return directory


@test("SIGHUP and SIGUSR1 as soon as the pid file is there are heard")
def as_soon_as_it_is_known() -> None:
    file = own_directory("known") / "pid"
    listen = ["--listen", "127.0.0.1:0", "--log", "stderr", "--pid-file", file]
    for _ in range(STARTS):
        pingtlsd = Program([PINGTLSD, *TO_SERVE, *pair("ecdsa"), *listen])
        # It is there with its content.
        while not file.exists():
            equal(pingtlsd.process.poll(), None, "exit status at the start")
        pid = int(file.read_text())
        os.kill(pid, signal.SIGHUP)
        os.kill(pid, signal.SIGUSR1)
        equal(pid, pingtlsd.pid, "the process in the pid file")
        pingtlsd.wait_line("sessions now")
        pingtlsd.wait_line("reloaded")
        pingtlsd.signal(signal.SIGTERM)
        equal(pingtlsd.wait(), 0, "exit status after SIGTERM")
        wait_until("the pid file is gone", lambda: not file.exists())


@test("the pid file is for all to read, and never written through a link")
def pid_file() -> None:
    directory = own_directory("link")
    file, target = directory / "pid", directory / "target"
    target.write_text("precious\n")
    file.symlink_to(target)
    before = os.umask(0o077)
    try:
        pingtlsd = Server("--pid-file", file)
    finally:
        os.umask(before)
    equal(file.is_symlink(), False, "whether it is a link")
    equal(file.stat().st_mode & 0o777, 0o644, "mode of the pid file")
    equal(int(file.read_text()), pingtlsd.pid, "the pid file")
    equal(target.read_text(), "precious\n", "what the link led to")
    pingtlsd.stop()


@test("a limit on the size of files costs the metrics file, and nothing else")
def file_size() -> None:
    directory = own_directory("limited")
    file = directory / "pingtlsd.prom"
    certs()  # are longer
    limit = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, limit[1]))
    try:
        pingtlsd = Server("--metrics-file", file)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limit)
    dialogue(pingtlsd.port)
    pingtlsd.wait_line("cannot write .*pingtlsd.prom: File too large")
    dialogue(pingtlsd.port)
    equal(os.listdir(directory), [], "what is left behind")
    pingtlsd.stop()


main()
