-- Usage, latency, errors and active users by the operator's day. Only active_days has users; the others outlive them.

-- Requests are answers, embeddings and titles, by `purpose`; a correction only changes tokens and cost.
create table oneai.daily_usage (
  day date not null,
  purpose text not null,
  model text not null,
  provider text not null,
  subscription_tier text not null,
  requests bigint not null,
  complete bigint not null,
  stopped bigint not null,
  truncated bigint not null,
  failed bigint not null,
  charged bigint not null,
  prompt_tokens bigint not null,
  completion_tokens bigint not null,
  reasoning_tokens bigint not null,
  cached_tokens bigint not null,
  cost_micro_usd bigint not null,
  primary key (day, purpose, model, provider, subscription_tier)
);

alter table oneai.daily_usage enable row level security;
create policy "service" on oneai.daily_usage to oneai_service using (true) with check (true);
revoke all on oneai.daily_usage from anon, authenticated, service_role;
grant select on oneai.daily_usage to oneai_service;

-- Histograms that can be added up: the number of answers in each bucket (oneai.latency_bucket) of the time to their
-- first token, of the time until they were complete, and of each stage: admission, preparation, the model's time to its
-- first token, and its writing.
create table oneai.daily_latency (
  day date not null,
  measure text not null check (measure in ('first_token', 'duration', 'admission', 'preparation', 'model', 'writing')),
  model text not null,
  provider text not null,
  bucket smallint not null,
  answers bigint not null,
  primary key (day, measure, model, provider, bucket)
);

alter table oneai.daily_latency enable row level security;
create policy "service" on oneai.daily_latency to oneai_service using (true) with check (true);
revoke all on oneai.daily_latency from anon, authenticated, service_role;
grant select on oneai.daily_latency to oneai_service;

-- Answers that failed or were interrupted, by error code; empty if there is none.
create table oneai.daily_errors (
  day date not null,
  model text not null,
  provider text not null,
  error_code text not null,
  answers bigint not null,
  primary key (day, model, provider, error_code)
);

alter table oneai.daily_errors enable row level security;
create policy "service" on oneai.daily_errors to oneai_service using (true) with check (true);
revoke all on oneai.daily_errors from anon, authenticated, service_role;
grant select on oneai.daily_errors to oneai_service;

-- The days on which each user sent a request, and the previous such day ('-infinity': none). Deleted with the user.
create table oneai.active_days (
  user_id uuid not null,
  day date not null,
  previous_day date,
  primary key (user_id, day)
);

alter table oneai.active_days enable row level security;
create policy "service" on oneai.active_days to oneai_service using (true) with check (true);
revoke all on oneai.active_days from anon, authenticated, service_role;
grant select on oneai.active_days to oneai_service;

-- The number of users who were active on a day, by their previous active day. The users who were active in a range are
-- those whose first active day in it has a previous one before it: the sum over its days where previous_day is before
-- its first.
create table oneai.daily_active_users (
  day date not null,
  previous_day date not null,
  users bigint not null,
  primary key (day, previous_day)
);

alter table oneai.daily_active_users enable row level security;
create policy "service" on oneai.daily_active_users to oneai_service using (true) with check (true);
revoke all on oneai.daily_active_users from anon, authenticated, service_role;
grant select on oneai.daily_active_users to oneai_service;

-- The part of one event in daily_usage. A correction changes tokens and cost, and is no request. What a workspace's own key pays
-- costs the operator nothing.
create function oneai.usage_of_event(e oneai.usage_events, p_zone text) returns setof oneai.daily_usage
language sql stable
as $$
  select (e.created_at at time zone p_zone)::date, case when own then e.purpose else 'answer' end,
    coalesce(e.model_served, e.model_asked), coalesce(e.provider, ''), e.subscription_tier,
    own::integer::bigint, (own and e.outcome = 'complete')::integer::bigint,
    (own and e.outcome = 'stopped')::integer::bigint, (own and e.outcome = 'truncated')::integer::bigint,
    (own and e.outcome = 'failed')::integer::bigint, e.charged::bigint, e.prompt_tokens::bigint,
    e.completion_tokens::bigint, e.reasoning_tokens::bigint, e.cached_tokens::bigint,
    case when e.paid_by = 'own_key' then 0 else e.cost_micro_usd end
  from (values (e.purpose <> 'correction')) as kind (own)
$$;
revoke execute on function oneai.usage_of_event from public;
grant execute on function oneai.usage_of_event to oneai_service;

-- The part of one event in daily_latency.
create function oneai.latency_of_event(e oneai.usage_events, p_zone text) returns setof oneai.daily_latency
language sql stable
as $$
  select (e.created_at at time zone p_zone)::date, m.measure, coalesce(e.model_served, e.model_asked),
    coalesce(e.provider, ''), oneai.latency_bucket(m.ms), 1::bigint
  from (values
    ('first_token', e.first_token_ms), ('duration', e.duration_ms), ('admission', e.admission_ms),
    ('preparation', e.preparation_ms), ('model', e.first_token_ms - e.preparation_ms),
    ('writing', e.duration_ms - e.first_token_ms)) as m (measure, ms)
  where e.purpose = 'answer' and m.ms is not null
$$;
revoke execute on function oneai.latency_of_event from public;
grant execute on function oneai.latency_of_event to oneai_service;

-- The part of one event in daily_errors. What fails with a workspace's own key is no failure of the operator's routes.
create function oneai.error_of_event(e oneai.usage_events, p_zone text) returns setof oneai.daily_errors
language sql stable
as $$
  select (e.created_at at time zone p_zone)::date, coalesce(e.model_served, e.model_asked), coalesce(e.provider, ''),
    coalesce(e.error_code, ''), 1::bigint
  where e.purpose = 'answer' and e.outcome in ('failed', 'truncated') and e.paid_by <> 'own_key'
$$;
revoke execute on function oneai.error_of_event from public;
grant execute on function oneai.error_of_event to oneai_service;

-- Adds usage events to the daily totals, or subtracts them (p_sign: 1 or -1).
create function oneai.add_daily_usage(p_events oneai.usage_events[], p_sign integer, p_zone text) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.daily_usage as d
  select u.day, u.purpose, u.model, u.provider, u.subscription_tier, p_sign * sum(u.requests),
    p_sign * sum(u.complete), p_sign * sum(u.stopped), p_sign * sum(u.truncated), p_sign * sum(u.failed),
    p_sign * sum(u.charged), p_sign * sum(u.prompt_tokens), p_sign * sum(u.completion_tokens),
    p_sign * sum(u.reasoning_tokens), p_sign * sum(u.cached_tokens), p_sign * sum(u.cost_micro_usd)
  from unnest(p_events) as e cross join lateral oneai.usage_of_event(e, p_zone) as u group by 1, 2, 3, 4, 5
  on conflict (day, purpose, model, provider, subscription_tier) do update set
    requests = d.requests + excluded.requests, complete = d.complete + excluded.complete,
    stopped = d.stopped + excluded.stopped, truncated = d.truncated + excluded.truncated,
    failed = d.failed + excluded.failed, charged = d.charged + excluded.charged,
    prompt_tokens = d.prompt_tokens + excluded.prompt_tokens,
    completion_tokens = d.completion_tokens + excluded.completion_tokens,
    reasoning_tokens = d.reasoning_tokens + excluded.reasoning_tokens,
    cached_tokens = d.cached_tokens + excluded.cached_tokens,
    cost_micro_usd = d.cost_micro_usd + excluded.cost_micro_usd;
  insert into oneai.daily_latency as d
  select l.day, l.measure, l.model, l.provider, l.bucket, p_sign * sum(l.answers)
  from unnest(p_events) as e cross join lateral oneai.latency_of_event(e, p_zone) as l group by 1, 2, 3, 4, 5
  on conflict (day, measure, model, provider, bucket) do update set answers = d.answers + excluded.answers;
  insert into oneai.daily_errors as d
  select r.day, r.model, r.provider, r.error_code, p_sign * sum(r.answers)
  from unnest(p_events) as e cross join lateral oneai.error_of_event(e, p_zone) as r group by 1, 2, 3, 4
  on conflict (day, model, provider, error_code) do update set answers = d.answers + excluded.answers
$$;
revoke execute on function oneai.add_daily_usage from public;

-- Adds the days on which the users of these events sent a request; existing days do not change. A late day also changes
-- the previous day of the user's next one.
create function oneai.add_active_days(p_events oneai.usage_events[], p_zone text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  added oneai.active_days[];
begin
  with inserted as (
    insert into oneai.active_days as a (user_id, day)
    select distinct e.user_id, (e.created_at at time zone p_zone)::date from unnest(p_events) as e
    where e.user_id is not null and e.purpose in ('answer', 'embedding')
    on conflict do nothing
    returning a as active_day
  )
  select array_agg(i.active_day) into added from inserted as i;
  with touched as (
    select n.user_id, n.day from unnest(added) as n
    union
    select n.user_id, (
      select min(a.day) from oneai.active_days as a where a.user_id = n.user_id and a.day > n.day)
    from unnest(added) as n
  ), changed as (
    select t.user_id, t.day, a.previous_day as before, coalesce((
      select max(p.day) from oneai.active_days as p where p.user_id = t.user_id and p.day < t.day), '-infinity') as after
    from touched as t join oneai.active_days as a on a.user_id = t.user_id and a.day = t.day
  ), updated as (
    update oneai.active_days as a set previous_day = c.after
    from changed as c where a.user_id = c.user_id and a.day = c.day
  )
  insert into oneai.daily_active_users as d (day, previous_day, users)
  select s.day, s.previous_day, sum(s.users) from (
    select c.day, c.after as previous_day, 1 as users from changed as c
    union all
    select c.day, c.before, -1 from changed as c where c.before is not null
  ) as s
  group by s.day, s.previous_day having sum(s.users) <> 0
  on conflict (day, previous_day) do update set users = d.users + excluded.users;
end
$$;
revoke execute on function oneai.add_active_days from public;

-- Deletes the days on which a user was active, whose events were all counted.
create function oneai.forget_active_days(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.lock_daily_sums();
  delete from oneai.active_days where user_id = p_user;
end
$$;
revoke execute on function oneai.forget_active_days from public;
