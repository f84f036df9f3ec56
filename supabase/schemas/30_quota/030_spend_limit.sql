-- Daily spend: of all workspaces against the operator's limit, and of each against its plan's daily ceiling.

-- The day's spend of all users, sharded over 64 rows to avoid contention.
create table oneai.daily_spend (
  day date not null,
  shard oneai.shard not null,
  held_micro_usd bigint not null default 0,
  settled_micro_usd bigint not null default 0,
  primary key (day, shard)
) with (fillfactor = 50);

alter table oneai.daily_spend enable row level security;
create policy "service" on oneai.daily_spend to oneai_service using (true) with check (true);
revoke all on oneai.daily_spend from anon, authenticated, service_role;
grant select, insert, update on oneai.daily_spend to oneai_service;

create function oneai.spend_shard(p_workspace uuid) returns smallint
language sql immutable
as $$ select (pg_catalog.abs(pg_catalog.uuid_hash(p_workspace)::bigint) % 64)::smallint $$;
revoke execute on function oneai.spend_shard from public;

-- How much of the daily limit (micro-dollars) all users have reserved and spent, in whole percent. ON503 when the plan
-- is paused: free plans from 100 %, all from 120 %. Reads without a lock: concurrent admits may each overshoot by one
-- answer.
create function oneai.check_spend_limit(p_limit bigint, p_free boolean) returns integer
language plpgsql stable security definer set search_path = ''
as $$
declare
  percent integer;
begin
  if p_limit is null then
    return 0;
  end if;
  -- A limit of 0 is always reached, and the percentage is capped to fit an integer.
  select case when p_limit <= 0 then 1000
    else least(floor(coalesce(sum(held_micro_usd + settled_micro_usd), 0) * 100 / p_limit), 1000) end into percent
  from oneai.daily_spend where day = oneai.today();
  if percent >= 120 or (percent >= 100 and p_free) then
    raise exception using errcode = 'ON503', message = 'service_paused', detail = jsonb_build_object(
      'retry_after', ceil(extract(epoch from
        ((oneai.today() + 1)::timestamp at time zone 'UTC') - oneai.now())))::text;
  end if;
  return percent;
end
$$;
revoke execute on function oneai.check_spend_limit from public;

-- Adds to the spend (micro-dollars) of the workspace and of all: `p_held`, negative for a release, to the day on which
-- it was reserved (null: none was), and `p_recorded` to today. The caller has locked the workspace (null: only all). A
-- transaction from before midnight that commits after one of the new day adds nothing to the workspace's spend.
-- p_member: whose spend it is within a team; null: no user's.
create function oneai.add_spend(
  p_workspace uuid, p_held_on date, p_held bigint, p_recorded bigint, p_member uuid default null) returns void
language plpgsql
as $$
declare
  today constant date := oneai.today();
begin
  with of_workspace as (
    update oneai.workspaces
    set spend_micro_usd = case when spend_day = today then spend_micro_usd else 0 end
          + case when p_held_on = today then p_held else 0 end + p_recorded,
        spend_day = today
    where id = p_workspace and (spend_day <= today) is not false
  )
  insert into oneai.daily_spend as spend (day, shard, held_micro_usd, settled_micro_usd)
  select d.day, coalesce(oneai.spend_shard(p_workspace), 0), d.held, d.recorded
  from (values
    (p_held_on, p_held, case when p_held_on = today then p_recorded else 0 end),
    (nullif(today, p_held_on), 0, p_recorded)
  ) as d (day, held, recorded)
  where d.day is not null
  on conflict (day, shard) do update
  set held_micro_usd = spend.held_micro_usd + excluded.held_micro_usd,
      settled_micro_usd = spend.settled_micro_usd + excluded.settled_micro_usd;
  if p_member is not null then
    perform oneai.add_member_spend(
      p_workspace, p_member, case when p_held_on = today then p_held else 0 end + p_recorded);
  end if;
end
$$;
revoke execute on function oneai.add_spend from public;

-- Ends what a reservation holds of its day's spend, and adds what it cost: to what plans cost, or to what credits pay. What a
-- workspace's own key pays is no spend of the operator.
create function oneai.end_spend(held oneai.reservations, p_cost bigint) returns void
language plpgsql
as $$
begin
  if held.paid_by = 'credits' then
    perform oneai.add_credit_spend(held.workspace_id, held.spend_day, -held.held_micro_usd, p_cost);
  elsif held.paid_by = 'plan' then
    perform oneai.add_spend(held.workspace_id, held.spend_day, -held.held_micro_usd, p_cost,
      case when held.counts_member then oneai.member_of(held) end);
  end if;
end
$$;
revoke execute on function oneai.end_spend from public;

-- Reserves `p_held` micro-dollars of the workspace's daily ceiling (`p_ceiling`; null: none), and of everyone's limit.
-- The first answer of a day is admitted at any cost. Nothing is reserved of the ceiling if the day has ended meanwhile.
-- p_member: whose share of the ceiling is reserved beside it in a team; null: no user's. The caller has locked the
-- workspace. ON429 with the start of the next day.
create function oneai.reserve_spend(p_workspace uuid, p_held bigint, p_ceiling bigint, p_member uuid default null)
returns void
language plpgsql
as $$
declare
  today constant date := oneai.today();
  refused text;
  detail jsonb;
begin
  with of_workspace as (
    update oneai.workspaces
    set spend_micro_usd = case when spend_day > today then spend_micro_usd
          when spend_day = today then spend_micro_usd + p_held else p_held end,
        spend_day = greatest(spend_day, today)
    where id = p_workspace
      and (spend_day is distinct from today or spend_micro_usd <= 0 or spend_micro_usd + p_held <= p_ceiling)
        is not false
    returning id
  )
  insert into oneai.daily_spend as spend (day, shard, held_micro_usd)
  select today, oneai.spend_shard(id), p_held from of_workspace
  on conflict (day, shard) do update set held_micro_usd = spend.held_micro_usd + excluded.held_micro_usd;
  if not found then
    refused := 'workspace';
  elsif p_member is not null and not oneai.hold_member_spend(p_workspace, p_member, p_held, p_ceiling) then
    refused := 'member';
  end if;
  if refused is not null then
    detail := case refused
      when 'member' then jsonb_build_object('refusal', jsonb_build_object('code', 'member_ceiling'))
      else jsonb_build_object('refusal', jsonb_build_object('code', 'daily_ceiling')) end;
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = (detail || jsonb_build_object(
      'resets_at', to_char(today + 1, 'YYYY-MM-DD"T"00:00:00"Z"'),
      'retry_after', ceil(extract(epoch from (today + 1)::timestamp at time zone 'UTC' - oneai.now())))
      || oneai.refused_share(refused, p_member is not null))::text;
  end if;
end
$$;
revoke execute on function oneai.reserve_spend from public;

-- ON429 after ten answers of a user within an hour that had a cost but charged no unit, until the tenth is an hour old.
create function oneai.check_uncharged_answers(p_user uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  tenth timestamptz;
begin
  select r.uncharged_cost_at into tenth from oneai.reservations as r
  where r.user_id = p_user and r.uncharged_cost_at > oneai.now() - interval '1 hour'
  order by r.uncharged_cost_at desc offset 9 limit 1;
  if found then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object(
      'refusal', jsonb_build_object('code', 'uncharged_answers'),
      'retry_after', ceil(extract(epoch from tenth + interval '1 hour' - oneai.now())))::text;
  end if;
end
$$;
revoke execute on function oneai.check_uncharged_answers from public;
