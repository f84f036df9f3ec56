-- The quotas of each plan and of each person: messages, and beside them tokens and cost where a plan limits those.

-- A quota is counted in one unit, told by its key: `tokens` in prompt and completion tokens, `cost` in micro-dollars,
-- every other key in messages. Micro-dollars of a large plan do not fit an integer.
create function oneai.unit_of(p_key text) returns text
language sql immutable
as $$ select case when p_key in ('tokens', 'cost') then p_key else 'messages' end $$;
revoke execute on function oneai.unit_of from public;
grant execute on function oneai.unit_of to oneai_service;

-- The same numbers as oneai/plans/catalog.py; a test holds the two together. Sign-up must not wait for Python.
create table oneai.plan_quotas (
  tier text not null,
  quota_key text not null,
  quota_limit bigint not null check (quota_limit >= 0),
  reset_frequency text not null check (reset_frequency in ('3hour', 'daily', 'monthly')),
  -- So many units more than the limit are granted before anybody is refused.
  grace_units bigint not null default 0 check (grace_units >= 0),
  primary key (tier, quota_key)
);
insert into oneai.plan_quotas (tier, quota_key, quota_limit, reset_frequency) values
  ('free', 'small_messages', 100, 'monthly'),
  ('free', 'large_messages', 20, 'monthly'),
  ('free', 'image_generation', 5, '3hour'),
  ('pro', 'small_messages', 500, 'monthly'),
  ('pro', 'large_messages', 100, 'monthly'),
  ('pro', 'image_generation', 10, '3hour'),
  ('enterprise', 'small_messages', 5000, 'monthly'),
  ('enterprise', 'large_messages', 1000, 'monthly'),
  ('enterprise', 'image_generation', 100, '3hour');

alter table oneai.plan_quotas enable row level security;
create policy "service" on oneai.plan_quotas for select to oneai_service using (true);
revoke all on oneai.plan_quotas from anon, authenticated, service_role;
grant select on oneai.plan_quotas to oneai_service;

create table oneai.usage_quotas (
  user_id uuid not null references oneai.users (id) on delete cascade,
  quota_key text not null,
  subscription_tier text not null,
  -- Null: the plan has no such quota (any more); the row remembers its window, and exceptions.
  quota_limit bigint check (quota_limit >= 0),
  used bigint not null default 0 check (used >= 0),
  reserved bigint not null default 0 check (reserved >= 0),
  reset_frequency text not null check (reset_frequency in ('3hour', 'daily', 'monthly')),
  window_start timestamptz not null,
  next_reset_at timestamptz not null,
  last_usage_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  grace_units bigint not null default 0 check (grace_units >= 0),
  -- The exception in force until then (`infinity`: until it is revoked), as oneai.quota_overrides has it.
  own_limit bigint check (own_limit >= 0),
  extra_units bigint not null default 0 check (extra_units >= 0),
  override_until timestamptz,
  primary key (user_id, quota_key)
);
-- The schedule walks along it, frequency by frequency, and never comes by the same row twice.
create index usage_quotas_due on oneai.usage_quotas (reset_frequency, next_reset_at, user_id, quota_key);

alter table oneai.usage_quotas enable row level security;
create policy "people see their quotas" on oneai.usage_quotas
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.usage_quotas to oneai_service using (true) with check (true);
revoke all on oneai.usage_quotas from anon, authenticated, service_role;
grant select, insert, update, delete on oneai.usage_quotas to oneai_service;
grant select on oneai.usage_quotas to authenticated;

-- The first boundary after `at`: midnight UTC, the 1st UTC, or the person's own three-hour grid on which `previous`
-- lies.
-- A pure function of the previous boundary, so that lazy and scheduled resets agree to the second.
create function oneai.next_reset(frequency text, previous timestamptz, at timestamptz) returns timestamptz
language sql immutable
as $$
  select case frequency
    when '3hour' then previous + (pg_catalog.floor(extract(epoch from at - previous) / 10800) + 1) * interval '3 hours'
    when 'daily' then (pg_catalog.date_trunc('day', at at time zone 'UTC') + interval '1 day') at time zone 'UTC'
    when 'monthly' then (pg_catalog.date_trunc('month', at at time zone 'UTC') + interval '1 month') at time zone 'UTC'
  end
$$;
revoke execute on function oneai.next_reset from public;
grant execute on function oneai.next_reset to authenticated, oneai_service;

-- Where the window that ends at `boundary` began.
create function oneai.window_before(frequency text, boundary timestamptz) returns timestamptz
language sql immutable
as $$
  select case frequency
    when '3hour' then boundary - interval '3 hours'
    when 'daily' then (boundary at time zone 'UTC' - interval '1 day') at time zone 'UTC'
    when 'monthly' then (boundary at time zone 'UTC' - interval '1 month') at time zone 'UTC'
  end
$$;
revoke execute on function oneai.window_before from public;
grant execute on function oneai.window_before to authenticated, oneai_service;

-- The limit at the moment `at`, the exception considered and the grace not; null: none. Extra units on top of a quota
-- of messages that the plan has not are all there are of it.
create function oneai.effective_limit(q oneai.usage_quotas, at timestamptz) returns bigint
language sql stable
as $$
  select case when q.override_until > at
    then coalesce(q.own_limit, q.quota_limit, case when q.quota_key not in ('tokens', 'cost') then 0 end) + q.extra_units
    else q.quota_limit end
$$;
revoke execute on function oneai.effective_limit from public;
grant execute on function oneai.effective_limit to authenticated, oneai_service, oneai_app;

-- The quota as it stands at the moment `at`: in its next window where the stored one is over.
create function oneai.effective_quota(q oneai.usage_quotas, at timestamptz)
returns table (used bigint, reserved bigint, most bigint, resets_at timestamptz)
language sql stable
as $$
  select case when q.next_reset_at > at then q.used else 0 end, case when q.next_reset_at > at then q.reserved else 0 end,
    oneai.effective_limit(q, at),
    case when q.next_reset_at > at then q.next_reset_at else oneai.next_reset(q.reset_frequency, q.next_reset_at, at) end
$$;
revoke execute on function oneai.effective_quota from public;
grant execute on function oneai.effective_quota to authenticated, oneai_service, oneai_app;

-- What a quota looks like to a client, in `done` and in headers; `resets_in` in seconds.
create function oneai.quota_json(q oneai.usage_quotas) returns json
language sql stable
as $$
  select json_build_object(
    'key', q.quota_key, 'used', now.used, 'reserved', now.reserved, 'limit', now.most, 'grace_units', q.grace_units,
    'remaining', greatest(now.most - now.used - now.reserved, 0),
    'resets_at', to_char(now.resets_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'resets_in', ceil(extract(epoch from now.resets_at - oneai.now())), 'frequency', q.reset_frequency)
  from oneai.effective_quota(q, oneai.now()) as now
$$;
revoke execute on function oneai.quota_json from public;
grant execute on function oneai.quota_json to authenticated, oneai_app;
