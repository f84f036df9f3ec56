-- What an operator should know; one open row per kind and subject, counted up while nobody has acknowledged it.
create table oneai.operator_alerts (
  id bigint generated always as identity primary key,
  kind text not null check (kind in (
    'openrouter_key_refused', 'openrouter_credit_exhausted', 'reservation_lapsed',
    'spend_limit_near', 'spend_limit_reached', 'signup_incomplete')),
  subject text not null,
  detail jsonb not null default '{}',
  first_at timestamptz not null default oneai.now(),
  last_at timestamptz not null default oneai.now(),
  count integer not null default 1,
  acknowledged_at timestamptz
);
create unique index operator_alerts_open on oneai.operator_alerts (kind, subject) where acknowledged_at is null;

create function oneai.raise_alert(p_kind text, p_subject text, p_detail jsonb) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.operator_alerts as alert (kind, subject, detail) values (p_kind, p_subject, p_detail)
  on conflict (kind, subject) where acknowledged_at is null
  do update set count = alert.count + 1, last_at = oneai.now(), detail = excluded.detail
$$;

alter table oneai.operator_alerts enable row level security;
create policy "service" on oneai.operator_alerts to oneai_service using (true) with check (true);
revoke all on oneai.operator_alerts from anon, authenticated, service_role;
grant select, update on oneai.operator_alerts to oneai_service;
revoke execute on function oneai.raise_alert from public;
grant execute on function oneai.raise_alert to oneai_app;

-- A new auth user becomes a person of ours. Whatever goes wrong here, the sign-up itself must go through, and soon
-- (a migration may hold a lock): the first question makes up for what is missing, and an operator hears of it.
create function oneai.on_sign_up() returns trigger
language plpgsql security definer set search_path = '' set lock_timeout = '1s'
as $$
begin
  perform oneai.add_person(new.id);
  if not exists (select from oneai.usage_quotas where user_id = new.id) then
    perform oneai.raise_alert('signup_incomplete', 'no_quotas', '{}');
  end if;
  return new;
exception when others then
  begin
    perform oneai.raise_alert('signup_incomplete', sqlstate, jsonb_build_object('error', sqlerrm));
  exception when others then
    raise warning 'a sign-up stayed incomplete: %', sqlerrm;
  end;
  return new;
end
$$;
revoke execute on function oneai.on_sign_up from public;

create trigger oneai_on_sign_up after insert on auth.users
  for each row execute function oneai.on_sign_up();
