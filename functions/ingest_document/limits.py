"""The limits of one invocation: settings, with defaults that fit the template's memory and time."""

from dataclasses import asdict, dataclass

from oneai import settings


@dataclass(frozen=True)
class Limits:
    """`ingest_file_bytes` and `ingest_file_pages` limit a file, all others one invocation.

    After `ingest_seconds` no further page or piece is started. After `ingest_hard_seconds` of time or of CPU the
    reading process is killed. `ingest_unpacked_bytes` limits the stated size of the members of an archive, such as a
    docx. `ingest_memory_bytes` limits the address space of that process, `ingest_answer_bytes` the pieces as JSON.
    """

    ingest_file_bytes: int = 50_000_000
    ingest_file_pages: int = 5_000
    ingest_pages: int = 500
    ingest_pieces: int = 5_000
    ingest_answer_bytes: int = 3_500_000
    ingest_seconds: int = 40
    ingest_hard_seconds: int = 75
    ingest_memory_bytes: int = 1_200_000_000
    ingest_unpacked_bytes: int = 500_000_000
    ingest_archive_members: int = 20_000


def read() -> Limits:
    """The limits of this function."""
    return settings.read(Limits)


def as_options(limits: Limits) -> dict[str, int]:
    """The limits for the reading process, which has no environment to read them from."""
    return {name.removeprefix("ingest_"): value for name, value in asdict(limits).items()}
