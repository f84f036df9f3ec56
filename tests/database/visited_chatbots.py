"""A chatbot that visitors ask while others ask too, and what its budgets have to be at any moment and at the end."""

from dataclasses import dataclass
from typing import LiteralString, Self
from uuid import UUID, uuid4

from hypothesis import strategies as st

from tests.chatbots.made import insert_chatbot, limit, public_id
from tests.database.turns import Visit
from tests.world import Database

VISITORS, NETWORKS = 4, 2
# Small enough for each of them to refuse some questions. A short question holds 203 micro-dollars.
BUDGETS = st.fixed_dictionaries(
    {
        "visitor_per_hour": st.integers(1, 6),
        "address_per_hour": st.integers(1, 9),
        "answers_per_day": st.integers(0, 12),
        "micro_usd_per_day": st.sampled_from([0, 300, 3_000, 1_000_000]),
        "micro_usd_per_month": st.sampled_from([500, 5_000, 1_000_000]),
    }
)
REFUSALS_OF_VISITORS = ("address_limit", "visitor_limit", "chatbot_spent", "conversation_full")

# Postgres itself watches: no question that is admitted takes a chatbot above its day or month, or any sixty minutes
# above their part, which the first answer may exceed. What is settled late may exceed them.
WATCH_BUDGETS: LiteralString = """
create function public.watch_budgets() returns trigger language plpgsql security definer as $$
declare
  limits constant jsonb := (select c.limits - 'answers_per_month' from oneai.chatbots as c where c.id = new.chatbot_id);
  b oneai.chatbot_budgets;
  most record;
  answers integer := (
    select sum(h.answers) from oneai.chatbot_holds as h join oneai.reservations as r on r.id = h.reservation_id
    where h.chatbot_id = new.chatbot_id and r.created_at > oneai.now() - interval '1 hour');
begin
  for b in select * from oneai.chatbot_budgets as s where s.chatbot_id = new.chatbot_id
    and (s.period, s.starts_at) in (('day', new.day), ('month', new.month))
  loop
    most := oneai.budget_of_period(limits, b.period);
    if b.answers > most.answers or b.micro_usd > most.micro_usd then
      raise exception '%% of %%', b, most;
    end if;
  end loop;
  most := oneai.budget_of_period(limits, 'hour');
  if answers > greatest(most.answers, 1) then
    raise exception '%% answers in an hour, of %%', answers, most;
  end if;
  return null;
end $$;
create constraint trigger watch after insert on oneai.chatbot_holds deferrable initially deferred
  for each row execute function public.watch_budgets();
"""


@dataclass(frozen=True)
class VisitedChatbot:
    """A published chatbot with small limits, and its visitors."""

    database: Database
    id: str
    public_id: str
    visitors: tuple[UUID, ...]

    @classmethod
    def insert(cls, database: Database, workspace: UUID, limits: dict[str, int]) -> Self:
        """A new one of the workspace."""
        chatbot = insert_chatbot(database, workspace)
        limit(database, chatbot, **limits)
        visitors = tuple(uuid4() for _ in range(VISITORS))
        return cls(database, chatbot, public_id(database, chatbot), visitors)

    def visit(self, number: int) -> Visit:
        """One of the visitors, every other one of whom the website knows, in one of the networks."""
        identity = {"external_id": f"customer {number % VISITORS}"} if number % 2 else None
        return Visit(self.public_id, self.visitors[number % VISITORS], bytes([number % NETWORKS]), identity)

    def check_budgets(self, workspace: UUID) -> None:
        """Once every answer is settled, the sums are those of the answers and of the ledger."""
        sums: LiteralString = """
            select b.period, b.starts_at from oneai.chatbot_budgets as b
            left join oneai.chatbot_holds as h on h.workspace_id = b.workspace_id
              and b.starts_at = case b.period
                when 'day' then h.day when 'month' then h.month else h.quarter_hour end
            where b.workspace_id = %s group by b.workspace_id, b.chatbot_id, b.period, b.starts_at
            having b.answers <> coalesce(sum(h.answers), 0) or b.micro_usd <> coalesce(sum(h.micro_usd), 0)
              or b.stranger_answers <> coalesce(sum(h.answers) filter (where h.stranger), 0)"""
        assert self.database.rows(sums, workspace) == []
        differing: LiteralString = """
            select h.reservation_id from oneai.chatbot_holds as h
            left join oneai.usage_events as e on e.message_id = h.reservation_id
            where h.workspace_id = %s group by h.reservation_id
            having h.micro_usd <> coalesce(sum(e.cost_micro_usd), 0)
              or h.answers <> (coalesce(sum(e.charged), 0) > 0 or h.micro_usd > 0)::integer"""
        assert self.database.rows(differing, workspace) == []
        held: LiteralString = "select sum(reserved) from oneai.member_usage where workspace_id = %s"
        assert self.database.rows(held, workspace) in ([0], [None])
