-- Usage rolled up by quarter hour, on which days begin in every time zone. Derived from usage events, and can be
-- rebuilt from them.

-- first_token_bucket b stands for 1.1^b to 1.1^(b+1) milliseconds until the first token, -1 for answers without one:
-- percentiles of any range and group follow to five percent. Anonymized rows have the nil uuid.
create table oneai.usage_rollups (
  workspace_id uuid not null,
  user_id uuid not null,
  quarter_hour timestamptz not null,
  purpose text not null,
  model text not null,
  provider text not null,
  quota_key text not null,
  subscription_tier text not null,
  api_key_id uuid not null,
  first_token_bucket smallint not null,
  messages integer not null,
  charged integer not null,
  errors integer not null,
  prompt_tokens bigint not null,
  completion_tokens bigint not null,
  reasoning_tokens bigint not null,
  cached_tokens bigint not null,
  cost_micro_usd bigint not null,
  -- What paid it, and what it was charged in credits.
  paid_by oneai.payment_source not null default 'plan',
  credits_micro_usd bigint not null default 0,
  primary key (
    workspace_id, quarter_hour, user_id, purpose, model, provider, quota_key, subscription_tier, api_key_id,
    first_token_bucket, paid_by)
);
create index usage_rollups_by_time on oneai.usage_rollups (quarter_hour);
-- What a user caused in teams, for the erasure of the user.
create index usage_rollups_of_member on oneai.usage_rollups (user_id) where user_id <> workspace_id;

alter table oneai.usage_rollups enable row level security;
-- As those of oneai.usage_events, so that sums and single lines agree for each role.
create policy "members see their usage added up" on oneai.usage_rollups
  for select to authenticated using (
    workspace_id = any (array(select oneai.my_workspaces())) and user_id = (select auth.uid()));
create policy "managers see the usage of all members added up" on oneai.usage_rollups
  for select to authenticated using (workspace_id = any (array(select oneai.my_managed_workspaces())));
create policy "service" on oneai.usage_rollups to oneai_service using (true) with check (true);
revoke all on oneai.usage_rollups from anon, authenticated, service_role;
grant select on oneai.usage_rollups to authenticated, oneai_service;

-- Events before `kept_from` are deleted; a rebuild keeps their rollups.
create table oneai.usage_retention (
  single boolean primary key default true check (single),
  kept_from timestamptz not null default '-infinity'
);
insert into oneai.usage_retention default values;

alter table oneai.usage_retention enable row level security;
create policy "service" on oneai.usage_retention to oneai_service using (true) with check (true);
revoke all on oneai.usage_retention from anon, authenticated, service_role;
grant select, update on oneai.usage_retention to oneai_service;

-- The bucket b of a time in milliseconds: 1.1^b to 1.1^(b+1). Histograms of buckets can be added up.
create function oneai.latency_bucket(p_ms integer) returns smallint
language sql immutable
as $$ select pg_catalog.floor(pg_catalog.ln(greatest(p_ms, 1)::float8) / pg_catalog.ln(1.1::float8))::smallint $$;
revoke execute on function oneai.latency_bucket from public;
grant execute on function oneai.latency_bucket to authenticated, oneai_service;

-- One event as a row of usage_rollups. A correction changes tokens and cost, and does not count as a message.
create function oneai.to_rollup_row(e oneai.usage_events) returns oneai.usage_rollups
language sql immutable
as $$
  select
    coalesce(e.workspace_id, '00000000-0000-0000-0000-000000000000'),
    coalesce(e.user_id, '00000000-0000-0000-0000-000000000000'),
    pg_catalog.date_bin('15 minutes', e.created_at, '2000-01-01 00:00:00+00'),
    case e.purpose when 'correction' then 'answer' else e.purpose end,
    coalesce(e.model_served, e.model_asked), coalesce(e.provider, ''), coalesce(e.quota_key, ''), e.subscription_tier,
    coalesce(e.api_key_id, '00000000-0000-0000-0000-000000000000'),
    case when e.purpose <> 'correction' and e.first_token_ms is not null
      then oneai.latency_bucket(e.first_token_ms) else -1::smallint end,
    (e.purpose <> 'correction')::integer, e.charged,
    (e.purpose <> 'correction' and e.outcome in ('failed', 'truncated'))::integer,
    e.prompt_tokens::bigint, e.completion_tokens::bigint, e.reasoning_tokens::bigint, e.cached_tokens::bigint,
    e.cost_micro_usd, e.paid_by, e.credits_micro_usd
$$;
revoke execute on function oneai.to_rollup_row from public;
grant execute on function oneai.to_rollup_row to authenticated, oneai_service;

-- Rolls up at most `p_limit` pending events, by workspace, user and quarter hour and by the operator's day, each
-- exactly once, also with concurrent runs and late commits; returns how many.
create function oneai.roll_up_usage(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  events oneai.usage_events[];
  zone text;
begin
  perform 1 from oneai.usage_retention for share;
  zone := oneai.lock_daily_sums();
  with pending as (
    select id from oneai.usage_events where not rolled_up order by id limit p_limit for update skip locked
  ), marked as (
    update oneai.usage_events as e set rolled_up = true from pending where e.id = pending.id returning e as event
  )
  select array_agg(m.event) into events from marked as m;
  if events is null then
    return 0;
  end if;
  with sums as (
    select (u).workspace_id, (u).user_id, (u).quarter_hour, (u).purpose, (u).model, (u).provider, (u).quota_key,
      (u).subscription_tier, (u).api_key_id, (u).first_token_bucket, sum((u).messages) as messages,
      sum((u).charged) as charged,
      sum((u).errors) as errors, sum((u).prompt_tokens) as prompt_tokens, sum((u).completion_tokens) as completion_tokens,
      sum((u).reasoning_tokens) as reasoning_tokens, sum((u).cached_tokens) as cached_tokens,
      sum((u).cost_micro_usd) as cost_micro_usd, (u).paid_by, sum((u).credits_micro_usd) as credits_micro_usd
    -- `offset 0` prevents inlining, which would compute it once per column.
    from (select oneai.to_rollup_row(e) as u from unnest(events) as e offset 0) as each
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, (u).paid_by
    order by 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, (u).paid_by
  )
  insert into oneai.usage_rollups as q select * from sums
  on conflict (
    workspace_id, quarter_hour, user_id, purpose, model, provider, quota_key, subscription_tier, api_key_id,
    first_token_bucket, paid_by)
  do update set messages = q.messages + excluded.messages, charged = q.charged + excluded.charged,
    errors = q.errors + excluded.errors, prompt_tokens = q.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = q.completion_tokens + excluded.completion_tokens,
    reasoning_tokens = q.reasoning_tokens + excluded.reasoning_tokens,
    cached_tokens = q.cached_tokens + excluded.cached_tokens,
    cost_micro_usd = q.cost_micro_usd + excluded.cost_micro_usd,
    credits_micro_usd = q.credits_micro_usd + excluded.credits_micro_usd;
  perform oneai.add_daily_usage(events, 1, zone);
  perform oneai.add_active_days(events, zone);
  return cardinality(events);
end
$$;
revoke execute on function oneai.roll_up_usage from public;
grant execute on function oneai.roll_up_usage to oneai_app;

-- Deletes the rollups of all existing events and subtracts them from the daily totals, so that the next runs rebuild
-- them. The days on which users were active remain.
create function oneai.rebuild_rollups() returns void
language plpgsql security definer set search_path = ''
as $$
declare
  since timestamptz;
  zone text;
  events oneai.usage_events[];
begin
  -- Excludes concurrent rollup runs.
  select kept_from into since from oneai.usage_retention for update;
  zone := oneai.lock_daily_sums();
  for events in
    select array_agg(e) from oneai.usage_events as e where e.rolled_up and e.created_at >= since
    group by date_trunc('hour', e.created_at)
  loop
    perform oneai.add_daily_usage(events, -1, zone);
  end loop;
  delete from oneai.usage_rollups where quarter_hour >= since;
  update oneai.usage_events set rolled_up = false where rolled_up and created_at >= since;
end
$$;
revoke execute on function oneai.rebuild_rollups from public;
grant execute on function oneai.rebuild_rollups to oneai_app;
