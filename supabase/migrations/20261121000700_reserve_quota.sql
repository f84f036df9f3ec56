-- What a quota looks like to a client, in `done`, in refusals and in the status.
create function oneai.quota_face(q oneai.usage_quotas) returns json
language sql stable
as $$
  select json_build_object(
    'key', q.quota_key, 'used', q.used, 'reserved', q.reserved, 'limit', q.quota_limit,
    'remaining', greatest(q.quota_limit - q.used - q.reserved, 0),
    'resets_at', to_char(q.next_reset_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
    'frequency', q.reset_frequency)
$$;

-- Holds every line ([{"quota_key", "unit", "held"}]) of the reservation `p_id`, all or none.
-- The person is locked, then rows in key order, so that two reservations never wait for each other in a circle.
-- ON429 names the first line that does not fit.
create function oneai.reserve(p_user uuid, p_id uuid, p_lines jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  line record;
  quota oneai.usage_quotas;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  for line in
    select l.quota_key, l.unit, l.held
    from jsonb_to_recordset(p_lines) as l (quota_key text, unit text, held integer)
    order by l.quota_key, l.unit
  loop
    select * into quota from oneai.usage_quotas
    where user_id = p_user and quota_key = line.quota_key for update;
    if quota.next_reset_at <= oneai.now() then
      quota.next_reset_at := oneai.next_reset(quota.reset_frequency, quota.next_reset_at, oneai.now());
      quota.window_start := oneai.window_before(quota.reset_frequency, quota.next_reset_at);
      quota.used := 0;
      quota.reserved := 0;
    end if;
    if quota.quota_key is null or quota.used + quota.reserved + line.held > quota.quota_limit then
      raise exception using errcode = 'ON429', message = 'quota_exceeded', detail = jsonb_build_object(
        'quota_key', line.quota_key, 'used', coalesce(quota.used, 0), 'reserved', coalesce(quota.reserved, 0),
        'limit', coalesce(quota.quota_limit, 0), 'frequency', quota.reset_frequency,
        'resets_at', to_char(quota.next_reset_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'retry_after', ceil(extract(epoch from quota.next_reset_at - oneai.now())))::text;
    end if;
    update oneai.usage_quotas
    set used = quota.used, reserved = quota.reserved + line.held, window_start = quota.window_start,
        next_reset_at = quota.next_reset_at, updated_at = oneai.now()
    where user_id = p_user and quota_key = line.quota_key;
    insert into oneai.reservation_lines (reservation_id, quota_key, unit, held, window_start)
    values (p_id, line.quota_key, line.unit, line.held, quota.window_start);
  end loop;
end
$$;

-- Turns what the reservation held into use: `p_units` per message line, nothing where it is 0. Whoever comes first
-- settles; false means somebody already had. The counters move only while the row is still in the line's window.
create function oneai.settle_reservation(p_id uuid, p_units integer) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.reservations;
begin
  perform 1 from oneai.users
  where id = (select r.user_id from oneai.reservations as r where r.id = p_id) for no key update;
  update oneai.reservations set settled_at = oneai.now()
  where id = p_id and settled_at is null
  returning * into held;
  if not found then
    return false;
  end if;
  perform 1 from oneai.usage_quotas as q
  join oneai.reservation_lines as l on l.quota_key = q.quota_key and l.reservation_id = p_id
  where q.user_id = held.user_id order by q.quota_key for update of q;
  update oneai.reservation_lines set settled = least(p_units, reservation_lines.held) where reservation_id = p_id;
  update oneai.usage_quotas as q
  set reserved = q.reserved - l.held, used = q.used + l.settled,
      last_usage_at = case when l.settled > 0 then oneai.now() else q.last_usage_at end, updated_at = oneai.now()
  from (
    -- Lines of several units may draw on one quota, and an update takes each row once.
    select part.quota_key, part.window_start, sum(part.held)::integer as held, sum(part.settled)::integer as settled
    from oneai.reservation_lines as part where part.reservation_id = p_id group by part.quota_key, part.window_start
  ) as l
  where q.user_id = held.user_id and q.quota_key = l.quota_key and q.window_start = l.window_start;
  return true;
end
$$;

revoke execute on function oneai.quota_face, oneai.reserve, oneai.settle_reservation from public;
grant execute on function oneai.quota_face to authenticated, oneai_app;
grant execute on function oneai.reserve, oneai.settle_reservation to oneai_app;
