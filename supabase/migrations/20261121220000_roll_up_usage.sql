-- What was used, added up by quarter hours: every time zone's days begin on one of them. Events stay what counts;
-- these sums are derived, and can be made anew from them.
alter table oneai.usage_events add column rolled_up boolean not null default false;
create index usage_events_to_roll_up on oneai.usage_events (id) where not rolled_up;
create index usage_events_of_person_to_roll_up on oneai.usage_events (user_id) where not rolled_up;

-- first_token_bucket b stands for 1.1^b to 1.1^(b+1) milliseconds until the first token, -1 for answers without one:
-- percentiles of any span and group can be told from it to five percent. Nobody's rows have the nil uuid.
create table oneai.usage_quarters (
  user_id uuid not null,
  quarter timestamptz not null,
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
  primary key (user_id, quarter, purpose, model, provider, quota_key, subscription_tier, api_key_id, first_token_bucket)
);
create index usage_quarters_by_time on oneai.usage_quarters (quarter);

-- Events before `kept_from` are gone; what was added up of them stays as it is when the rest is made anew.
create table oneai.usage_horizon (
  single boolean primary key default true check (single),
  kept_from timestamptz not null default '-infinity'
);
insert into oneai.usage_horizon default values;

-- How often quotas were reset and questions refused for them, by day and tier.
create table oneai.quota_counts (
  day date not null,
  subscription_tier text not null,
  quota_key text not null,
  kind text not null check (kind in ('reset', 'refusal')),
  count bigint not null default 0,
  primary key (day, subscription_tier, quota_key, kind)
);

-- One event in the columns of usage_quarters. A correction changes tokens and cost of an answer and is no message.
create function oneai.usage_of(e oneai.usage_events) returns oneai.usage_quarters
language sql immutable
as $$
  select
    coalesce(e.user_id, '00000000-0000-0000-0000-000000000000'),
    pg_catalog.date_bin('15 minutes', e.created_at, '2000-01-01 00:00:00+00'),
    case e.purpose when 'correction' then 'answer' else e.purpose end,
    coalesce(e.model_served, e.model_asked), coalesce(e.provider, ''), coalesce(e.quota_key, ''), e.subscription_tier,
    coalesce(e.api_key_id, '00000000-0000-0000-0000-000000000000'),
    (case when e.purpose <> 'correction' and e.first_token_ms is not null
      then pg_catalog.floor(pg_catalog.ln(greatest(e.first_token_ms, 1)::float8) / pg_catalog.ln(1.1::float8))
      else -1 end)::smallint,
    (e.purpose <> 'correction')::integer, e.charged,
    (e.purpose <> 'correction' and e.outcome in ('failed', 'truncated'))::integer,
    e.prompt_tokens::bigint, e.completion_tokens::bigint, e.reasoning_tokens::bigint, e.cached_tokens::bigint,
    e.cost_micro_usd
$$;

-- Adds up to `p_most` events that no run has added yet, each exactly once however many runs there are and whenever
-- the event was written; returns how many.
create function oneai.roll_up_usage(p_most integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  found integer;
begin
  perform 1 from oneai.usage_horizon for share;
  with fresh as (
    select id from oneai.usage_events where not rolled_up order by id limit p_most for update skip locked
  ), taken as (
    update oneai.usage_events as e set rolled_up = true from fresh where e.id = fresh.id returning e.*
  ), sums as (
    select (u).user_id, (u).quarter, (u).purpose, (u).model, (u).provider, (u).quota_key, (u).subscription_tier,
      (u).api_key_id, (u).first_token_bucket, sum((u).messages) as messages, sum((u).charged) as charged,
      sum((u).errors) as errors, sum((u).prompt_tokens) as prompt_tokens, sum((u).completion_tokens) as completion_tokens,
      sum((u).reasoning_tokens) as reasoning_tokens, sum((u).cached_tokens) as cached_tokens,
      sum((u).cost_micro_usd) as cost_micro_usd
    -- Fenced off: merged into the sums, it would be computed anew for each of their columns.
    from (select oneai.usage_of(taken) as u from taken offset 0) as each
    group by 1, 2, 3, 4, 5, 6, 7, 8, 9
    order by 1, 2, 3, 4, 5, 6, 7, 8, 9
  ), added as (
    insert into oneai.usage_quarters as q select * from sums
    on conflict (
      user_id, quarter, purpose, model, provider, quota_key, subscription_tier, api_key_id, first_token_bucket)
    do update set messages = q.messages + excluded.messages, charged = q.charged + excluded.charged,
      errors = q.errors + excluded.errors, prompt_tokens = q.prompt_tokens + excluded.prompt_tokens,
      completion_tokens = q.completion_tokens + excluded.completion_tokens,
      reasoning_tokens = q.reasoning_tokens + excluded.reasoning_tokens,
      cached_tokens = q.cached_tokens + excluded.cached_tokens,
      cost_micro_usd = q.cost_micro_usd + excluded.cost_micro_usd
  )
  select count(*) into found from taken;
  return found;
end
$$;

-- Forgets the sums of what is still there as events, so that the next runs make them anew.
create function oneai.rebuild_usage() returns void
language plpgsql security definer set search_path = ''
as $$
declare
  since timestamptz;
begin
  -- Runs that add up wait here, and this waits for those under way.
  select kept_from into since from oneai.usage_horizon for update;
  delete from oneai.usage_quarters where quarter >= since;
  update oneai.usage_events set rolled_up = false where rolled_up and created_at >= since;
end
$$;

create function oneai.count_quota(p_tier text, p_key text, p_kind text, p_times bigint) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.quota_counts as counted (day, subscription_tier, quota_key, kind, count)
  values (oneai.today(), p_tier, p_key, p_kind, p_times)
  on conflict (day, subscription_tier, quota_key, kind) do update set count = counted.count + excluded.count
$$;

-- Sums and events that are not in them yet: usage as it is now.
create view oneai.usage_now with (security_invoker = true) as
  select * from oneai.usage_quarters
  union all
  select (oneai.usage_of(e)).* from oneai.usage_events as e where not e.rolled_up;

create view oneai.cost_by_model_day with (security_invoker = true) as
  select (quarter at time zone 'UTC')::date as day, model, provider, purpose, sum(messages) as messages,
    sum(errors) as errors, sum(prompt_tokens) as prompt_tokens, sum(completion_tokens) as completion_tokens,
    sum(cost_micro_usd)::bigint as cost_micro_usd
  from oneai.usage_now group by 1, 2, 3, 4;

create view oneai.cost_by_tier_month with (security_invoker = true) as
  select date_trunc('month', quarter at time zone 'UTC')::date as month, subscription_tier,
    count(distinct user_id) as people, sum(messages) as messages, sum(cost_micro_usd)::bigint as cost_micro_usd
  from oneai.usage_now group by 1, 2;

-- Revenue in the currency's smallest unit by the month the money came, cost by the month it was spent; both by plan.
create view oneai.margin_by_plan_month with (security_invoker = true) as
  select coalesce(paid.month, spent.month) as month, coalesce(paid.plan_id, spent.subscription_tier) as plan_id,
    paid.currency, coalesce(paid.payments, 0) as payments, coalesce(paid.revenue, 0) as revenue,
    coalesce(spent.people, 0) as people, coalesce(spent.cost_micro_usd, 0) as cost_micro_usd
  from (
    select date_trunc('month', p.captured_at at time zone 'UTC')::date as month, s.plan_id, p.currency,
      count(*) as payments, sum(p.amount - p.amount_refunded)::bigint as revenue
    from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
    where p.captured_at is not null group by 1, 2, 3
  ) as paid
  full join oneai.cost_by_tier_month as spent
    on spent.month = paid.month and spent.subscription_tier = paid.plan_id;

create view oneai.popular_models with (security_invoker = true) as
  select date_trunc('month', quarter at time zone 'UTC')::date as month, model, sum(messages) as messages,
    count(distinct user_id) as people
  from oneai.usage_now where purpose = 'answer' group by 1, 2;

alter table oneai.usage_quarters enable row level security;
alter table oneai.usage_horizon enable row level security;
alter table oneai.quota_counts enable row level security;
create policy "people see their usage added up" on oneai.usage_quarters
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.usage_quarters to oneai_service using (true) with check (true);
create policy "service" on oneai.usage_horizon to oneai_service using (true) with check (true);
create policy "service" on oneai.quota_counts to oneai_service using (true) with check (true);

revoke all on oneai.usage_quarters, oneai.usage_horizon, oneai.quota_counts, oneai.usage_now, oneai.cost_by_model_day,
  oneai.cost_by_tier_month, oneai.margin_by_plan_month, oneai.popular_models from anon, authenticated, service_role;
grant select on oneai.usage_quarters, oneai.usage_now to authenticated;
grant select on oneai.usage_quarters, oneai.usage_now, oneai.quota_counts, oneai.cost_by_model_day,
  oneai.cost_by_tier_month, oneai.margin_by_plan_month, oneai.popular_models to oneai_service;
grant select, update on oneai.usage_horizon to oneai_service;

revoke execute on function oneai.usage_of, oneai.roll_up_usage, oneai.rebuild_usage, oneai.count_quota from public;
grant execute on function oneai.usage_of to authenticated, oneai_service;
grant execute on function oneai.roll_up_usage, oneai.rebuild_usage to oneai_app;
grant execute on function oneai.count_quota to oneai_service;
