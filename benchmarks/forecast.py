"""How often the interval of a forecast holds what then happens, by method, on simulated registers.

    python benchmarks/forecast.py [--registers N] [--output FILE]

Every method sees the same months and forecasts the tasks completed in the next one and the next three; then the
method in use forecasts the day on which what is open then is completed. The registers have rates from 4 to 60 tasks a
month and one of eight shapes; all seeds are fixed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from r57lib.measures import forecast

LEVEL, DRAWS, AFTER = 0.8, 1000, 12
SHAPES = {
    "chance alone": "Poisson, one rate",
    "scattered": "rates that vary by half (gamma, shape 4)",
    "wild": "rates that vary by four fifths (gamma, shape 1.5)",
    "lasting": "good and bad months in a row (log rate AR(1), 0.6, sd 0.4)",
    "quarter ends": "0.6, 0.8 and 1.6 of the rate in turn",
    "rising": "5% more each month",
    "falling": "5% less each month",
    "wears off": "6% of what is open each month",
}


def months_of(shape: str, chance: np.random.Generator, count: int = AFTER + 3) -> Any:
    """The completed tasks of each month of a register."""
    rate, when = np.exp(chance.uniform(np.log(4), np.log(60))), np.arange(count)
    if shape == "wears off":
        left, done = round(16 * rate), []
        for _ in when:
            done.append(int(chance.binomial(left, 0.06)))
            left -= done[-1]
        return np.array(done)
    if shape == "lasting":
        height = [chance.normal(0, 0.4)]
        for _ in when[1:]:
            height.append(0.6 * height[-1] + chance.normal(0, 0.32))
        return chance.poisson(rate * np.exp(np.array(height) - 0.08))
    factor = {
        "chance alone": lambda: np.ones(count),
        "scattered": lambda: chance.gamma(4, 1 / 4, count),
        "wild": lambda: chance.gamma(1.5, 1 / 1.5, count),
        "quarter ends": lambda: np.roll(np.resize([0.6, 0.8, 1.6], count), chance.integers(3)),
        "rising": lambda: 1.05**when,
        "falling": lambda: 0.95**when,
    }[shape]()
    return chance.poisson(rate * factor)


def bootstrap(months: Any, ahead: int, chance: np.random.Generator) -> Any:
    """Months drawn again from those seen."""
    return chance.choice(months, (DRAWS, ahead))


def corrected(months: Any, ahead: int, chance: np.random.Generator) -> Any:
    """The same around a mean that is drawn again itself, both spread by sqrt(n / (n - 1))."""
    count, mean = len(months), months.mean()
    spread = np.sqrt(count / (count - 1))
    means = mean + spread * (chance.choice(months, (DRAWS, count)).mean(axis=1) - mean)
    return (means[:, None] + spread * (chance.choice(months, (DRAWS, ahead)) - mean)).clip(min=0)


def negative_binomial(months: Any, ahead: int, chance: np.random.Generator) -> Any:
    """Counts of a gamma rate; mean and variance by moments, both uncertain."""
    count, mean = len(months), float(months.mean())
    seen = max(float(months.var(ddof=1)), 1.05 * mean)
    variance = ((count - 1) * seen / chance.chisquare(count - 1, DRAWS)).clip(min=1.02 * mean)
    size, trust = mean**2 / (variance - mean), mean**2 / (seen / count)
    means = chance.gamma(trust, mean / trust, DRAWS)
    rates = chance.gamma(size[:, None], (means / size)[:, None], (DRAWS, ahead))
    return chance.poisson(rates.clip(max=1e7))


def ours(months: Any, ahead: int, chance: np.random.Generator) -> Any:
    """What `r57lib.measures.forecast` draws."""
    return forecast._futures(months.astype("float64"), ahead)


METHODS: dict[str, Callable[[Any, int, np.random.Generator], Any]] = {
    "bootstrap of months": bootstrap,
    "bootstrap, corrected": corrected,
    "negative binomial": negative_binomial,
    "Student's t (in use)": ours,
}


def coverage(method: str, shape: str, seen: int, ahead: int, registers: int) -> float:
    """The share of registers whose outcome lies within the interval; those that nothing was completed in are left."""
    chance, held = np.random.default_rng(57), []
    other = np.random.default_rng(5757)
    while len(held) < registers:
        months = months_of(shape, chance)
        known = months[AFTER - seen : AFTER]
        if not known.sum():
            continue
        drawn = METHODS[method](known, ahead, other).sum(axis=1)
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], method="inverted_cdf")
        held.append(np.floor(low) <= months[AFTER : AFTER + ahead].sum() <= np.ceil(high))
    return float(np.mean(held))


def day_held(shape: str, seen: int, registers: int) -> float:
    """The share of registers that end between the bounds of the day forecast, from months that leave eight like them.

    A refusal is not counted. A register that wears off ends with its last task but one in twenty.
    """
    chance, held = np.random.default_rng(57), []
    for _ in range(4 * registers):
        months = months_of(shape, chance, AFTER + 120)
        done, rest = int(months[AFTER - seen : AFTER].sum()), months[AFTER:].cumsum()
        left = round(8 * done / seen) if shape != "wears off" else round(0.95 * rest[-1])
        if len(held) == registers or left < 1 or rest[-1] < left:
            continue
        days = pd.date_range("2020-01-31", periods=seen, freq="ME")
        history = pd.DataFrame({"day": days, "completed_change": months[AFTER - seen : AFTER], "scope_changed": False})
        history = history.assign(completed=history["completed_change"].cumsum(), total=done + left)
        found = forecast.completion_forecast(history, level=LEVEL)
        if found.low and found.high:
            end = pd.date_range(days[-1], periods=122, freq="ME")[1 + int((rest >= left).argmax())].date()
            held.append(found.low.replace(day=1) <= end and end.replace(day=1) <= found.high)
    return float(np.mean(held))


def page(registers: int) -> str:
    """The results as Markdown."""
    lines = [
        "# How often a forecast's interval holds",
        "",
        f"`python benchmarks/forecast.py` prints this page: the share of {registers} simulated registers whose outcome",
        "lies within the 80% interval, one month and three months ahead (1 / 3), from so many months seen. 80% is",
        "right; less is an interval that promises too much.",
    ]
    for seen in (3, 4, 6, 12):
        lines += ["", f"## {seen} months seen", "", "| register | " + " | ".join(METHODS) + " |"]
        lines.append("|---|" + "---:|" * len(METHODS))
        for shape in SHAPES:
            cells = [
                " / ".join(f"{100 * coverage(method, shape, seen, ahead, registers):.0f}" for ahead in (1, 3))
                for method in METHODS
            ]
            lines.append(f"| {shape} | " + " | ".join(cells) + " |")
    lines += ["", "## The month of completion", ""]
    lines += [
        "The share of registers that end within the interval of the day (in use), with eight average months left."
    ]
    lines += ["", "| register | 3 months seen | 6 months seen |", "|---|---:|---:|"]
    for shape in SHAPES:
        held = " | ".join(f"{100 * day_held(shape, seen, registers // 4):.0f}" for seen in (3, 6))
        lines.append(f"| {shape} | {held} |")
    lines += ["", *(f"- **{shape}**: {meaning}." for shape, meaning in SHAPES.items()), ""]
    return "\n".join(lines)


def main() -> None:
    """Print the page, or write it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--registers", type=int, default=400)
    parser.add_argument("--output", type=Path)
    given = parser.parse_args()
    text = page(given.registers)
    if given.output:
        given.output.write_text(text, encoding="utf-8")
    else:
        print(text)


if __name__ == "__main__":
    main()
