-- People, the quotas of each plan, and each person's quotas.
create table oneai.users (
  id uuid primary key references auth.users (id) on delete cascade,
  -- Neither required nor unique: phone sign-ups have none, and a second provider may bring the same address.
  email text,
  name text,
  picture_url text,
  provider_type text,
  provider_id text,
  subscription_tier text not null default 'free',
  subscription_status text not null default 'active'
    check (subscription_status in ('active', 'trial', 'past_due', 'unpaid', 'paused', 'cancelled')),
  suspended_at timestamptz,
  -- What their answers hold and have cost on one UTC day, against the plan's daily ceiling; a day that is over counts no more.
  spend_day date,
  spend_micro_usd bigint not null default 0,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now()
);
create index users_by_tier on oneai.users (subscription_tier) where subscription_status = 'active';

-- The same numbers as oneai/plans/catalog.py; a test holds the two together. Sign-up must not wait for Python.
create table oneai.plan_quotas (
  tier text not null,
  quota_key text not null,
  quota_limit integer not null check (quota_limit >= 0),
  reset_frequency text not null check (reset_frequency in ('3hour', 'daily', 'monthly')),
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

create table oneai.usage_quotas (
  user_id uuid not null references oneai.users (id) on delete cascade,
  quota_key text not null,
  subscription_tier text not null,
  quota_limit integer not null check (quota_limit >= 0),
  used integer not null default 0 check (used >= 0),
  reserved integer not null default 0 check (reserved >= 0),
  reset_frequency text not null check (reset_frequency in ('3hour', 'daily', 'monthly')),
  window_start timestamptz not null,
  next_reset_at timestamptz not null,
  last_usage_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  primary key (user_id, quota_key)
);
create index usage_quotas_due on oneai.usage_quotas (next_reset_at);

-- The first boundary after `at`: midnight UTC, the 1st UTC, or the person's own three-hour grid on which `previous` lies.
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

-- Opens the next window of this person's quotas that are due. Like everybody who changes quotas it locks the person
-- first and then quotas in key order; admit, which settles and reserves, could not keep to the keys' order alone.
create function oneai.reset(p_user uuid) returns void
language sql security definer set search_path = ''
as $$
  select from oneai.users where id = p_user for no key update;
  select from oneai.usage_quotas
  where user_id = p_user and next_reset_at <= oneai.now() order by quota_key for update;
  update oneai.usage_quotas
  set used = 0,
      reserved = 0,
      next_reset_at = oneai.next_reset(reset_frequency, next_reset_at, oneai.now()),
      window_start = oneai.window_before(
        reset_frequency, oneai.next_reset(reset_frequency, next_reset_at, oneai.now())),
      updated_at = oneai.now()
  where user_id = p_user and next_reset_at <= oneai.now()
$$;

-- A `users` row and the quotas of the person's plan, whatever of it is missing.
create function oneai.add_person(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.users (id, email, name, picture_url, provider_type, provider_id)
  select a.id, a.email,
    coalesce(a.raw_user_meta_data ->> 'full_name', a.raw_user_meta_data ->> 'name'),
    coalesce(a.raw_user_meta_data ->> 'avatar_url', a.raw_user_meta_data ->> 'picture'),
    a.raw_app_meta_data ->> 'provider',
    coalesce(a.raw_user_meta_data ->> 'provider_id', a.raw_user_meta_data ->> 'sub')
  from auth.users as a where a.id = p_user
  on conflict (id) do nothing;

  insert into oneai.usage_quotas
    (user_id, quota_key, subscription_tier, quota_limit, reset_frequency, window_start, next_reset_at)
  select u.id, p.quota_key, p.tier, p.quota_limit, p.reset_frequency,
    case p.reset_frequency
      when '3hour' then oneai.now()
      else oneai.window_before(p.reset_frequency, oneai.next_reset(p.reset_frequency, oneai.now(), oneai.now()))
    end,
    oneai.next_reset(p.reset_frequency, oneai.now(), oneai.now())
  from oneai.users as u
  join oneai.plan_quotas as p on p.tier = u.subscription_tier
  where u.id = p_user
  on conflict (user_id, quota_key) do nothing;
end
$$;

alter table oneai.users enable row level security;
alter table oneai.plan_quotas enable row level security;
alter table oneai.usage_quotas enable row level security;

create policy "people see themselves" on oneai.users
  for select to authenticated using ((select auth.uid()) = id);
create policy "people change themselves" on oneai.users
  for update to authenticated using ((select auth.uid()) = id) with check ((select auth.uid()) = id);
create policy "service" on oneai.users to oneai_service using (true) with check (true);
create policy "service" on oneai.plan_quotas for select to oneai_service using (true);
create policy "people see their quotas" on oneai.usage_quotas
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.usage_quotas to oneai_service using (true) with check (true);

revoke all on oneai.users, oneai.plan_quotas, oneai.usage_quotas from anon, authenticated, service_role;
grant select, update (name, picture_url) on oneai.users to authenticated;
grant select, insert, update, delete on oneai.users, oneai.usage_quotas to oneai_service;
grant select on oneai.plan_quotas to oneai_service;
grant select on oneai.usage_quotas to authenticated;

revoke execute on function oneai.next_reset, oneai.window_before, oneai.reset, oneai.add_person from public;
grant execute on function oneai.next_reset, oneai.window_before to authenticated, oneai_service;
grant execute on function oneai.reset, oneai.add_person to oneai_app;
