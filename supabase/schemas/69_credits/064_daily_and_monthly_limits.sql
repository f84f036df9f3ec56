-- What credits may pay: of all workspaces in a day, and what a workspace allows a chatbot, a member or an API key in a month.

-- What answers that credits pay cost on one day, against CreditSpendLimitUsd. As oneai.daily_spend, in 64 rows, so that the
-- answers of a few workspaces wait for each other and not those of all.
create table oneai.credit_daily_spend (
  day date not null,
  shard oneai.shard not null,
  held_micro_usd bigint not null default 0,
  settled_micro_usd bigint not null default 0,
  primary key (day, shard)
) with (fillfactor = 50);

alter table oneai.credit_daily_spend enable row level security;
create policy "service" on oneai.credit_daily_spend to oneai_service using (true);
revoke all on oneai.credit_daily_spend from anon, authenticated, service_role;
grant select on oneai.credit_daily_spend to oneai_service;

-- Seconds until the next UTC day.
create function oneai.seconds_until_tomorrow() returns integer
language sql stable
as $$
  select ceil(extract(epoch from (oneai.today() + 1)::timestamp at time zone 'UTC' - oneai.now()))::integer
$$;
revoke execute on function oneai.seconds_until_tomorrow from public;

-- How much of the day's limit (micro-dollars; null: none) is held and spent, in whole percent, at most 1000. Reads without a lock.
create function oneai.credit_spend_percent(p_limit bigint) returns integer
language plpgsql stable
as $$
begin
  if p_limit is null then
    return 0;
  end if;
  return (
    select case when p_limit <= 0 then 1000
      else least(floor(coalesce(sum(s.held_micro_usd + s.settled_micro_usd), 0) * 100 / p_limit), 1000) end
    from oneai.credit_daily_spend as s where s.day = oneai.today());
end
$$;
revoke execute on function oneai.credit_spend_percent from public;

-- Adds to the day's cost of what credits pay: p_held, negative for a release, to the day on which it was held (null: none
-- was), and p_recorded to today.
create function oneai.add_credit_spend(p_workspace uuid, p_held_on date, p_held bigint, p_recorded bigint) returns void
language plpgsql
as $$
declare
  today constant date := oneai.today();
begin
  insert into oneai.credit_daily_spend as spend (day, shard, held_micro_usd, settled_micro_usd)
  select d.day, coalesce(oneai.spend_shard(p_workspace), 0), d.held, d.recorded
  from (values
    (p_held_on, p_held, case when p_held_on = today then p_recorded else 0 end),
    (nullif(today, p_held_on), 0, p_recorded)
  ) as d (day, held, recorded)
  where d.day is not null
  on conflict (day, shard) do update
  set held_micro_usd = spend.held_micro_usd + excluded.held_micro_usd,
      settled_micro_usd = spend.settled_micro_usd + excluded.settled_micro_usd;
end
$$;
revoke execute on function oneai.add_credit_spend from public;

-- The most that a chatbot, a member or an API key may use of a workspace's credits in a month. A limit moves no money, and
-- limits may add up to more than the balance. No foreign keys: a limit of what was deleted limits nothing.
create table oneai.credit_limits (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  kind text not null check (kind in ('chatbot', 'member', 'api_key')),
  subject_id uuid not null,
  micro_usd_per_month bigint not null check (micro_usd_per_month between 0 and 1000000000000),
  -- What is held and charged in the month that starts then; in any other month nothing is yet.
  month_start timestamptz not null,
  spent_micro_usd bigint not null default 0,
  primary key (workspace_id, kind, subject_id)
) with (fillfactor = 70);
create index credit_limits_of_subject on oneai.credit_limits (subject_id);

alter table oneai.credit_limits enable row level security;
revoke all on oneai.credit_limits from anon, authenticated, service_role;

-- The start of the workspace's month, in its time zone.
create function oneai.credit_month(p_workspace uuid, p_at timestamptz) returns timestamptz
language sql stable set search_path = ''
as $$
  select date_trunc('month', p_at, coalesce((select w.time_zone from oneai.workspaces as w where w.id = p_workspace), 'UTC'))
$$;
revoke execute on function oneai.credit_month from public;

-- Counts p_amount (negative: gives back) that was held at p_at in the limits of a use. With p_refuse, ON429
-- `spending_limit_reached` names the first limit that it exceeds. The caller has locked the workspace's credits.
create function oneai.count_credit_limits(
  p_workspace uuid, p_chatbot uuid, p_user uuid, p_api_key uuid, p_amount bigint, p_at timestamptz, p_refuse boolean)
returns void
language plpgsql
as $$
declare
  month timestamptz;
  counted oneai.credit_limits;
begin
  -- Few workspaces have limits.
  if not exists (select from oneai.credit_limits as l where l.workspace_id = p_workspace) then
    return;
  end if;
  month := oneai.credit_month(p_workspace, p_at);
  for counted in
    update oneai.credit_limits as l
    set spent_micro_usd = p_amount + case when l.month_start = month then l.spent_micro_usd else 0 end, month_start = month
    where l.workspace_id = p_workspace and l.month_start <= month
      and (l.kind, l.subject_id) in (('chatbot', p_chatbot), ('member', p_user), ('api_key', p_api_key))
    returning l.*
  loop
    if p_refuse and counted.spent_micro_usd > counted.micro_usd_per_month then
      raise exception using errcode = 'ON429', message = 'spending_limit_reached', detail = jsonb_build_object(
        'of', counted.kind, 'limit_id', counted.subject_id, 'limit_micro_usd', counted.micro_usd_per_month,
        'spent_micro_usd', counted.spent_micro_usd - p_amount, 'needed_micro_usd', p_amount, 'raised_by', 'admin',
        'resets_at', to_char(oneai.credit_month(p_workspace, month + interval '32 days') at time zone 'UTC',
          'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text;
    end if;
  end loop;
end
$$;
revoke execute on function oneai.count_credit_limits from public;

-- Whether these limits leave p_amount to a use. The caller has locked the workspace's credits, or asks for an estimate.
create function oneai.credit_limits_allow(held oneai.reservations, p_amount bigint) returns boolean
language plpgsql stable
as $$
declare
  month timestamptz;
begin
  if not exists (select from oneai.credit_limits as l where l.workspace_id = held.workspace_id) then
    return true;
  end if;
  month := oneai.credit_month(held.workspace_id, held.created_at);
  return not exists (
    select from oneai.credit_limits as l
    where l.workspace_id = held.workspace_id and l.month_start <= month
      and (l.kind, l.subject_id) in (('chatbot', held.chatbot_id), ('member', held.user_id), ('api_key', held.api_key_id))
      and p_amount + case when l.month_start = month then l.spent_micro_usd else 0 end > l.micro_usd_per_month);
end
$$;
revoke execute on function oneai.credit_limits_allow from public;
