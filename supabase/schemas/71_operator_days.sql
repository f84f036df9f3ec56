-- Business analytics: days are those of the operator's time zone, and totals are stored by day, without users.

-- The operator's time zone, from the setting OPERATOR_TIME_ZONE. Days that are already added up keep their zone. A
-- transaction that adds to the daily totals locks this row, so that they are updated one after the other.
create table oneai.operator_time_zone (
  single boolean primary key default true check (single),
  name text not null default 'Asia/Kolkata'
);
insert into oneai.operator_time_zone default values;

alter table oneai.operator_time_zone enable row level security;
create policy "service" on oneai.operator_time_zone to oneai_service using (true) with check (true);
revoke all on oneai.operator_time_zone from anon, authenticated, service_role;
grant select, update on oneai.operator_time_zone to oneai_service;

-- The operator's day of a moment.
create function oneai.operator_day(p_at timestamptz) returns date
language sql stable security definer set search_path = ''
as $$ select (p_at at time zone (select z.name from oneai.operator_time_zone as z))::date $$;
revoke execute on function oneai.operator_day from public;
grant execute on function oneai.operator_day to oneai_service;

-- Locks the daily totals until the transaction ends, and returns their time zone.
create function oneai.lock_daily_sums() returns text
language sql security definer set search_path = ''
as $$ select z.name from oneai.operator_time_zone as z for update $$;
revoke execute on function oneai.lock_daily_sums from public;
