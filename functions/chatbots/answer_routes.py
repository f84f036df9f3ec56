"""Routes for the curated answers of a chatbot."""

from typing import Annotated
from uuid import UUID

from chatbot_routes import ChatbotId
from fastapi import APIRouter, Path, Query

from oneai.chatbots import answers
from oneai.chatbots.answers import (
    AnswerChanges,
    AnswerImport,
    AnswersImported,
    CuratedAnswer,
    CuratedAnswerPage,
    NewAnswer,
)
from oneai.http.fastapi_app import CurrentUser, Cursor, Limit

AnswerId = Annotated[UUID, Path(description="The curated answer's id.")]

router = APIRouter(tags=["Chatbots"])


@router.post("/chatbots/{id}/answers", summary="Add a curated answer", status_code=201)
async def add_answer(user: CurrentUser, id: ChatbotId, new: NewAnswer) -> CuratedAnswer:
    """Adds an answer that comes before the documents where its question fits what was asked. It takes effect at
    once."""
    return await answers.add_answer(user, id, new)


@router.post("/chatbots/{id}/answers/import", summary="Import curated answers")
async def import_answers(user: CurrentUser, id: ChatbotId, file: AnswerImport) -> AnswersImported:
    """Adds the answers of a CSV file. Rows that are wrong are named and left out; the others are added together."""
    return await answers.import_answers(user, id, file)


@router.get("/chatbots/{id}/answers", summary="List curated answers")
async def list_answers(
    user: CurrentUser,
    id: ChatbotId,
    search: Annotated[str | None, Query(max_length=100, description="A part of a question.")] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> CuratedAnswerPage:
    """Lists the curated answers, oldest first."""
    return await answers.list_answers(user, id, search=search, limit=limit, cursor=cursor)


@router.patch("/chatbots/{id}/answers/{answer_id}", summary="Change a curated answer")
async def change_answer(user: CurrentUser, id: ChatbotId, answer_id: AnswerId, changes: AnswerChanges) -> CuratedAnswer:
    """Changes the given fields. It takes effect at once."""
    return await answers.change_answer(user, id, answer_id, changes)


@router.delete("/chatbots/{id}/answers/{answer_id}", summary="Delete a curated answer", status_code=204)
async def delete_answer(user: CurrentUser, id: ChatbotId, answer_id: AnswerId) -> None:
    """Deletes a curated answer."""
    await answers.delete_answer(user, id, answer_id)
