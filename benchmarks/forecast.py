"""How often the interval of a forecast holds what then happens, by method, on simulated registers.

    python benchmarks/forecast.py [--registers N] [--output FILE]

Every method sees the same months and forecasts the tasks completed in the next one, two and three; then the method in
use forecasts the day on which what is open then is completed. The registers have rates from 4 to 60 tasks a month and
one of nine shapes; all seeds are fixed.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np

from r57lib.measures import forecast

LEVEL, DRAWS, AFTER, FAR = 0.8, 1000, 12, 8
SEEN = (3, 4, 5, 6)
SHAPES = {
    "chance alone": "Poisson, one rate",
    "scattered": "rates that vary by half (gamma, shape 4)",
    "wild": "rates that vary by four fifths (gamma, shape 1.5)",
    "lasting": "good and bad months in a row (log rate AR(1), 0.6, sd 0.4)",
    "quarter ends": "0.6, 0.8 and 1.6 of the rate in turn",
    "slump": "0.3 of the rate in two months of each year",
    "growing": "7% more each month",
    "slowing": "7% less each month",
    "wears off": "8% of what is open each month",
}


def months_of(shape: str, chance: np.random.Generator, count: int = AFTER + forecast.HORIZON) -> Any:
    """The completed tasks of each month of a register."""
    rate, when = np.exp(chance.uniform(np.log(4), np.log(60))), np.arange(count)
    if shape == "wears off":
        left, done = round(16 * rate), []
        for _ in when:
            done.append(int(chance.binomial(left, 0.08)))
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
        "slump": lambda: np.where((when + chance.integers(12)) % 12 < 2, 0.3, 1.0),
        "growing": lambda: 1.07**when,
        "slowing": lambda: 0.93**when,
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


def without_drift(months: Any, ahead: int, chance: np.random.Generator) -> Any:
    """The same for a pace that stays."""
    with patch.object(forecast, "DRIFT", 0.0):
        return ours(months, ahead, chance)


METHODS: dict[str, Callable[[Any, int, np.random.Generator], Any]] = {
    "bootstrap of months": bootstrap,
    "bootstrap, corrected": corrected,
    "negative binomial": negative_binomial,
    "Student's t": without_drift,
    "Student's t with drift (in use)": ours,
}


def coverage(method: str, shape: str, seen: int, registers: int) -> list[int]:
    """Of 100 registers, those whose outcome lies within the interval, for each month ahead.

    Registers in which nothing was completed are left out.
    """
    chance, held = np.random.default_rng(57), []
    other = np.random.default_rng(5757)
    while len(held) < registers:
        months = months_of(shape, chance)
        known = months[AFTER - seen : AFTER]
        if not known.sum():
            continue
        drawn = METHODS[method](known, forecast.HORIZON, other).cumsum(axis=1)
        low, high = np.quantile(drawn, [(1 - LEVEL) / 2, (1 + LEVEL) / 2], axis=0, method="inverted_cdf")
        done = months[AFTER : AFTER + forecast.HORIZON].cumsum()
        held.append((np.floor(low) <= done) & (done <= np.ceil(high)))
    return [round(100 * each) for each in np.mean(held, axis=0)]


def day_held(shape: str, seen: int, registers: int, left: int) -> int:
    """Of 100 registers, those that end between the bounds of the day, from months that leave `left` like them.

    Where the forecast gives no interval, the register is not counted; what lies beyond its horizon is drawn here.
    """
    chance, held = np.random.default_rng(57), []
    for _ in range(8 * registers):
        months = months_of(shape, chance, AFTER + forecast.MOST_MONTHS)
        known, rest = months[AFTER - seen : AFTER].astype("float64"), months[AFTER:].cumsum()
        remaining = round(left * known.mean())
        if len(held) == registers or remaining < 1 or (shape == "wears off" and remaining > 0.95 * rest[-1]):
            continue
        end = 1 + int((rest >= remaining).argmax()) if rest[-1] >= remaining else np.inf
        ahead = forecast.HORIZON if left < FAR else forecast.MOST_MONTHS
        ends = forecast._ends(forecast._futures(known, ahead).cumsum(axis=1), remaining)
        low, _, high = forecast._bounds(ends, LEVEL)
        if left >= FAR or np.isfinite(high):
            held.append(np.ceil(low) <= end <= np.ceil(high))
    return round(100 * np.mean(held))


def page(registers: int) -> str:
    """The results as Markdown."""
    lines = [
        "# How often a forecast's interval holds",
        "",
        f"`python benchmarks/forecast.py` prints this page: of 100 simulated registers ({registers} were tried), those",
        "whose outcome lies within the 80% interval one, two and three months ahead (1 / 2 / 3), from so many months",
        "seen. 80 is right; less is an interval that promises too much.",
    ]
    least_to_most: dict[int, list[tuple[int, int]]] = {}
    for seen in SEEN:
        lines += ["", f"## {seen} months seen", "", "| register | " + " | ".join(METHODS) + " |"]
        lines.append("|---|" + "---:|" * len(METHODS))
        for shape in SHAPES:
            found = [coverage(method, shape, seen, registers) for method in METHODS]
            lines.append(f"| {shape} | " + " | ".join(" / ".join(map(str, each)) for each in found) + " |")
            before = least_to_most.get(seen, [(100, 0)] * forecast.HORIZON)
            least_to_most[seen] = [
                (min(low, own), max(high, own)) for (low, high), own in zip(before, found[-1], strict=True)
            ]
    lines += ["", "## The day of completion", ""]
    lines += [
        "Of 100 registers, those that end within the interval of the day: with one average month left, where the",
        f"interval ends within three months, and with {FAR} left, so far as no page gives an interval.",
    ]
    heads = [f"{left} left, {seen} seen" for left in (1, FAR) for seen in SEEN]
    lines += ["", "| register | " + " | ".join(heads) + " |", "|---|" + "---:|" * len(heads)]
    ends = {
        shape: [day_held(shape, seen, registers // 2, left) for left in (1, FAR) for seen in SEEN] for shape in SHAPES
    }
    lines += [f"| {shape} | " + " | ".join(map(str, found)) + " |" for shape, found in ends.items()]
    near, far = ([found[place] for found in ends.values()] for place in (slice(len(SEEN)), slice(len(SEEN), None)))
    lines += ["", "## What pages quote", "", "The least and the most of the method in use, over all shapes.", ""]
    lines += ["| months seen | 1 ahead | 2 ahead | 3 ahead | the day, within 3 |", "|---:|---:|---:|---:|---:|"]
    for place, seen in enumerate(SEEN):
        day = [found[place] for found in near]
        told = [*least_to_most[seen], (min(day), max(day))]
        lines.append(f"| {seen} | " + " | ".join(f"{low} to {high}" for low, high in told) + " |")
    lines += ["", f"The day with {FAR} months left: {min(map(min, far))} to {max(map(max, far))}."]
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
