-- What a day has cost: in all, against the operator's limit; of one person, against the plan's daily ceiling.

-- The day's spend of all people, spread over 64 rows so that no two strangers wait for each other.
create table oneai.daily_spend (
  day date not null,
  shard smallint not null check (shard between 0 and 63),
  held_micro_usd bigint not null default 0,
  settled_micro_usd bigint not null default 0,
  primary key (day, shard)
);

alter table oneai.daily_spend enable row level security;
create policy "service" on oneai.daily_spend to oneai_service using (true) with check (true);
revoke all on oneai.daily_spend from anon, authenticated, service_role;
grant select, insert, update on oneai.daily_spend to oneai_service;

create function oneai.spend_shard(p_user uuid) returns smallint
language sql immutable
as $$ select (pg_catalog.abs(pg_catalog.uuid_hash(p_user)::bigint) % 64)::smallint $$;
revoke execute on function oneai.spend_shard from public;

-- In plpgsql, whose plans a connection keeps: every answer comes by here twice.
create function oneai.add_total_spend(p_user uuid, p_day date, p_held bigint, p_settled bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.daily_spend as spend (day, shard, held_micro_usd, settled_micro_usd)
  values (p_day, oneai.spend_shard(p_user), p_held, p_settled)
  on conflict (day, shard) do update
  set held_micro_usd = spend.held_micro_usd + excluded.held_micro_usd,
      settled_micro_usd = spend.settled_micro_usd + excluded.settled_micro_usd;
end
$$;
revoke execute on function oneai.add_total_spend from public;

-- How much of the day's limit (micro-dollars) everybody together has held and spent, in whole percent; ON503 when
-- this plan is paused: free plans from 100 %, everybody from 120 %. Read without a lock: admits that run at the same
-- moment may each overshoot by what one answer holds.
create function oneai.check_spend_limit(p_limit bigint, p_free boolean) returns integer
language plpgsql stable security definer set search_path = ''
as $$
declare
  percent integer;
begin
  if p_limit is null then
    return 0;
  end if;
  -- A limit of nothing is reached by nothing, and the figure stays an integer however far it is passed.
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

-- Adds to what a person has held and recorded today (micro-dollars): `p_held`, negative where it is given back, counts
-- if it was held today, `p_recorded` in any case. Holds the person's row. A transaction that began before midnight and
-- comes after one of the new day adds nothing: its day is over.
create function oneai.add_user_spend(p_user uuid, p_held_on date, p_held bigint, p_recorded bigint) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  today date := oneai.today();
begin
  update oneai.users
  set spend_micro_usd = case when spend_day = today then spend_micro_usd else 0 end
        + case when p_held_on = today then p_held else 0 end + p_recorded,
      spend_day = today
  where id = p_user and (spend_day <= today) is not false;
end
$$;
revoke execute on function oneai.add_user_spend from public;

-- Holds `p_held` micro-dollars of what a person may hold and record on one UTC day (`p_ceiling`; null: no ceiling).
-- With nothing held or recorded yet, one answer is let in whatever it may cost. Nothing is held of a day that ended
-- while the question was asked. ON429 with the time of the next day.
create function oneai.reserve_user_spend(p_user uuid, p_held bigint, p_ceiling bigint) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  today date := oneai.today();
begin
  update oneai.users
  set spend_micro_usd = case when spend_day > today then spend_micro_usd
        when spend_day = today then spend_micro_usd + p_held else p_held end,
      spend_day = greatest(spend_day, today)
  where id = p_user
    and (spend_day is distinct from today or spend_micro_usd <= 0 or spend_micro_usd + p_held <= p_ceiling) is not false;
  if not found then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object(
      'message', 'You have reached what your plan may use in one day. A new day begins at midnight UTC.',
      'resets_at', to_char(today + 1, 'YYYY-MM-DD"T"00:00:00"Z"'),
      'retry_after', ceil(extract(epoch from (today + 1)::timestamp at time zone 'UTC' - oneai.now())))::text;
  end if;
end
$$;
revoke execute on function oneai.reserve_user_spend from public;

-- ON429 after ten answers of one person within an hour that cost the house something and the person no unit, until the
-- tenth of them is an hour old. What cost nothing locks nobody out.
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
      'message', 'Too many of your answers broke off before their first word. Please try again later.',
      'retry_after', ceil(extract(epoch from tenth + interval '1 hour' - oneai.now())))::text;
  end if;
end
$$;
revoke execute on function oneai.check_uncharged_answers from public;
