"""Curated answers of a chatbot: makes, imports, lists, changes and deletes them."""

import csv
import io
import json
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, Field, ValidationError

from oneai import cursors
from oneai.chatbots.answering.telling_words import words_of
from oneai.chatbots.manage import show_chatbot
from oneai.field_errors import invalid
from oneai.fields import Fields
from oneai.postgres import db
from oneai.postgres.db import Principal
from oneai.text import clean_lines, one_line

# What one import may have.
MAX_ROWS = 1000
MAX_CSV_CHARACTERS = 2_000_000
# Alternatives stand in one cell.
_DIVIDER = "|"
_COLUMNS = ("question", "answer", "alternatives")

Question = Annotated[str, Field(min_length=1, max_length=500), AfterValidator(one_line)]
Text = Annotated[str, Field(min_length=1, max_length=4000), AfterValidator(clean_lines)]


class NewAnswer(Fields):
    """The body of `POST /api/chatbots/{id}/answers`."""

    question: Question = Field(description="The question, as visitors ask it.")
    answer: Text = Field(description="What the chatbot says, in Markdown.")
    alternatives: list[Question] = Field(default=[], max_length=20, description="Other wordings of the question.")


class AnswerChanges(Fields):
    """The body of `PATCH /api/chatbots/{id}/answers/{answer_id}`. Absent fields remain unchanged."""

    question: Question | None = Field(default=None, description="The question.")
    answer: Text | None = Field(default=None, description="What the chatbot says.")
    alternatives: list[Question] | None = Field(default=None, max_length=20, description="Replaces all wordings.")


class CuratedAnswer(BaseModel):
    """A curated answer. It comes before the documents where its words fit the question."""

    id: UUID = Field(description="Its id.")
    question: str = Field(description="The question, as visitors ask it.")
    alternatives: list[str] = Field(description="Other wordings of the question.")
    answer: str = Field(description="What the chatbot says, in Markdown.")
    created_at: datetime = Field(description="When it was made.")
    updated_at: datetime = Field(description="When it was last changed.")


class CuratedAnswerPage(BaseModel):
    """A page of curated answers."""

    items: list[CuratedAnswer] = Field(description="The answers, oldest first.")
    next_cursor: str | None = Field(description="The cursor of the next page; null on the last page.")


class AnswerImport(Fields):
    """The body of `POST /api/chatbots/{id}/answers/import`."""

    csv: str = Field(
        min_length=1,
        max_length=MAX_CSV_CHARACTERS,
        description="A CSV file with the columns `question`, `answer` and, if wanted, `alternatives`, divided by `|`. "
        f"At most {MAX_ROWS} answers.",
    )


class RefusedRow(BaseModel):
    """A row that was not imported."""

    line: int = Field(description="Its line in the file, from 1.")
    field: Literal["question", "answer", "alternatives"] = Field(description="The cell that is wrong.")
    code: Literal["required", "too_long", "too_many"] = Field(description="What is wrong with it.")


class AnswersImported(BaseModel):
    """The result of an import."""

    imported: int = Field(description="How many answers were added.")
    refused: list[RefusedRow] = Field(description="The rows that were not.")


async def add_answer(principal: Principal, chatbot_id: UUID, new: NewAnswer) -> CuratedAnswer:
    """Adds a curated answer. Raises ChatbotNotFound, RoleInsufficient, AnswerLimitReached."""
    (added,) = await _add(principal, chatbot_id, [new])
    return CuratedAnswer.model_validate(added)


async def import_answers(principal: Principal, chatbot_id: UUID, file: AnswerImport) -> AnswersImported:
    """Adds the rows of a CSV file that are right, all at once, and says which are not.

    Raises InvalidRequest for a file without the columns, or with too many rows; ChatbotNotFound, RoleInsufficient,
    AnswerLimitReached.
    """
    answers, refused = read_csv(file.csv)
    await show_chatbot(principal, chatbot_id)
    added = await _add(principal, chatbot_id, answers)
    return AnswersImported(imported=len(added), refused=refused)


async def list_answers(
    principal: Principal, chatbot_id: UUID, *, search: str | None, limit: int, cursor: str | None
) -> CuratedAnswerPage:
    """Returns the curated answers, oldest first; `search` is a part of a question. Raises ChatbotNotFound,
    InvalidRequest for an invalid cursor."""
    after, after_id = (None, None) if cursor is None else cursors.decode(cursor, str, str)
    await show_chatbot(principal, chatbot_id)
    rows = await db.read_as(
        principal,
        """
        select a.id, a.question, a.alternatives, a.answer, a.created_at, a.updated_at from oneai.chatbot_answers as a
        where a.chatbot_id = %s and (%s::timestamptz is null or (a.created_at, a.id) > (%s, %s::uuid))
          and (%s::text is null or strpos(lower(concat_ws(' ', a.question, a.alternatives::text)), lower(%s)) > 0)
        order by a.created_at, a.id limit %s
        """,
        [
            chatbot_id,
            *[None if after is None else cursors.parse_time(after)] * 2,
            None if after_id is None else cursors.parse(UUID, after_id),
            *(search, search, limit + 1),
        ],
        CuratedAnswer,
    )
    items = rows[:limit]
    more = len(rows) > limit
    return CuratedAnswerPage(
        items=items, next_cursor=cursors.encode(items[-1].created_at.isoformat(), str(items[-1].id)) if more else None
    )


async def change_answer(
    principal: Principal, chatbot_id: UUID, answer_id: UUID, changes: AnswerChanges
) -> CuratedAnswer:
    """Sets the given fields. Raises ChatbotNotFound, NotFound for an answer that the chatbot does not have, and
    RoleInsufficient."""
    fields = {name: value for name, value in changes.model_dump(exclude_unset=True).items() if value is not None}
    if {"question", "alternatives"} & fields.keys():
        # Its words are those of both.
        known = (await _read(principal, chatbot_id, answer_id)) | fields
        fields["words"] = _words(known["question"], known["alternatives"])
    (changed,) = await db.call(
        "select oneai.change_curated_answer(%s, %s, %s, %s)",
        [principal.user_id, chatbot_id, answer_id, json.dumps(fields, ensure_ascii=False)],
    )
    return CuratedAnswer.model_validate(changed)


async def delete_answer(principal: Principal, chatbot_id: UUID, answer_id: UUID) -> None:
    """Deletes a curated answer. Raises ChatbotNotFound, NotFound, RoleInsufficient."""
    await db.call("select oneai.delete_curated_answer(%s, %s, %s)", [principal.user_id, chatbot_id, answer_id])


def read_csv(text: str) -> tuple[list[NewAnswer], list[RefusedRow]]:
    """The answers of a CSV file, and its rows that have none. Columns are found by their names in the first row, and
    divided by commas, semicolons or tabs. Raises InvalidRequest."""
    text = text.removeprefix("\ufeff").replace("\0", "")
    header = text.partition("\n")[0]
    divider = max(",;\t", key=header.count)
    rows = csv.reader(io.StringIO(text, newline=""), delimiter=divider)
    try:
        names = [name.strip().casefold() for name in next(rows, [])]
        if not {"question", "answer"} <= set(names):
            raise invalid("csv", "wrong_format", "The first row must name the columns question and answer.")
        places = [names.index(name) if name in names else None for name in _COLUMNS]
        answers: list[NewAnswer] = []
        refused: list[RefusedRow] = []
        for row in rows:
            line = rows.line_num
            cells = ["" if at is None or at >= len(row) else row[at].strip() for at in places]
            if not any(cells):
                continue
            if len(answers) + len(refused) == MAX_ROWS:
                raise invalid("csv", "too_many", f"A file may have {MAX_ROWS} answers.")
            found = _answer(cells, line)
            if isinstance(found, NewAnswer):
                answers.append(found)
            else:
                refused.append(found)
    except csv.Error as error:
        raise invalid("csv", "wrong_format", "This is not a CSV file.") from error
    return answers, refused


def _answer(cells: list[str], line: int) -> NewAnswer | RefusedRow:
    """The answer in a row's cells, or what is wrong with them."""
    question, answer, alternatives = cells
    others = [each.strip() for each in alternatives.split(_DIVIDER) if each.strip()]
    try:
        return NewAnswer(question=question, answer=answer, alternatives=others)
    except ValidationError as error:
        found = error.errors()[0]
        field: Any = found["loc"][0]
        if not (question if field == "question" else answer):
            return RefusedRow(line=line, field=field, code="required")
        many = field == "alternatives" and len(found["loc"]) == 1
        return RefusedRow(line=line, field=field, code="too_many" if many else "too_long")


async def _add(principal: Principal, chatbot_id: UUID, answers: list[NewAnswer]) -> list[dict[str, Any]]:
    rows = [each.model_dump() | {"words": _words(each.question, each.alternatives)} for each in answers]
    (added,) = await db.call(
        "select oneai.add_curated_answers(%s, %s, %s)",
        [principal.user_id, chatbot_id, json.dumps(rows, ensure_ascii=False)],
    )
    found: list[dict[str, Any]] = added
    return found


async def _read(principal: Principal, chatbot_id: UUID, answer_id: UUID) -> dict[str, Any]:
    """The wordings of an answer; empty ones if there is none, which the change will refuse."""
    rows = await db.read_as(
        principal,
        "select a.id, a.question, a.alternatives, a.answer, a.created_at, a.updated_at "
        "from oneai.chatbot_answers as a where a.chatbot_id = %s and a.id = %s",
        [chatbot_id, answer_id],
        CuratedAnswer,
    )
    return rows[0].model_dump() if rows else {"question": "", "alternatives": []}


def _words(question: str, alternatives: list[str]) -> list[list[str]]:
    return [words for each in (question, *alternatives) if (words := words_of(each))]
