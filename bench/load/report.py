"""Prints the results of `make load`, and writes its HTML report."""

from collections.abc import Sequence
from pathlib import Path

from bench.html import charts, page
from bench.invariants import Check
from bench.load import figures
from bench.load.figures import Reached
from bench.load.run import Run
from bench.load.traffic import Traffic
from bench.load.watched import NAMES, Times
from bench.report import ms, table

_HEADS = ("route", "requests", "errors", "p50, ms", "p95, ms", "p99, ms")


def rows(run: Run) -> list[tuple[object, ...]]:
    """The table by route."""
    return [
        (each.name, each.requests, each.errors, *map(ms, (each.p50, each.p95, each.p99)))
        for each in figures.routes(run)
    ]


def show(run: Run, aims: Sequence[Reached], books: Sequence[Check]) -> None:
    """Prints the figures, the targets and the invariants."""
    table(_HEADS, rows(run))
    for text, count in figures.errors(run)[:10]:
        print(f"  {count} × {text}")
    if run.processor is not None:
        print(_processor_sentence(run.processor))
    print("Aims:", *(each.line() for each in aims), sep="\n")
    if (late := figures.lateness(run)) > figures.LATE_SECONDS:
        print(f"  ! {late_sentence(late)}")
    if books:
        print("Books:", *(line for each in books for line in each.lines()), sep="\n")


def late_sentence(late: float) -> str:
    """A note about requests that were sent late."""
    return (
        f"Five requests in a hundred were sent more than {ms(late)} ms late: this machine was too busy to send at this "
        "rate, and times are its own as much as the stack's."
    )


def write(
    run: Run, traffic: Traffic, seed: int, *, aims: Sequence[Reached], books: Sequence[Check], holds: bool
) -> Path:
    """Writes the HTML report. Returns its path."""
    late = figures.lateness(run)
    streams = sum(sample.route == figures.STREAM for sample in run.samples)
    tiles = [
        *(_tile(each) for each in aims),
        page.Tile("streams", f"{streams:,}", f"{streams / run.seconds:.1f} a second"),
        page.Tile("sent late, p95", ms(late), "ms", "plain" if late <= figures.LATE_SECONDS else "bad"),
    ]
    missed = [(y, 2) for y, each in enumerate(figures.routes(run)) if each.errors]
    sections = [
        page.section(
            "First token",
            "Milliseconds from sending a question to the first text of its answer. The dashed line is the aim.",
            charts.lines(_percentiles(run, streamed=True), "ms", aim=traffic.aims.first_token_p95),
        ),
        page.section(
            "Other requests",
            "Milliseconds of lists, searches and payments. The dashed line is the aim.",
            charts.lines(_percentiles(run, streamed=False), "ms", aim=traffic.aims.request_p95),
        ),
        page.section(
            "Open streams and memory",
            "Users arrive independently of each other; the more streams are open, the longer each takes. Memory is the "
            "gateway's, and has to be flat once it has warmed up.",
            charts.lines([charts.Series("open streams", run.streams)], "streams", height=180),
            charts.lines([charts.Series("memory of the gateway", run.memory)], "MB", height=180) if run.memory else "",
        ),
        *_processors(run),
        page.section("Routes", "Of successful requests. A stream counts twice.", page.table(_HEADS, rows(run), missed)),
    ]
    if errors := figures.errors(run):
        sections.append(
            page.section("Errors", "What was answered instead.", page.table(("error", "times"), [*errors[:20]]))
        )
    if books:
        sections.append(
            page.section(
                "The books",
                "What has to be true of every answer, quota and payment when all is over.",
                page.checks([(each.sentence, each.holds, each.lines()[1:]) for each in books]),
            )
        )
    about = (
        f"{traffic.seconds:g} seconds at {traffic.streams_per_second:g} streams a second by {traffic.users} users, "
        f"seed {seed}." + (f" {late_sentence(late)}" if late > figures.LATE_SECONDS else "")
    )
    verdict = "The aims are reached" + (" and the books hold" if books else "") if holds else "Not everything holds"
    return page.write("load", page.page("Load", verdict, about, holds=holds, tiles=tiles, sections=sections))


def _processor_sentence(times: Times) -> str:
    used = ", ".join(f"{seconds:.0f} s {name}" for name, seconds in times.seconds.items())
    return f"Of {times.capacity:.0f} s of this machine's processors: {used}."


def _tile(aim: Reached) -> page.Tile:
    return page.Tile(aim.name, f"{aim.value:,.4g}", f"{aim.unit}; at most {aim.most:g}", "good" if aim.holds else "bad")


def _processors(run: Run) -> list[str]:
    if run.processor is None:
        return []
    about = "The longer the part of other programs, the less the times above say of the service."
    seconds = [round(run.processor.seconds[name]) for name in NAMES]
    return [
        page.section(
            "Processors", f"{_processor_sentence(run.processor)} {about}", charts.bars({"seconds": seconds}, NAMES)
        )
    ]


def _percentiles(run: Run, *, streamed: bool) -> list[charts.Series]:
    return [
        charts.Series(f"p{percent}", figures.over_time(run, streamed=streamed, percent=percent)) for percent in (50, 95)
    ]
