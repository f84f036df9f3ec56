-- The spend of each of our keys as reported by OpenRouter, compared with the recorded cost of its answers: a key that
-- spends more has another user.

-- One daily reading of each key, which is identified by the start of its SHA-256. `usage_micro_usd` is the key's total
-- spend; the sums cover the time since the previous reading, and are null in the first.
create table oneai.openrouter_key_readings (
  openrouter_key text not null,
  read_at timestamptz not null default oneai.now(),
  label text not null,
  usage_micro_usd bigint not null,
  stated_micro_usd bigint,
  recorded_micro_usd bigint,
  primary key (openrouter_key, read_at)
);

alter table oneai.openrouter_key_readings enable row level security;
create policy "service" on oneai.openrouter_key_readings to oneai_service using (true) with check (true);
revoke all on oneai.openrouter_key_readings from anon, authenticated, service_role;
grant select on oneai.openrouter_key_readings to oneai_service;

-- Keys that were not read within the last day.
create function oneai.openrouter_keys_to_read(p_keys text[]) returns text[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(k.openrouter_key), '{}') from unnest(p_keys) as k (openrouter_key)
  where not exists (
    select from oneai.openrouter_key_readings as r
    where r.openrouter_key = k.openrouter_key and r.read_at > oneai.now() - interval '1 day')
$$;
revoke execute on function oneai.openrouter_keys_to_read from public;
grant execute on function oneai.openrouter_keys_to_read to oneai_app;

-- Stores a reading, unless another process was first. If the key's spend exceeds the cost recorded since the previous
-- reading by more than `p_percent` and `p_tolerance` micro-dollars, operators are alerted, and the result is true.
-- Answers with an unknown key may belong to any key. Running answers are in one sum and not yet in the other, which the
-- tolerance covers.
create function oneai.record_key_reading(
  p_key text, p_label text, p_usage bigint, p_percent numeric, p_tolerance bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  before oneai.openrouter_key_readings;
  stated bigint;
  recorded bigint;
begin
  perform pg_advisory_xact_lock(hashtextextended('openrouter_key:' || p_key, 0));
  select * into before from oneai.openrouter_key_readings where openrouter_key = p_key order by read_at desc limit 1;
  if before.read_at > oneai.now() - interval '1 day' then
    return false;
  end if;
  -- OpenRouter has restarted the count of a key whose spend decreases.
  if before.usage_micro_usd <= p_usage then
    stated := p_usage - before.usage_micro_usd;
    select coalesce(sum(e.cost_micro_usd), 0) into recorded from oneai.usage_events as e
    where e.created_at > before.read_at and e.created_at <= oneai.now()
      and (e.openrouter_key = p_key or e.openrouter_key is null);
  end if;
  insert into oneai.openrouter_key_readings (openrouter_key, label, usage_micro_usd, stated_micro_usd, recorded_micro_usd)
  values (p_key, p_label, p_usage, stated, recorded);
  if stated > recorded + greatest(recorded * p_percent / 100, 0) + p_tolerance then
    perform oneai.raise_alert('openrouter_key_spend', p_key, jsonb_build_object(
      'label', p_label, 'since', before.read_at, 'stated_micro_usd', stated, 'recorded_micro_usd', recorded));
    return true;
  end if;
  return false;
end
$$;
revoke execute on function oneai.record_key_reading from public;
grant execute on function oneai.record_key_reading to oneai_app;
