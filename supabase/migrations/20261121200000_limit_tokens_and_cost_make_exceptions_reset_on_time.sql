-- Quotas beyond messages: tokens and cost may be limited beside them, plans may grant a grace over a limit, operators
-- may make exceptions, and a schedule opens the windows that nobody's use has opened.

-- A quota is counted in one unit, told by its key: `tokens` in prompt and completion tokens, `cost` in micro-dollars,
-- every other key in messages. Micro-dollars of a large plan do not fit an integer.
create function oneai.unit_of(p_key text) returns text
language sql immutable
as $$ select case when p_key in ('tokens', 'cost') then p_key else 'messages' end $$;

alter table oneai.plan_quotas
  alter column quota_limit type bigint,
  -- So many units more than the limit are granted before anybody is refused.
  add column grace_units bigint not null default 0 check (grace_units >= 0);

alter table oneai.usage_quotas
  -- Null: the plan has no such quota (any more); the row remembers its window, and exceptions.
  alter column quota_limit drop not null,
  alter column quota_limit type bigint,
  alter column used type bigint,
  alter column reserved type bigint,
  add column grace_units bigint not null default 0 check (grace_units >= 0),
  -- The exception in force until then (`infinity`: until it is revoked), as oneai.quota_overrides has it.
  add column own_limit bigint check (own_limit >= 0),
  add column extra_units bigint not null default 0 check (extra_units >= 0),
  add column override_until timestamptz;

alter table oneai.reservation_lines
  alter column held type bigint,
  alter column settled type bigint,
  add check (unit = oneai.unit_of(quota_key));

-- The schedule walks along it, frequency by frequency, and never comes by the same row twice.
drop index oneai.usage_quotas_due;
create index usage_quotas_due on oneai.usage_quotas (reset_frequency, next_reset_at, user_id, quota_key);

-- Exceptions that operators made for people: at most one in force for each person and key, the others are history.
create table oneai.quota_overrides (
  id bigint generated always as identity primary key,
  user_id uuid not null references oneai.users (id) on delete cascade,
  quota_key text not null,
  -- In place of the plan's limit; null keeps that.
  own_limit bigint check (own_limit between 0 and 1000000000000000),
  -- On top of it, in every window. Neither is so large that their sum, with what is used, is no number any more.
  extra_units bigint not null default 0 check (extra_units between 0 and 1000000000000000),
  until timestamptz not null,
  reason text not null check (reason <> ''),
  created_at timestamptz not null default oneai.now(),
  revoked_at timestamptz,
  check (own_limit is not null or extra_units > 0)
);
create unique index quota_overrides_in_force on oneai.quota_overrides (user_id, quota_key) where revoked_at is null;

-- The limit at the moment `at`, the exception considered and the grace not; null: none. Extra units on top of a quota
-- of messages that the plan has not are all there are of it.
create function oneai.limit_of(q oneai.usage_quotas, at timestamptz) returns bigint
language sql stable
as $$
  select case when q.override_until > at
    then coalesce(q.own_limit, q.quota_limit, case when q.quota_key not in ('tokens', 'cost') then 0 end) + q.extra_units
    else q.quota_limit end
$$;

-- The quota as it stands at the moment `at`: in its next window where the stored one is over.
create function oneai.standing(q oneai.usage_quotas, at timestamptz)
returns table (used bigint, reserved bigint, most bigint, resets_at timestamptz)
language sql stable
as $$
  select case when q.next_reset_at > at then q.used else 0 end, case when q.next_reset_at > at then q.reserved else 0 end,
    oneai.limit_of(q, at),
    case when q.next_reset_at > at then q.next_reset_at else oneai.next_reset(q.reset_frequency, q.next_reset_at, at) end
$$;

-- What a quota looks like to a client, in `done` and in headers; `resets_in` in seconds.
create or replace function oneai.quota_face(q oneai.usage_quotas) returns json
language sql stable
as $$
  select json_build_object(
    'key', q.quota_key, 'used', now.used, 'reserved', now.reserved, 'limit', now.most, 'grace_units', q.grace_units,
    'remaining', greatest(now.most - now.used - now.reserved, 0),
    'resets_at', to_char(now.resets_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'resets_in', ceil(extract(epoch from now.resets_at - oneai.now())), 'frequency', q.reset_frequency)
  from oneai.standing(q, oneai.now()) as now
$$;

-- Holds one line of the reservation `p_id`, in the window that is open now; tokens and cost only where they are limited.
create function oneai.reserve_line(p_user uuid, p_id uuid, p_key text, p_unit text, p_held bigint) returns void
language plpgsql
as $$
declare
  at timestamptz := oneai.now();
  quota oneai.usage_quotas;
  most bigint;
begin
  loop
    with held as (
      update oneai.usage_quotas as q set reserved = q.reserved + p_held, updated_at = at
      where q.user_id = p_user and q.quota_key = p_key and q.next_reset_at > at
        and q.used + q.reserved + p_held <= oneai.limit_of(q, at) + q.grace_units
      returning q.window_start
    )
    insert into oneai.reservation_lines (reservation_id, quota_key, unit, held, window_start)
    select p_id, p_key, p_unit, p_held, held.window_start from held;
    if found then
      return;
    end if;
    select * into quota from oneai.usage_quotas as q where q.user_id = p_user and q.quota_key = p_key;
    most := oneai.limit_of(quota, at);
    if quota.next_reset_at <= at then
      perform oneai.reset(p_user);
    elsif most is null and p_unit <> 'messages' then
      return;
    elsif (quota.used + quota.reserved + p_held <= most + quota.grace_units) is not true then
      raise exception using errcode = 'ON429', message = 'quota_exceeded', detail = jsonb_build_object(
        'quota_key', p_key, 'used', coalesce(quota.used, 0), 'reserved', coalesce(quota.reserved, 0),
        'limit', coalesce(most, 0), 'frequency', quota.reset_frequency,
        'units', p_held,
        'resets_at', to_char(quota.next_reset_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'retry_after', ceil(extract(epoch from quota.next_reset_at - at)))::text;
    end if;
    -- A window has been opened, or somebody gave units back in between.
  end loop;
end
$$;

-- Holds every line ([{"quota_key", "unit", "held"}]) of the reservation `p_id`, all or none, in key order. ON429 names
-- the first line that does not fit.
-- Whoever locks several quotas locks the person first, so that nobody waits in a circle. One line needs no such lock:
-- it waits for one row and, holding that, for nothing else.
create or replace function oneai.reserve(p_user uuid, p_id uuid, p_lines jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  line record;
begin
  if jsonb_array_length(p_lines) = 1 then
    perform oneai.reserve_line(
      p_user, p_id, p_lines #>> '{0,quota_key}', p_lines #>> '{0,unit}', (p_lines #>> '{0,held}')::bigint);
    return;
  end if;
  perform 1 from oneai.users where id = p_user for no key update;
  for line in
    select l.quota_key, l.unit, l.held
    from jsonb_to_recordset(p_lines) as l (quota_key text, unit text, held bigint) order by l.quota_key
  loop
    perform oneai.reserve_line(p_user, p_id, line.quota_key, line.unit, line.held);
  end loop;
end
$$;

-- Turns what the reservation held into use, each line by its own measure: units of messages, never more than were
-- held; tokens and cost (micro-dollars) as many as there were. Whoever comes first settles; false means somebody
-- already had. The counters move only while the row is still in the line's window.
-- The person is locked first for several lines, as in oneai.reserve; who settles several reservations has done so.
drop function oneai.settle_reservation(uuid, integer);
create function oneai.settle_reservation(p_id uuid, p_units bigint, p_tokens bigint default 0, p_cost bigint default 0)
returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  person uuid;
begin
  perform 1 from oneai.users
  where id = (select r.user_id from oneai.reservations as r where r.id = p_id)
    and (select count(*) from oneai.reservation_lines as l where l.reservation_id = p_id) > 1
  for no key update;
  update oneai.reservations set settled_at = at where id = p_id and settled_at is null returning user_id into person;
  if not found then
    return false;
  end if;
  with line as (
    update oneai.reservation_lines as l
    set settled = case l.unit when 'messages' then least(p_units, l.held) when 'tokens' then p_tokens else p_cost end
    where l.reservation_id = p_id
    returning l.quota_key, l.window_start, l.held, l.settled
  )
  update oneai.usage_quotas as q
  set reserved = q.reserved - line.held, used = q.used + line.settled, updated_at = at,
      last_usage_at = case when line.settled > 0 then at else q.last_usage_at end
  from line
  where q.user_id = person and q.quota_key = line.quota_key and q.window_start = line.window_start;
  return true;
end
$$;

-- Gives back whatever the reservation held; false means it was settled before.
create function oneai.release(p_id uuid) returns boolean
language sql security definer set search_path = ''
as $$ select oneai.settle_reservation(p_id, 0) $$;

-- Opens the next window of at most p_rows quotas of this frequency that are due, and says how many and which was the
-- last of them, where the next call goes on; null: there was none. Rows that somebody is just using are passed over,
-- for use opens a window as well; so this waits for nobody, and somebody for it only as long as one call takes.
-- It sets what oneai.reset sets.
create function oneai.reset_due(
  p_frequency text, p_rows integer, inout after_at timestamptz default null, inout after_user uuid default null,
  inout after_key text default null, out opened integer)
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
begin
  with due as (
    select q.ctid as row, q.next_reset_at, q.user_id, q.quota_key from oneai.usage_quotas as q
    where q.reset_frequency = p_frequency and q.next_reset_at <= at
      and (q.next_reset_at, q.user_id, q.quota_key) > (coalesce(after_at, '-infinity'),
        coalesce(after_user, '00000000-0000-0000-0000-000000000000'), coalesce(after_key, ''))
    order by q.next_reset_at, q.user_id, q.quota_key limit p_rows for update skip locked
  ), changed as (
    update oneai.usage_quotas as q
    set used = 0, reserved = 0, next_reset_at = oneai.next_reset(q.reset_frequency, q.next_reset_at, at),
        window_start = oneai.window_before(
          q.reset_frequency, oneai.next_reset(q.reset_frequency, q.next_reset_at, at)),
        updated_at = at
    from due where q.ctid = due.row and q.next_reset_at <= at
    returning 1
  ), last as (
    select * from due order by next_reset_at desc, user_id desc, quota_key desc limit 1
  )
  select last.next_reset_at, last.user_id, last.quota_key, (select count(*) from changed)
  into after_at, after_user, after_key, opened from last;
  opened := coalesce(opened, 0);
end
$$;

-- Makes an exception for somebody, in place of the one that was in force for this key; returns its id. A key that the
-- plan has not becomes theirs while it is in force.
create function oneai.override_quota(
  p_user uuid, p_key text, p_own bigint, p_extra bigint, p_until timestamptz, p_reason text) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  frequency text;
  added bigint;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  update oneai.quota_overrides set revoked_at = at
  where user_id = p_user and quota_key = p_key and revoked_at is null;
  insert into oneai.quota_overrides (user_id, quota_key, own_limit, extra_units, until, reason)
  values (p_user, p_key, p_own, coalesce(p_extra, 0), coalesce(p_until, 'infinity'), p_reason) returning id into added;
  frequency := coalesce((select p.reset_frequency from oneai.plan_quotas as p where p.quota_key = p_key limit 1), 'monthly');
  insert into oneai.usage_quotas (
    user_id, quota_key, subscription_tier, quota_limit, reset_frequency, window_start, next_reset_at)
  select id, p_key, subscription_tier, null, frequency, at, oneai.next_reset(frequency, at, at)
  from oneai.users where id = p_user
  on conflict (user_id, quota_key) do nothing;
  update oneai.usage_quotas
  set own_limit = p_own, extra_units = coalesce(p_extra, 0), override_until = coalesce(p_until, 'infinity'),
      updated_at = at
  where user_id = p_user and quota_key = p_key;
  return added;
end
$$;

-- Ends an exception before its time; false where it is not in force.
create function oneai.revoke_override(p_id bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  override oneai.quota_overrides;
begin
  perform 1 from oneai.users
  where id = (select o.user_id from oneai.quota_overrides as o where o.id = p_id) for no key update;
  update oneai.quota_overrides set revoked_at = oneai.now() where id = p_id and revoked_at is null returning * into override;
  if not found then
    return false;
  end if;
  update oneai.usage_quotas
  set own_limit = null, extra_units = 0, override_until = null, updated_at = oneai.now()
  where user_id = override.user_id and quota_key = override.quota_key;
  return true;
end
$$;

-- Gives somebody the quotas of another plan; exceptions stay. `p_fresh`: every window begins anew at this moment, and
-- with it the grid of three hours; else what was used stays used, but for a quota whose frequency is another now.
create function oneai.assign_plan(p_user uuid, p_tier text, p_fresh boolean) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz;
begin
  update oneai.users set subscription_tier = p_tier, updated_at = oneai.now() where id = p_user;
  perform oneai.reset(p_user);
  perform 1 from oneai.usage_quotas where user_id = p_user order by quota_key for update;
  -- Whoever waited for these locks may have begun before a window that is open by now: no window begins before it.
  at := greatest(oneai.now(), (
    select max(q.window_start) + interval '1 microsecond' from oneai.usage_quotas as q where q.user_id = p_user));
  update oneai.usage_quotas as q
  set subscription_tier = p_tier, quota_limit = null, grace_units = 0, updated_at = oneai.now()
  where q.user_id = p_user
    and not exists (select from oneai.plan_quotas as p where p.tier = p_tier and p.quota_key = q.quota_key);
  insert into oneai.usage_quotas as q (
    user_id, quota_key, subscription_tier, quota_limit, grace_units, reset_frequency, window_start, next_reset_at)
  select p_user, p.quota_key, p.tier, p.quota_limit, p.grace_units, p.reset_frequency, at,
    oneai.next_reset(p.reset_frequency, at, at)
  from oneai.plan_quotas as p where p.tier = p_tier
  on conflict (user_id, quota_key) do update
  set subscription_tier = excluded.subscription_tier, quota_limit = excluded.quota_limit,
      grace_units = excluded.grace_units, updated_at = oneai.now();
  update oneai.usage_quotas as q
  set used = 0, reserved = 0, reset_frequency = p.reset_frequency, window_start = at,
      next_reset_at = oneai.next_reset(p.reset_frequency, at, at)
  from oneai.plan_quotas as p
  where q.user_id = p_user and p.tier = p_tier and p.quota_key = q.quota_key
    and (p_fresh or q.reset_frequency <> p.reset_frequency) and q.window_start < at;
end
$$;

-- A `users` row and the quotas of the person's plan, whatever of it is missing.
create or replace function oneai.add_person(p_user uuid) returns void
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

  insert into oneai.usage_quotas (
    user_id, quota_key, subscription_tier, quota_limit, grace_units, reset_frequency, window_start, next_reset_at)
  select u.id, p.quota_key, p.tier, p.quota_limit, p.grace_units, p.reset_frequency,
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

alter table oneai.quota_overrides enable row level security;
create policy "service" on oneai.quota_overrides to oneai_service using (true) with check (true);
revoke all on oneai.quota_overrides from anon, authenticated, service_role;
grant select on oneai.quota_overrides to oneai_service;

revoke execute on function oneai.unit_of, oneai.limit_of, oneai.standing, oneai.reserve_line, oneai.settle_reservation,
  oneai.release, oneai.reset_due, oneai.override_quota, oneai.revoke_override, oneai.assign_plan from public;
grant execute on function oneai.unit_of to oneai_service;
grant execute on function oneai.limit_of, oneai.standing to authenticated, oneai_service, oneai_app;
grant execute on function oneai.settle_reservation, oneai.release, oneai.reset_due, oneai.override_quota,
  oneai.revoke_override, oneai.assign_plan to oneai_app;
