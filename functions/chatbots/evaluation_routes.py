"""Routes for the evaluations of a chatbot, and their runs."""

from typing import Annotated, Literal
from uuid import UUID

from chatbot_routes import ChatbotId
from fastapi import APIRouter, Path, Query, Response
from pydantic import Field

from oneai.chat.turn import evaluation_run
from oneai.chat.turn.evaluation_run import NewRun
from oneai.chatbots import evaluation_runs, evaluations
from oneai.chatbots.evaluation_runs import EvaluationRun, EvaluationRunDetail, EvaluationRunPage, RunComparison
from oneai.chatbots.evaluations import Evaluation, EvaluationChanges, EvaluationList, NewEvaluation
from oneai.http.fastapi_app import CurrentUser, Cursor, Limit
from oneai.quota.quoted import Quote

EvaluationId = Annotated[UUID, Path(description="The evaluation's id.")]
RunId = Annotated[UUID, Path(description="The run's id.")]
# The default for an empty body.
OF_THE_DRAFT = NewRun()

router = APIRouter(tags=["Chatbots"])


@router.post("/chatbots/{id}/evaluations", summary="Add an evaluation", status_code=201)
async def add_evaluation(user: CurrentUser, id: ChatbotId, new: NewEvaluation) -> Evaluation:
    """Adds a question, with what its answer is checked for. A chatbot has at most fifty."""
    return await evaluations.add_evaluation(user, id, new)


@router.get("/chatbots/{id}/evaluations", summary="List evaluations")
async def list_evaluations(user: CurrentUser, id: ChatbotId) -> EvaluationList:
    """Lists the evaluations, oldest first."""
    return await evaluations.list_evaluations(user, id)


@router.patch("/chatbots/{id}/evaluations/{evaluation_id}", summary="Change an evaluation")
async def change_evaluation(
    user: CurrentUser, id: ChatbotId, evaluation_id: EvaluationId, changes: EvaluationChanges
) -> Evaluation:
    """Changes the given fields. Runs keep what they asked."""
    return await evaluations.change_evaluation(user, id, evaluation_id, changes)


@router.delete("/chatbots/{id}/evaluations/{evaluation_id}", summary="Delete an evaluation", status_code=204)
async def delete_evaluation(user: CurrentUser, id: ChatbotId, evaluation_id: EvaluationId) -> None:
    """Deletes an evaluation. Runs keep what they asked."""
    await evaluations.delete_evaluation(user, id, evaluation_id)


@router.post(
    "/chatbots/{id}/evaluation-runs",
    summary="Run evaluations",
    status_code=202,
    responses={200: {"model": Quote, "description": "With `preview=1`: what the run would hold."}},
)
async def start_run(
    user: CurrentUser,
    id: ChatbotId,
    response: Response,
    run: NewRun = OF_THE_DRAFT,
    *,
    preview: Annotated[bool, Query(description="`1` only returns what the run would hold.")] = False,
) -> EvaluationRun | Quote:
    """Asks all evaluations of the draft or a version. All that it may cost is held before the first question, or
    nothing; the questions are previews of your own."""
    if preview:
        response.status_code = 200
        return await evaluation_run.quote_run(user, id, run.version)
    return await evaluation_run.start_run(user, id, run.version)


@router.get("/chatbots/{id}/evaluation-runs", summary="List runs of evaluations")
async def list_runs(
    user: CurrentUser,
    id: ChatbotId,
    version: Annotated[
        Literal["draft"] | Annotated[int, Field(ge=1, le=2**31 - 1)] | None,
        Query(description="Only those of this version's number, or of the `draft`."),
    ] = None,
    limit: Limit = 50,
    cursor: Cursor = None,
) -> EvaluationRunPage:
    """Lists the runs, newest first. The hundred newest that have ended are kept."""
    return await evaluation_runs.list_runs(user, id, version=version, limit=limit, cursor=cursor)


@router.get("/chatbots/{id}/evaluation-runs/{run_id}", summary="Get a run of evaluations")
async def show_run(user: CurrentUser, id: ChatbotId, run_id: RunId) -> EvaluationRunDetail:
    """Returns a run with its results so far."""
    return await evaluation_runs.show_run(user, id, run_id)


@router.post("/chatbots/{id}/evaluation-runs/{run_id}/cancel", summary="Cancel a run of evaluations")
async def cancel_run(user: CurrentUser, id: ChatbotId, run_id: RunId) -> EvaluationRun:
    """Ends a run. What it has not asked is given back."""
    return await evaluation_runs.cancel_run(user, id, run_id)


@router.get("/chatbots/{id}/evaluation-runs/{run_id}/compare", summary="Compare two runs of evaluations")
async def compare_runs(
    user: CurrentUser,
    id: ChatbotId,
    run_id: RunId,
    after: Annotated[UUID, Query(alias="with", description="The later run.")],
) -> RunComparison:
    """Returns the questions that pass in one of both runs alone."""
    return await evaluation_runs.compare_runs(user, id, run_id, after)
