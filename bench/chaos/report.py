"""Prints the results of `make chaos`, and writes its HTML report."""

from collections import Counter
from pathlib import Path

from bench.chaos.plan import FAULTS
from bench.chaos.run import Outcome
from bench.html import charts, page
from bench.report import table

_HEADS = ("fault", "rounds", "ready again after, p50, s", "longest, s")
# The colors of the report, one per part of the system.
_PARTS = ("functions", "clients", "upstream", "Postgres", "payments", "clock")
_PART_OF: dict[str, int] = {
    **dict.fromkeys(("kill-functions", "stop-functions", "kill-job"), 0),
    "cut-clients": 1,
    **dict.fromkeys(("kill-upstream", "upstream-faults"), 2),
    **dict.fromkeys(("pause-postgres", "stop-postgres", "restart-postgres", "kill-postgres"), 3),
    **dict.fromkeys(("lose-webhooks", "double-webhooks", "reorder-webhooks", "provider-away", "lose-replies"), 4),
    "move-clock": 5,
}


def show(outcome: Outcome) -> None:
    """Prints the faults, the outcomes of requests, and the invariants."""
    table(_HEADS, _rows(outcome))
    print("Requests:", ", ".join(f"{count:,} {name}" for name, count in outcome.outcomes.most_common()))
    print("There were", ", ".join(f"{count:,} {name}" for name, count in outcome.sizes.items()))
    last = outcome.checked[-1][0] if outcome.checked else 0
    print(f"Books after {last} rounds:", *(line for each in outcome.books for line in each.lines()), sep="\n")


def write(outcome: Outcome, seed: int, rounds: int) -> Path:
    """Writes the HTML report. Returns its path."""
    faults = sum(len(each.faults) for each in outcome.rounds)
    longest = max(outcome.recoveries, default=0)
    broken = sum(not each.holds for each in outcome.books)
    tiles = [
        page.Tile("rounds", f"{len(outcome.rounds)} of {rounds}", f"{faults} faults"),
        page.Tile("books", f"{len(outcome.books) - broken} of {len(outcome.books)}", "hold", _tone(not broken)),
        page.Tile("ready again", f"{longest:.1f} s", "after the longest recovery"),
        *(page.Tile(name, f"{count:,}") for name, count in outcome.sizes.items()),
    ]
    cells = [
        charts.Cell(
            _PART_OF[each.faults[0].kind],
            f"Round {each.number}: {', '.join(fault.kind for fault in each.faults)}; "
            f"{', '.join(act.kind for act in each.acts)}; ready again after {seconds:.1f} s",
            marked=len(each.faults) > 1,
        )
        for each, seconds in zip(outcome.rounds, outcome.recoveries, strict=False)
    ]
    sections = [
        page.section(
            "The books",
            f"Read after {', '.join(str(number) for number, _ in outcome.checked)} rounds, when all was at rest.",
            page.checks([(each.sentence, each.holds, each.lines()[1:]) for each in outcome.books]),
        ),
        page.section(
            "Rounds",
            "A square for each, in the color of what failed; a dot marks two faults at once. Point at one to read it.",
            charts.squares(cells, _PARTS),
        ),
        page.section(
            "Recovery",
            "Seconds from the end of a fault until the service was ready; rounds with one fault, and their median.",
            charts.dots({kind: outcome.recovery.get(kind, []) for kind in FAULTS}, _PART_OF, "s"),
            page.table(_HEADS, _rows(outcome)),
        ),
        page.section(
            "Requests",
            "How they ended, as their clients saw it: one that broke off was sent again, or its stream resumed.",
            charts.bars({name: [count] for name, count in outcome.outcomes.most_common()}, ["requests"]),
        ),
    ]
    about = f"Seed {seed}; again the same rounds: make chaos ROUNDS={rounds} SEED={seed}."
    verdict = "The books hold" if outcome.holds else f"{broken} of the books' checks do not hold"
    html = page.page("Chaos", verdict, about, holds=outcome.holds, tiles=tiles, sections=sections)
    return page.write("chaos", html)


def _tone(good: bool) -> page.Tone:
    return "good" if good else "bad"


def _rows(outcome: Outcome) -> list[tuple[object, ...]]:
    counts = Counter(fault.kind for each in outcome.rounds for fault in each.faults)
    return [
        (kind, counts[kind], *_middle_and_longest(outcome.recovery.get(kind, []))) for kind in FAULTS if counts[kind]
    ]


def _middle_and_longest(seconds: list[float]) -> tuple[str, str]:
    ordered = sorted(seconds)
    return (f"{ordered[len(ordered) // 2]:.2f}", f"{ordered[-1]:.2f}") if ordered else ("–", "–")
