"""The figures of a run, as tables for people and as JSON for programs."""

import json
import os
import platform
import statistics
from pathlib import Path

from contenders import PIPELINED

FLOOR = "floor"
BARE = "bare-records"
FULL = "upgraded, 1 at once"
# Before the bench makes its own.
LOAD_AVERAGE = os.getloadavg()[0]


def _median(rounds: list[dict], get) -> float | None:
    values = [v for v in map(get, rounds) if v is not None]
    return statistics.median(values) if values else None


def _ratio(rounds: list[dict], others: list[dict], get) -> float | None:
    """To another's figure, round by round."""
    both = [(get(mine), get(its)) for mine, its in zip(rounds, others)]
    ratios = [mine / its for mine, its in both if mine and its]
    return statistics.median(ratios) if ratios else None


def _cpu(one: dict) -> float | None:
    return one["cpu_us"]


def _latency(which: str):
    return lambda one: (one["latency_us"] or {}).get(which)


def _figures(rounds: list[dict], floor: list[dict]) -> dict:
    """What the rounds of one contender under one load come to."""
    longest = [v for v in map(_latency("max"), rounds) if v is not None]
    return {
        "cpu_us": _median(rounds, _cpu),
        "cpu_to_floor": _ratio(rounds, floor, _cpu),
        "p50_us": _median(rounds, _latency("p50")),
        "p50_to_floor": _ratio(rounds, floor, _latency("p50")),
        "p99_us": _median(rounds, _latency("p99")),
        "max_us": max(longest, default=None),
        "per_second": _median(rounds, lambda one: one["per_second"]),
        "sessions": sum(one["sessions"] for one in rounds),
        "failures": sum(one["failures"] for one in rounds),
        "resumed": sum(one["resumed"] for one in rounds),
        "why": next((one["why"] for one in rounds if one["why"]), ""),
        "agreed": next((one["agreed"] for one in rounds if one["agreed"]), ""),
        "rounds": rounds,
    }


def _machine() -> dict:
    cpu = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": cpu[0] if cpu else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
        "load_average": LOAD_AVERAGE,
    }


def summary(seen: dict, memory: dict, starts: dict, left_out: dict) -> dict:
    """All of a run."""
    return {
        "machine": _machine(),
        "left_out": left_out,
        "loads": {
            cell: {
                name: _figures(rounds, by_name.get(FLOOR, []))
                for name, rounds in by_name.items()
            }
            for cell, by_name in seen.items()
        },
        "idle": memory,
        "first_pong_us": starts,
    }


def write(path: Path, whole: dict) -> None:
    path.write_text(json.dumps(whole, indent=1) + "\n")


def _text(value: float | None, digits: int = 0, scale: float = 1) -> str:
    return "-" if value is None else f"{value * scale:.{digits}f}"


def _lines(rows: list[list[str]], words: int) -> list[str]:
    """Rows in columns: words to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows)]
    return [
        "  ".join(
            text.ljust(width) if i < words else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths))
        ).rstrip()
        for row in rows
    ]


def _resumed(loads: dict, name: str) -> str:
    """The cost of a resumed session, of the same contender's full one."""
    of = loads.get("resumed, 1 at once", {}).get(name)
    full = loads.get(FULL, {}).get(name)
    if not of or not full:
        return "-"
    if of["resumed"] < of["sessions"] / 2:
        return "not resumed"
    return _text(_ratio(of["rounds"], full["rounds"], _cpu), 2)


def _to_bare(loads: dict, load: str, name: str) -> str:
    by_name = loads.get(load, {})
    if name not in by_name or BARE not in by_name:
        return "-"
    return _text(_ratio(by_name[name]["rounds"], by_name[BARE]["rounds"], _cpu), 2)


# The columns after the contender's name: a group's name, and a figure's.
COLUMNS = (
    *(("upgraded", "CPU µs"), ("", "× floor"), ("", "p50 ms"), ("", "× floor")),
    *(("", "p99 ms"), ("8 at once", "CPU µs"), ("", "× floor"), ("", "p50 ms")),
    *(("64 at once", "p50 ms"), ("", "a second")),
    *(("plain", "CPU µs"), ("", "× floor"), ("", "p50 ms")),
    ("resumed", "× full"),
    *(
        column
        for n in PIPELINED
        for column in ((f"{n} a record", "CPU ns"), ("", "× bare"))
    ),
    *(("idle", "KiB"), ("tables", "KiB"), ("", "failed")),
)


def _row(whole: dict, name: str) -> list[str]:
    loads = whole["loads"]

    def text(load: str, figure: str, digits: int = 0, scale: float = 1) -> str:
        return _text(loads.get(load, {}).get(name, {}).get(figure), digits, scale)

    idle = whole["idle"].get(name, {})
    return [
        name,
        text(FULL, "cpu_us"),
        text(FULL, "cpu_to_floor", 2),
        text(FULL, "p50_us", 2, 1e-3),
        text(FULL, "p50_to_floor", 2),
        text(FULL, "p99_us", 2, 1e-3),
        text("upgraded, 8 at once", "cpu_us"),
        text("upgraded, 8 at once", "cpu_to_floor", 2),
        text("upgraded, 8 at once", "p50_us", 2, 1e-3),
        text("upgraded, 64 at once", "p50_us", 2, 1e-3),
        text("upgraded, 64 at once", "per_second"),
        text("plain, 1 at once", "cpu_us"),
        text("plain, 1 at once", "cpu_to_floor", 2),
        text("plain, 1 at once", "p50_us", 2, 1e-3),
        _resumed(loads, name),
        *(
            figure
            for load in PIPELINED.values()
            for figure in (text(load, "cpu_us", 0, 1e3), _to_bare(loads, load, name))
        ),
        _text(idle.get("private_kib")),
        _text(idle.get("page_tables_kib")),
        str(sum(of[name]["failures"] for of in loads.values() if name in of)),
    ]


def table(whole: dict) -> str:
    """A line a contender, with what matters most."""
    machine = whole["machine"]
    names = dict.fromkeys(name for of in whole["loads"].values() for name in of)
    groups, figures = zip(*COLUMNS)
    rows = [["", *groups], ["contender", *figures]]
    rows += [_row(whole, name) for name in names]
    lines = [
        f"{machine['cpu']}, {machine['cpus']} processors, Linux {machine['kernel']},"
        f" load average {machine['load_average']:.1f} before"
    ]
    lines += _lines(rows, 1)
    lines += [
        f"from exec to the first PONG: {name} {_text(us['p50'], 2, 1e-3)} ms"
        for name, us in whole["first_pong_us"].items()
        if us
    ]
    return "\n".join(lines + _remarks(whole))


def _remarks(whole: dict) -> list[str]:
    """What a reader must know of the figures."""
    lines = [f"left out: {name}: {why}" for name, why in whole["left_out"].items()]
    for load, by_name in whole["loads"].items():
        for name, of in by_name.items():
            if of["failures"]:
                lines.append(f"failed: {name}, {load}: {of['why']}")
    agreed: dict[str, list[str]] = {}
    for name, of in whole["loads"].get(FULL, {}).items():
        agreed.setdefault(of["agreed"], []).append(name)
    if len(agreed) > 1:
        lines += [f"{tls}: {', '.join(names)}" for tls, names in agreed.items()]
    return lines


def details(whole: dict) -> str:
    """A line for each load and contender."""
    head = ["load", "contender", "CPU µs", "× floor", "p50 ms", "× floor", "p99 ms"]
    rows = [[*head, "max ms", "a second", "sessions", "failed"]]
    for load, by_name in whole["loads"].items():
        for name, of in by_name.items():
            rows.append(
                [
                    load,
                    name,
                    _text(of["cpu_us"], 3 if load in PIPELINED.values() else 0),
                    _text(of["cpu_to_floor"], 2),
                    _text(of["p50_us"], 2, 1e-3),
                    _text(of["p50_to_floor"], 2),
                    _text(of["p99_us"], 2, 1e-3),
                    _text(of["max_us"], 2, 1e-3),
                    _text(of["per_second"]),
                    str(of["sessions"]),
                    str(of["failures"]),
                ]
            )
    return "\n".join(_lines(rows, 2) + _remarks(whole))
