-- What the answers of chatbots to visitors, and members' drafts of replies to them, may cost: in any hour, a day and a month, of one chatbot and of all chatbots
-- of a workspace together. It is held before the answer, in its reservation, and settled with it.
--
-- The caller has locked the workspace, so concurrent answers cannot pass a limit together. Sums belong to the workspace
-- and not to the chatbot: deleting a chatbot, or making another one, does not start them again.

-- The request of a visitor, as the functions that admit questions pass it on.
create type oneai.visit as (
  workspace_id uuid,
  chatbot_id uuid,
  visitor_id uuid,
  -- Neither identified by the website nor seen before today.
  stranger boolean,
  -- The chatbot's limits.
  limits jsonb,
  -- The most that preparing the answer may cost: making the question whole, and the vectors of it.
  preparation_micro_usd bigint
);

-- `chatbot_id` is the workspace's own id for the sum of all its chatbots. Both money and answers include what is held.
create table oneai.chatbot_budgets (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  chatbot_id uuid not null,
  "period" text not null check ("period" in ('quarter_hour', 'day', 'month')),
  -- Days and months are those of the workspace's time zone, quarters of an hour those of UTC.
  starts_at timestamptz not null,
  answers bigint not null default 0,
  micro_usd bigint not null default 0,
  -- The part that credits pay, which does not count among the answers of the plan.
  credit_answers bigint not null default 0,
  -- The part of strangers.
  stranger_answers bigint not null default 0,
  stranger_micro_usd bigint not null default 0,
  primary key (workspace_id, chatbot_id, period, starts_at)
) with (fillfactor = 70);
create index chatbot_budgets_by_time on oneai.chatbot_budgets (starts_at);

alter table oneai.chatbot_budgets enable row level security;
create policy "service" on oneai.chatbot_budgets to oneai_service using (true) with check (true);
revoke all on oneai.chatbot_budgets from anon, authenticated, service_role;
grant select, delete on oneai.chatbot_budgets to oneai_service;

-- What one answer counts in which sums: what is held, and then what it cost. No foreign key to the chatbot or the
-- visitor, who may be deleted before the answer is settled.
create table oneai.chatbot_holds (
  reservation_id uuid primary key references oneai.reservations (id) on delete cascade,
  workspace_id uuid not null,
  chatbot_id uuid not null,
  quarter_hour timestamptz not null,
  day timestamptz not null,
  month timestamptz not null,
  stranger boolean not null,
  by_credits boolean not null default false,
  answers integer not null default 1,
  micro_usd bigint not null,
  -- The part of `micro_usd` for preparing the answer: making the question whole, and the vectors of it. The operator pays
  -- it, so it is in no other reservation.
  preparation_micro_usd bigint not null default 0,
  -- What the preparation has cost so far.
  prepared_micro_usd bigint not null default 0
);
create index chatbot_holds_of_workspace on oneai.chatbot_holds (workspace_id);

alter table oneai.chatbot_holds enable row level security;
revoke all on oneai.chatbot_holds from anon, authenticated, service_role;

-- The limits that all chatbots of a workspace share: its own, else the highest of any of them, so that another copy raises nothing;
-- and the visitors' answers in a month that the plan has (null: any number).
create function oneai.shared_chatbot_limits(payer oneai.workspaces) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return (
    select jsonb_build_object(
      'answers_per_day', coalesce(
        (payer.chatbot_limits ->> 'answers_per_day')::bigint, max((c.limits ->> 'answers_per_day')::bigint)),
      'micro_usd_per_day', coalesce(
        (payer.chatbot_limits ->> 'micro_usd_per_day')::bigint, max((c.limits ->> 'micro_usd_per_day')::bigint)),
      'micro_usd_per_month', coalesce(
        (payer.chatbot_limits ->> 'micro_usd_per_month')::bigint, max((c.limits ->> 'micro_usd_per_month')::bigint)),
      'answers_per_month', (
        select p.visitor_answers from oneai.plan_chatbots as p where p.tier = payer.subscription_tier))
    from oneai.chatbots as c where c.workspace_id = payer.id and c.deletes_at is null);
end
$$;
revoke execute on function oneai.shared_chatbot_limits from public;

-- The most answers and micro-dollars of a period. Strangers get two thirds of it. One hour gets a sixth of the day:
-- a script that spends everything that it can needs six hours for a day's budget. Null: no limit.
create function oneai.budget_of_period(p_limits jsonb, p_period text, out answers bigint, out micro_usd bigint)
language plpgsql immutable set search_path = ''
as $$
begin
  if p_period = 'month' then
    answers := (p_limits ->> 'answers_per_month')::bigint;
    micro_usd := (p_limits ->> 'micro_usd_per_month')::bigint;
    return;
  end if;
  answers := ceil((p_limits ->> 'answers_per_day')::numeric / case p_period when 'hour' then 6 else 1 end);
  micro_usd := (p_limits ->> 'micro_usd_per_day')::bigint / case p_period when 'hour' then 6 else 1 end;
end
$$;
revoke execute on function oneai.budget_of_period from public;

-- Holds an answer with its cost (micro-dollars) and that of its preparation, or what it holds of credits (p_charge; null: the
-- plan pays), in the sums of the chatbot and of the workspace. ON429 `chatbot_spent` with the first `period` that has no room. The first answer of an hour may take more than the hour's part, so that a
-- small budget answers at all; it never takes more than the day's.
create function oneai.hold_chatbot_answer(
  payer oneai.workspaces, p_reservation uuid, p_visit oneai.visit, p_cost bigint, p_charge bigint default null)
returns void
language plpgsql set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  held oneai.chatbot_holds;
  preparation constant bigint := coalesce(p_visit.preparation_micro_usd, 0);
  each record;
  most record;
  counted oneai.chatbot_budgets;
  of_period text;
begin
  p_cost := greatest(p_cost + preparation, p_charge);
  insert into oneai.chatbot_holds (
    reservation_id, workspace_id, chatbot_id, quarter_hour, day, month, stranger, micro_usd, preparation_micro_usd,
    by_credits)
  values (p_reservation, payer.id, p_visit.chatbot_id, date_bin('15 minutes', at, timestamptz '2000-01-01 00:00:00+00'),
    date_trunc('day', at, payer.time_zone), date_trunc('month', at, payer.time_zone), p_visit.stranger, p_cost,
    preparation, p_charge is not null)
  returning * into held;
  for each in
    select s.id, s.limits, p.name as period, p.starts_at
    from (values (held.chatbot_id, p_visit.limits - 'answers_per_month'), (payer.id, oneai.shared_chatbot_limits(payer)))
      as s (id, limits)
    cross join (values ('day', held.day), ('quarter_hour', held.quarter_hour), ('month', held.month)) as p (name, starts_at)
    order by s.id = payer.id, p.name
  loop
    insert into oneai.chatbot_budgets as b (
      workspace_id, chatbot_id, period, starts_at, answers, micro_usd, credit_answers, stranger_answers,
      stranger_micro_usd)
    values (payer.id, each.id, each.period, each.starts_at, 1, p_cost, held.by_credits::integer, held.stranger::integer,
      case when held.stranger then p_cost else 0 end)
    on conflict (workspace_id, chatbot_id, period, starts_at) do update
    set answers = b.answers + excluded.answers, micro_usd = b.micro_usd + excluded.micro_usd,
        credit_answers = b.credit_answers + excluded.credit_answers, stranger_answers = b.stranger_answers + excluded.stranger_answers,
        stranger_micro_usd = b.stranger_micro_usd + excluded.stranger_micro_usd
    returning * into counted;
    of_period := each.period;
    if each.period = 'quarter_hour' then
      of_period := 'hour';
      -- The quarters that any part of the last hour is in: so no hour that begins at any minute has more than its part.
      select sum(b.answers), sum(b.micro_usd), sum(b.stranger_answers), sum(b.stranger_micro_usd)
      into counted.answers, counted.micro_usd, counted.stranger_answers, counted.stranger_micro_usd
      from oneai.chatbot_budgets as b
      where b.workspace_id = payer.id and b.chatbot_id = each.id and b.period = 'quarter_hour'
        and b.starts_at > at - interval '75 minutes';
    end if;
    most := oneai.budget_of_period(each.limits, of_period);
    if of_period = 'month' then
      -- Those of the plan.
      counted.answers := case when held.by_credits then 0 else counted.answers - counted.credit_answers end;
    end if;
    if (of_period <> 'hour' or counted.answers > 1) and (
      counted.answers > most.answers or counted.micro_usd > most.micro_usd
      or held.stranger and each.period <> 'month' and (
        counted.stranger_answers > ceil(most.answers * 2 / 3.0) or counted.stranger_micro_usd > most.micro_usd * 2 / 3))
    then
      raise exception using errcode = 'ON429', message = 'chatbot_spent', detail = jsonb_build_object(
        'period', of_period, 'raised_by', 'admin', 'of', case when each.id = payer.id then 'workspace' else 'chatbot' end)::text;
    end if;
  end loop;
end
$$;
revoke execute on function oneai.hold_chatbot_answer from public;

-- Changes what an answer counts in its sums: p_answers (null: as before) and p_micro_usd instead of what it counted.
-- Nothing for an answer that holds nothing, or whose workspace was erased.
create function oneai.count_chatbot_answer(p_reservation uuid, p_answers integer, p_micro_usd bigint) returns void
language plpgsql set search_path = ''
as $$
declare
  held oneai.chatbot_holds;
  more_answers integer;
  more_micro_usd bigint;
begin
  select * into held from oneai.chatbot_holds where reservation_id = p_reservation for update;
  more_answers := coalesce(p_answers, held.answers) - held.answers;
  more_micro_usd := p_micro_usd - held.micro_usd;
  update oneai.chatbot_holds set answers = held.answers + more_answers, micro_usd = p_micro_usd
  where reservation_id = p_reservation;
  update oneai.chatbot_budgets as b
  set answers = b.answers + more_answers, micro_usd = b.micro_usd + more_micro_usd,
      credit_answers = b.credit_answers + case when held.by_credits then more_answers else 0 end,
      stranger_answers = b.stranger_answers + case when held.stranger then more_answers else 0 end,
      stranger_micro_usd = b.stranger_micro_usd + case when held.stranger then more_micro_usd else 0 end
  where b.workspace_id = held.workspace_id and b.chatbot_id in (held.chatbot_id, held.workspace_id)
    and (b.period, b.starts_at) in (('quarter_hour', held.quarter_hour), ('day', held.day), ('month', held.month));
end
$$;
revoke execute on function oneai.count_chatbot_answer from public;

-- Adds what a step of the preparation cost. All steps together count in place of what is held for them: before the answer
-- is settled only where they cost more than that, because another step may follow.
create function oneai.count_chatbot_preparation(p_reservation uuid, p_cost bigint) returns void
language plpgsql set search_path = ''
as $$
declare
  held oneai.chatbot_holds;
  preparation bigint;
  total bigint;
begin
  select * into held from oneai.chatbot_holds where reservation_id = p_reservation for update;
  preparation := greatest(held.preparation_micro_usd, held.prepared_micro_usd + p_cost);
  total := held.micro_usd - held.preparation_micro_usd + preparation;
  perform oneai.count_chatbot_answer(p_reservation, greatest(held.answers, (total > 0)::integer), total);
  update oneai.chatbot_holds
  set preparation_micro_usd = preparation, prepared_micro_usd = held.prepared_micro_usd + p_cost
  where reservation_id = p_reservation;
end
$$;
revoke execute on function oneai.count_chatbot_preparation from public;

-- Settles what an answer holds. An answer that charged no unit and cost nothing is none; one that cost something is.
-- What is held for its preparation and was not used is given back; not if the process ended without a word, because it
-- may have been used. Where credits pay, it counts what they were charged (p_charge), if that is more.
create function oneai.settle_chatbot_hold(
  p_reservation uuid, p_units bigint, p_cost bigint, p_charge bigint default null) returns void
language plpgsql set search_path = ''
as $$
declare
  preparation bigint;
begin
  update oneai.chatbot_holds as h
  set preparation_micro_usd =
    case when r.held_until <= oneai.now() then h.preparation_micro_usd else h.prepared_micro_usd end
  from oneai.reservations as r where h.reservation_id = p_reservation and r.id = p_reservation
  returning h.preparation_micro_usd into preparation;
  perform oneai.count_chatbot_answer(
    p_reservation, (p_units > 0 or p_cost + preparation > 0)::integer, greatest(p_cost + preparation, p_charge));
end
$$;
revoke execute on function oneai.settle_chatbot_hold from public;

-- Adds a correction of the cost of a settled answer, in micro-dollars. An answer that turns out to have cost something is
-- one.
create function oneai.add_chatbot_spend(p_reservation uuid, p_more bigint) returns void
language plpgsql set search_path = ''
as $$
begin
  perform oneai.count_chatbot_answer(
    p_reservation, greatest(h.answers, (h.micro_usd + p_more > 0)::integer), h.micro_usd + p_more)
  from oneai.chatbot_holds as h where h.reservation_id = p_reservation;
end
$$;
revoke execute on function oneai.add_chatbot_spend from public;
