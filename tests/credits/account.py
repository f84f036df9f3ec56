"""The credits of one workspace, changed through the functions of SQL."""

from typing import Any
from uuid import UUID, uuid4

from tests.world import Database

_A_DAY = 86_400


class Credits:
    """One workspace's account, through the functions of SQL."""

    def __init__(self, database: Database, workspace: UUID | None = None) -> None:
        self.database, self.workspace = database, workspace or uuid4()

    def grant(self, amount: int, days: float = 365, kind: str = "paid", bonus_of: UUID | None = None) -> UUID:
        """A grant that ends after this many days."""
        made = uuid4()
        assert self.grant_again(made, amount, days, kind, bonus_of)
        return made

    def grant_again(self, made: UUID, amount: int, days: float, kind: str, bonus_of: UUID | None = None) -> bool:
        """The same grant; False if it is there."""
        statement = "select oneai.grant_credits(%s, %s, %s, %s, oneai.now() + make_interval(secs => %s), %s)"
        result = self.database.one(statement, self.workspace, made, kind, amount, days * _A_DAY, bonus_of)
        return bool(result)

    def hold(self, amount: int, made: UUID | None = None) -> UUID | None:
        """A hold, or None if less is available."""
        made = made or uuid4()
        held = self.database.one("select oneai.hold_credits(%s, %s, %s, %s)", self.workspace, made, amount, made)
        return made if held else None

    def settle(self, hold: UUID | None, charge: int) -> int | None:
        """What was charged."""
        charged: int | None = self.database.one("select oneai.settle_credits(%s, %s)", hold, charge)
        return charged

    def give_back(self, hold: UUID | None, amount: int) -> int:
        """What was given back."""
        return int(self.database.one("select oneai.give_back_credits(%s, %s)", hold, amount))

    def available(self) -> int:
        """What can be used now."""
        return int(self.database.one("select oneai.available_credits(%s)", self.workspace))

    def balance(self) -> tuple[Any, ...]:
        """Paid, promotional, owed and held, once due ends are booked."""
        self.database.rows("select oneai.end_credit_grants(%s)", self.workspace)
        (row,) = self.database.rows(
            "select paid_micro_usd, promotional_micro_usd, owed_micro_usd, held_micro_usd "
            "from oneai.credit_balances where workspace_id = %s",
            self.workspace,
        )
        return tuple(row)

    def movements(self) -> list[tuple[str, int, int]]:
        """Kind, amount and balance of each, in their order."""
        return self.database.rows(
            "select kind, amount_micro_usd, balance_micro_usd from oneai.ledger_movements "
            "where workspace_id = %s order by number",
            self.workspace,
        )
