-- The quotas of plans and workspaces: messages, searches of the web, and tokens and cost where a plan limits them.

-- The unit follows from the key: `tokens` counts prompt and completion tokens, `cost` micro-dollars, `web_searches`
-- searches of the web, every other key messages. Micro-dollars of a large plan exceed an integer.
create function oneai.unit_of(p_key text) returns text
language sql immutable
as $$ select case when p_key in ('tokens', 'cost', 'web_searches') then p_key else 'messages' end $$;
revoke execute on function oneai.unit_of from public;
grant execute on function oneai.unit_of to oneai_service;

-- Sign-up runs in SQL alone, and reads the numbers here: 90_operations/100_plan_numbers.sql.
create table oneai.plan_quotas (
  tier text not null,
  quota_key text not null,
  quota_limit oneai.non_negative not null,
  reset_frequency oneai.reset_frequency not null,
  -- Units granted beyond the limit before a refusal.
  grace_units oneai.non_negative not null default 0,
  primary key (tier, quota_key)
);

alter table oneai.plan_quotas enable row level security;
create policy "service" on oneai.plan_quotas for select to oneai_service using (true);
revoke all on oneai.plan_quotas from anon, authenticated, service_role;
grant select on oneai.plan_quotas to oneai_service;

create table oneai.usage_quotas (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  quota_key text not null,
  subscription_tier text not null,
  -- Null: the plan does not have this quota (any more); the row keeps the window and overrides.
  quota_limit oneai.non_negative,
  used oneai.non_negative not null default 0,
  reserved oneai.non_negative not null default 0,
  reset_frequency oneai.reset_frequency not null,
  window_start timestamptz not null,
  next_reset_at timestamptz not null,
  last_usage_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  grace_units oneai.non_negative not null default 0,
  -- The override in force until then (`infinity`: until revoked), copied from oneai.quota_overrides.
  own_limit oneai.non_negative,
  extra_units oneai.non_negative not null default 0,
  override_until timestamptz,
  primary key (workspace_id, quota_key)
) with (fillfactor = 70);
-- The keyset that the reset job pages through, per frequency.
create index usage_quotas_due on oneai.usage_quotas (reset_frequency, next_reset_at, workspace_id, quota_key);

alter table oneai.usage_quotas enable row level security;
create policy "members see the quotas" on oneai.usage_quotas
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
create policy "service" on oneai.usage_quotas to oneai_service using (true) with check (true);
revoke all on oneai.usage_quotas from anon, authenticated, service_role;
grant select, insert, update, delete on oneai.usage_quotas to oneai_service;
grant select on oneai.usage_quotas to authenticated;

-- The first boundary after `at`: midnight UTC, the 1st of the month UTC, or the workspace's three-hour grid through
-- `previous`. A pure function of the previous boundary, so that lazy and scheduled resets agree to the second.
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

-- The start of the window that ends at `boundary`.
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

-- The limit at `at`, including the override and excluding grace units; null: no limit. For a quota of messages or
-- searches that the plan does not have, the base is 0.
create function oneai.effective_limit(q oneai.usage_quotas, at timestamptz) returns bigint
language sql stable
as $$
  select case when q.override_until > at
    then coalesce(q.own_limit, q.quota_limit, case when q.quota_key not in ('tokens', 'cost') then 0 end) + q.extra_units
    else q.quota_limit end
$$;
revoke execute on function oneai.effective_limit from public;
grant execute on function oneai.effective_limit to authenticated, oneai_service, oneai_app;

-- Whether the window is that of a prepaid period.
create function oneai.is_prepaid_window(q oneai.usage_quotas) returns boolean
language sql stable security definer set search_path = ''
as $$
  select q.reset_frequency = 'monthly' and exists (
    select from oneai.workspaces as w where w.id = q.workspace_id and w.quota_window_end is not null)
$$;
revoke execute on function oneai.is_prepaid_window from public;
grant execute on function oneai.is_prepaid_window to authenticated, oneai_service, oneai_app;

-- The quota at `at`: in its next window if the stored one has ended. The window of a prepaid period lasts until the
-- projection begins another one or ends the plan, which is looked for again within five minutes.
create function oneai.effective_quota(q oneai.usage_quotas, at timestamptz)
returns table (used bigint, reserved bigint, most bigint, resets_at timestamptz)
language sql stable
as $$
  select case when q.next_reset_at > at then q.used when oneai.is_prepaid_window(q) then q.used else 0 end,
    case when q.next_reset_at > at then q.reserved when oneai.is_prepaid_window(q) then q.reserved else 0 end,
    oneai.effective_limit(q, at),
    case when q.next_reset_at > at then q.next_reset_at when oneai.is_prepaid_window(q) then at + interval '5 minutes'
      else oneai.next_reset(q.reset_frequency, q.next_reset_at, at) end
$$;
revoke execute on function oneai.effective_quota from public;
grant execute on function oneai.effective_quota to authenticated, oneai_service, oneai_app;

-- A quota in API form, for `done` events and headers; `resets_in` in seconds.
create function oneai.quota_json(q oneai.usage_quotas) returns json
language plpgsql stable
as $$
declare
  at constant timestamptz := oneai.now();
  most constant bigint := oneai.effective_limit(q, at);
begin
  if q.next_reset_at <= at then
    q.used := 0;
    q.reserved := 0;
    q.next_reset_at := oneai.next_reset(q.reset_frequency, q.next_reset_at, at);
  end if;
  return json_build_object(
    'key', q.quota_key, 'used', q.used, 'reserved', q.reserved, 'limit', most, 'grace_units', q.grace_units,
    'remaining', greatest(most - q.used - q.reserved, 0),
    'resets_at', to_char(q.next_reset_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'resets_in', ceil(extract(epoch from q.next_reset_at - at)), 'frequency', q.reset_frequency);
end
$$;
revoke execute on function oneai.quota_json from public;
grant execute on function oneai.quota_json to authenticated, oneai_app;
