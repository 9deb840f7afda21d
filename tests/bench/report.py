"""The figures of a run as one table for people, and as JSON."""

import json
import os
import platform
import statistics
from pathlib import Path

FLOOR = "floor"


def _median(rounds: list[dict], get) -> float | None:
    values = [v for v in map(get, rounds) if v is not None]
    return statistics.median(values) if values else None


def _ratio(rounds: list[dict], floor: list[dict], get) -> float | None:
    """To the floor, round by round."""
    both = [(get(mine), get(its)) for mine, its in zip(rounds, floor)]
    ratios = [mine / its for mine, its in both if mine and its]
    return statistics.median(ratios) if ratios else None


def _cpu(one: dict) -> float | None:
    return one["cpu_us"]


def _latency(which: str):
    return lambda one: (one["latency_us"] or {}).get(which)


def _cell(rounds: list[dict], floor: list[dict]) -> dict:
    return {
        "cpu_us": _median(rounds, _cpu),
        "cpu_to_floor": _ratio(rounds, floor, _cpu),
        **{f"{w}_us": _median(rounds, _latency(w)) for w in ("p50", "p99", "max")},
        "p50_to_floor": _ratio(rounds, floor, _latency("p50")),
        "per_second": _median(rounds, lambda one: one["per_second"]),
        "sessions": sum(one["sessions"] for one in rounds),
        "failures": sum(one["failures"] for one in rounds),
        "resumed": sum(one["resumed"] for one in rounds),
        "why": next((one["why"] for one in rounds if one["why"]), ""),
        "agreed": rounds[0]["agreed"],
        "rounds": rounds,
    }


def machine() -> dict:
    cpu = [
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    ]
    return {
        "cpu": cpu[0] if cpu else platform.machine(),
        "cpus": len(os.sched_getaffinity(0)),
        "kernel": platform.release(),
    }


def summary(seen: dict, left_out: dict[str, str]) -> dict:
    return {
        "machine": machine(),
        "left_out": left_out,
        "cells": {
            cell: {
                name: _cell(rounds, by_name.get(FLOOR, []))
                for name, rounds in by_name.items()
            }
            for cell, by_name in seen.items()
        },
    }


def _figure(value: float | None, form: str = "{:.0f}") -> str:
    return "-" if value is None else form.format(value)


COLUMNS = ("load", "contender", "CPU µs", "× floor", "p50 ms", "× floor")
COLUMNS += ("p99 ms", "max ms", "a second", "sessions", "failed")


def _row(cell: str, name: str, of: dict) -> list[str]:
    small = of["cpu_us"] is not None and of["cpu_us"] < 10
    return [
        cell,
        name,
        _figure(of["cpu_us"], "{:.3f}" if small else "{:.0f}"),
        _figure(of["cpu_to_floor"], "{:.2f}"),
        *(
            _figure(value and value / 1000, "{:.2f}")
            if form is None
            else _figure(value, form)
            for value, form in (
                (of["p50_us"], None),
                (of["p50_to_floor"], "{:.2f}"),
                (of["p99_us"], None),
                (of["max_us"], None),
            )
        ),
        _figure(of["per_second"]),
        str(of["sessions"]),
        str(of["failures"]),
    ]


def table(whole: dict) -> str:
    rows = [list(COLUMNS)]
    for cell, by_name in whole["cells"].items():
        rows += [_row(cell, name, of) for name, of in by_name.items()]
    widths = [max(len(row[i]) for row in rows) for i in range(len(COLUMNS))]
    lines = [
        "  ".join(
            text.ljust(width) if i < 2 else text.rjust(width)
            for i, (text, width) in enumerate(zip(row, widths))
        )
        for row in rows
    ]
    lines += [f"left out: {name}: {why}" for name, why in whole["left_out"].items()]
    return "\n".join(lines)


def write(path: Path, whole: dict) -> None:
    path.write_text(json.dumps(whole, indent=1) + "\n")
