-- What an open answer holds, what every answer cost, and what a day has cost in all.
create table oneai.reservations (
  -- The answer's id: one reservation per answer.
  id uuid primary key,
  -- No foreign key: an answer still open when its person is deleted is settled like any other, and what it cost is known.
  user_id uuid not null,
  created_at timestamptz not null default oneai.now(),
  -- The lease: renewed by every checkpoint.
  held_until timestamptz not null,
  settled_at timestamptz,
  -- What the usage event will need, so that anybody can settle it without the process that made it.
  subscription_tier text not null,
  model_asked text not null,
  price_version text not null,
  prompt_micro_usd bigint not null default 0,
  completion_micro_usd_per_token numeric not null default 0,
  held_micro_usd bigint not null default 0,
  spend_day date not null,
  -- Where the unit is one of image_generation: the text key that the model's price stands for, to which words without
  -- a picture move the unit.
  text_key text,
  -- When the request is known to have left for OpenRouter: from then on an answer that its person ends costs a unit.
  sent_at timestamptz,
  -- When the message was deleted while the answer was being written, which ends the answer as a stop does.
  deleted_at timestamptz,
  -- When it became known that the answer cost the house something, though no unit was charged.
  uncharged_cost_at timestamptz
);
create index reservations_open on oneai.reservations (held_until) where settled_at is null;
create index reservations_of_person on oneai.reservations (user_id);
create index reservations_uncharged on oneai.reservations (user_id, uncharged_cost_at)
  where uncharged_cost_at is not null;

create table oneai.reservation_lines (
  reservation_id uuid not null references oneai.reservations (id) on delete cascade,
  quota_key text not null,
  unit text not null check (unit in ('messages', 'tokens', 'cost')),
  held integer not null check (held >= 0),
  settled integer check (settled >= 0),
  -- A reservation belongs for ever to the window it was made in.
  window_start timestamptz not null,
  primary key (reservation_id, quota_key, unit)
);

-- Append-only: one row per answer and call, corrections as rows of their own. No foreign keys: a deleted
-- conversation or person does not change what was spent.
create table oneai.usage_events (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default oneai.now(),
  user_id uuid,
  api_key_id uuid,
  conversation_id uuid,
  message_id uuid,
  purpose text not null check (purpose in ('answer', 'correction', 'title')),
  outcome text not null check (outcome in ('complete', 'stopped', 'truncated', 'failed')),
  error_code text,
  subscription_tier text not null,
  quota_key text,
  charged integer not null default 0,
  model_asked text not null,
  model_served text,
  provider text,
  generation_id text,
  prompt_tokens integer not null default 0,
  completion_tokens integer not null default 0,
  reasoning_tokens integer not null default 0,
  cached_tokens integer not null default 0,
  cost_micro_usd bigint not null default 0,
  estimated boolean not null default false,
  price_version text not null,
  first_token_ms integer
);
create unique index usage_events_one_per_answer on oneai.usage_events (message_id) where purpose = 'answer';
create unique index usage_events_one_correction on oneai.usage_events (message_id) where purpose = 'correction';
create index usage_events_of_person on oneai.usage_events (user_id, created_at);
create index usage_events_by_time on oneai.usage_events (created_at);
create index usage_events_to_confirm on oneai.usage_events (created_at)
  where estimated and generation_id is not null and purpose = 'answer';

-- The day's spend of all people, spread over 64 rows so that no two strangers wait for each other.
create table oneai.daily_spend (
  day date not null,
  shard smallint not null check (shard between 0 and 63),
  held_micro_usd bigint not null default 0,
  settled_micro_usd bigint not null default 0,
  primary key (day, shard)
);

create function oneai.spend_shard(p_user uuid) returns smallint
language sql immutable
as $$ select (pg_catalog.abs(pg_catalog.uuid_hash(p_user)::bigint) % 64)::smallint $$;

-- In plpgsql, whose plans a connection keeps: every answer comes by here twice.
create function oneai.add_spend(p_user uuid, p_day date, p_held bigint, p_settled bigint) returns void
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

create function oneai.today() returns date
language sql stable
as $$ select (oneai.now() at time zone 'UTC')::date $$;

-- Adds to what a person has held and recorded today (micro-dollars): `p_held`, negative where it is given back, counts
-- if it was held today, `p_recorded` in any case. Holds the person's row. A transaction that began before midnight and
-- comes after one of the new day adds nothing: its day is over.
create function oneai.add_to_day(p_user uuid, p_held_on date, p_held bigint, p_recorded bigint) returns void
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

alter table oneai.reservations enable row level security;
alter table oneai.reservation_lines enable row level security;
alter table oneai.usage_events enable row level security;
alter table oneai.daily_spend enable row level security;

create policy "service" on oneai.reservations to oneai_service using (true) with check (true);
create policy "service" on oneai.reservation_lines to oneai_service using (true) with check (true);
create policy "service" on oneai.daily_spend to oneai_service using (true) with check (true);
create policy "people see their usage" on oneai.usage_events
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.usage_events to oneai_service using (true) with check (true);

revoke all on oneai.reservations, oneai.reservation_lines, oneai.usage_events, oneai.daily_spend
  from anon, authenticated, service_role;
grant select on oneai.usage_events to authenticated;
grant select, insert, update, delete on oneai.reservations, oneai.reservation_lines to oneai_service;
grant select, insert on oneai.usage_events to oneai_service;
grant select, insert, update on oneai.daily_spend to oneai_service;

revoke execute on function oneai.spend_shard, oneai.add_spend, oneai.today, oneai.add_to_day from public;
grant execute on function oneai.today to authenticated, oneai_service;
