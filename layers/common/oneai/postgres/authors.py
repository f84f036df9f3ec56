"""The authors of what a list shows. The rows of a team have few authors, and to read a name takes longer than to read a
row, because row-level security hides the profiles of others."""

from typing import LiteralString


def with_authors(rows: LiteralString, order: LiteralString, own: LiteralString | None = None) -> LiteralString:
    """The statement `rows` with the `author` of each row, in the `order` of the columns of `page`.

    It has the columns `author_id` and `workspace_id`, and each pair of them is looked up once. `own` is the author of
    what the user made; None: it is looked up as well.
    """
    others: LiteralString = "author_id is distinct from (select auth.uid())"
    where: LiteralString = "" if own is None else f"where {others}"
    author: LiteralString = "a.author" if own is None else f"case when page.{others} then a.author else {own} end"
    return f"""
        with page as materialized ({rows}), authors as materialized (
          select p.author_id, p.workspace_id, oneai.author_of(p.author_id, p.workspace_id) as author
          from (select distinct author_id, workspace_id from page {where}) as p
        )
        select page.*, {author} as author
        from page left join authors as a
          on a.author_id is not distinct from page.author_id and a.workspace_id = page.workspace_id
        order by {order}
        """
