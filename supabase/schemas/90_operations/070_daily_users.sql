-- Users who signed up and accounts that were deleted, by the operator's day.

-- Changes that are not added up yet, without users.
create table oneai.pending_user_changes (
  id bigint generated always as identity primary key,
  at timestamptz not null,
  deleted boolean not null
);

alter table oneai.pending_user_changes enable row level security;
create policy "service" on oneai.pending_user_changes for select to oneai_service using (true);
revoke all on oneai.pending_user_changes from anon, authenticated, service_role;
grant select on oneai.pending_user_changes to oneai_service;

create table oneai.daily_users (
  day date primary key,
  signed_up bigint not null,
  deleted bigint not null
);

alter table oneai.daily_users enable row level security;
create policy "service" on oneai.daily_users to oneai_service using (true) with check (true);
revoke all on oneai.daily_users from anon, authenticated, service_role;
grant select on oneai.daily_users to oneai_service;

create function oneai.queue_user_change() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.pending_user_changes (at, deleted)
  values (case tg_op when 'INSERT' then new.created_at else oneai.now() end, tg_op = 'DELETE');
  return null;
end
$$;
revoke execute on function oneai.queue_user_change from public;

create trigger queue_user_change after insert or delete on oneai.users
  for each row execute function oneai.queue_user_change();

-- Adds at most `p_limit` changes, each once; returns their number.
create function oneai.roll_up_users(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  zone text := oneai.lock_daily_sums();
  change_count integer;
begin
  with taken as (
    delete from oneai.pending_user_changes where id in (
      select p.id from oneai.pending_user_changes as p order by p.id limit p_limit)
    returning at, deleted
  ), added as (
    insert into oneai.daily_users as d (day, signed_up, deleted)
    select (t.at at time zone zone)::date, count(*) filter (where not t.deleted), count(*) filter (where t.deleted)
    from taken as t group by 1
    on conflict (day) do update set signed_up = d.signed_up + excluded.signed_up, deleted = d.deleted + excluded.deleted
  )
  select count(*) into change_count from taken;
  return change_count;
end
$$;
revoke execute on function oneai.roll_up_users from public;
grant execute on function oneai.roll_up_users to oneai_app;
