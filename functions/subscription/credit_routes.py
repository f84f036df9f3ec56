"""Routes for prepaid credits and their ledger."""

from typing import Annotated

from fastapi import APIRouter, Query

from oneai.billing import ledger_roots, prepaid_credits
from oneai.billing.ledger_roots import LedgerProof
from oneai.billing.prepaid_credits import CreditBalance, CreditTransactionPage, LedgerEntryPage, TransactionKind
from oneai.http.fastapi_app import Cursor, Limit, Manager

router = APIRouter(tags=["Credits"])

Kind = Annotated[TransactionKind | None, Query(description="Only transactions of this kind. Absent: of every kind.")]


@router.get("/credits/balance", summary="Get the credits")
async def get_balance(user: Manager) -> CreditBalance:
    """Returns the credits of the workspace, in micro-dollars, and the grants that they are from."""
    return await prepaid_credits.read_balance(user)


@router.get("/credits/transactions", summary="List transactions of credits")
async def list_transactions(
    user: Manager, limit: Limit = 20, cursor: Cursor = None, kind: Kind = None
) -> CreditTransactionPage:
    """Lists what changed the credits of the workspace, newest first."""
    return await prepaid_credits.list_transactions(user, limit, cursor, kind)


@router.get("/ledger/entries", summary="List the entries of the ledger")
async def list_entries(user: Manager, limit: Limit = 100, cursor: Cursor = None) -> LedgerEntryPage:
    """Lists the chain of the workspace from its first entry, so that its hashes can be checked."""
    return await prepaid_credits.list_entries(user, limit, cursor)


@router.get("/ledger/proof", summary="Prove that the chain is under a root")
async def get_ledger_proof(user: Manager) -> LedgerProof:
    """Returns the hashes from the end of the workspace's chain up to the newest root over all chains. 404 until the
    chain is under a root, which is made each day."""
    return await ledger_roots.prove(user)
