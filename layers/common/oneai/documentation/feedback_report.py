"""Readers' feedback on the documentation, for its authors."""

from datetime import datetime

from pydantic import BaseModel, Field

from oneai.postgres import db

# The newest notes of a page, and the most frequent searches.
NOTES, SEARCHES = 20, 200


class PageNote(BaseModel):
    """What a reader found missing or wrong."""

    helpful: bool = Field(description="Whether the page helped anyway.")
    note: str = Field(description="The reader's text.")
    created_at: datetime = Field(description="When it was sent.")


class PageRating(BaseModel):
    """The feedback on one page."""

    slug: str = Field(description="The page.")
    helpful: int = Field(description="The number of readers it helped.")
    not_helpful: int = Field(description="The number of readers it did not help.")
    notes: list[PageNote] = Field(description="The newest notes.")


class MissedSearch(BaseModel):
    """A search without results."""

    words: str = Field(description="The words.")
    searches: int = Field(description="The number of searches.")
    last_at: datetime = Field(description="When it was last searched.")


class DocsReport(BaseModel):
    """The feedback on the documentation."""

    pages: list[PageRating] = Field(description="Rated pages, least helpful first.")
    missed_searches: list[MissedSearch] = Field(description="Searches without results, most frequent first.")


async def docs_report() -> DocsReport:
    """Returns the stored ratings and missed searches: those of a year, unless the operator changes the period."""
    pages = await db.as_service(
        """
        select r.slug, count(*) filter (where r.helpful) as helpful,
          count(*) filter (where not r.helpful) as not_helpful,
          coalesce((
            select jsonb_agg(to_jsonb(n)) from (
              select o.helpful, o.note, o.created_at from oneai.docs_page_ratings as o
              where o.slug = r.slug and o.note is not null order by o.created_at desc, o.id desc limit %s
            ) as n
          ), '[]') as notes
        from oneai.docs_page_ratings as r
        group by r.slug order by count(*) filter (where not r.helpful) desc, r.slug
        """,
        [NOTES],
        PageRating,
    )
    missed = await db.as_service(
        "select words, searches, last_at from oneai.docs_missed_searches order by searches desc, words limit %s",
        [SEARCHES],
        MissedSearch,
    )
    return DocsReport(pages=pages, missed_searches=missed)
