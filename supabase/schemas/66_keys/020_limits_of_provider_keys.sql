-- What answers with a workspace's own key cost and count, against the key's limits. It is held before an answer and settled
-- after it, so that answers at once cannot pass a limit together.
--
-- Sums have no foreign key to the key: it may be deleted before its answers are settled.

create table oneai.provider_key_sums (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  provider_key_id uuid not null,
  "period" text not null check ("period" in ('day', 'month')),
  -- Days and months are those of the workspace's time zone.
  starts_at timestamptz not null,
  answers bigint not null default 0,
  micro_usd bigint not null default 0,
  -- Answers that the fallback paid, because the key's provider failed.
  fallback_answers bigint not null default 0,
  primary key (workspace_id, provider_key_id, period, starts_at)
) with (fillfactor = 70);
create index provider_key_sums_by_time on oneai.provider_key_sums (starts_at);

alter table oneai.provider_key_sums enable row level security;
create policy "service" on oneai.provider_key_sums to oneai_service using (true) with check (true);
revoke all on oneai.provider_key_sums from anon, authenticated, service_role;
grant select, delete on oneai.provider_key_sums to oneai_service;

-- What one answer counts in the sums of its day and month: what is held, and then what it cost.
create table oneai.provider_key_holds (
  reservation_id uuid primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  provider_key_id uuid not null,
  day timestamptz not null,
  month timestamptz not null,
  answers integer not null default 1,
  micro_usd bigint not null,
  -- What preparing the answer has cost so far, such as a vector. It counts with the answer's own cost.
  steps_micro_usd bigint not null default 0,
  -- The tokens of the prompt that no source sends less of: the question, its system prompt and its files.
  fixed_tokens bigint,
  -- Of a workspace's own server, how many may answer at once (oneai.take_custom_slot); null for other providers.
  at_once jsonb,
  held_at timestamptz not null default oneai.now(),
  settled_at timestamptz
) with (fillfactor = 70);
create index provider_key_holds_of_workspace on oneai.provider_key_holds (workspace_id);
create index provider_key_holds_open on oneai.provider_key_holds (held_at) where settled_at is null;
create index provider_key_holds_settled on oneai.provider_key_holds (settled_at) where settled_at is not null;

alter table oneai.provider_key_holds enable row level security;
create policy "service" on oneai.provider_key_holds to oneai_service using (true) with check (true);
revoke all on oneai.provider_key_holds from anon, authenticated, service_role;
grant select, delete on oneai.provider_key_holds to oneai_service;

-- Adds to the sums of a day and a month, and returns the day's and the month's. The rows are locked until the transaction
-- ends, so that those who count at once wait for each other; a day before its month, so that none wait in a circle.
create function oneai.add_to_provider_key(
  p_workspace uuid, p_key uuid, p_day timestamptz, p_month timestamptz, p_answers bigint, p_micro_usd bigint,
  p_fallback bigint, out day oneai.provider_key_sums, out month oneai.provider_key_sums)
language plpgsql set search_path = ''
as $$
begin
  insert into oneai.provider_key_sums as s (
    workspace_id, provider_key_id, "period", starts_at, answers, micro_usd, fallback_answers)
  values (p_workspace, p_key, 'day', p_day, p_answers, p_micro_usd, p_fallback)
  on conflict (workspace_id, provider_key_id, "period", starts_at) do update
  set answers = s.answers + excluded.answers, micro_usd = s.micro_usd + excluded.micro_usd,
      fallback_answers = s.fallback_answers + excluded.fallback_answers
  returning s.* into day;
  insert into oneai.provider_key_sums as s (
    workspace_id, provider_key_id, "period", starts_at, answers, micro_usd, fallback_answers)
  values (p_workspace, p_key, 'month', p_month, p_answers, p_micro_usd, p_fallback)
  on conflict (workspace_id, provider_key_id, "period", starts_at) do update
  set answers = s.answers + excluded.answers, micro_usd = s.micro_usd + excluded.micro_usd,
      fallback_answers = s.fallback_answers + excluded.fallback_answers
  returning s.* into month;
end
$$;
revoke execute on function oneai.add_to_provider_key from public;

-- ON429 `own_key_limit_reached` for one limit, which resets after the period that starts at p_since.
create function oneai.raise_provider_key_limit(
  payer oneai.workspaces, p_limit text, p_value bigint, p_used bigint, p_period text, p_since timestamptz) returns void
language plpgsql stable set search_path = ''
as $$
begin
  raise exception using errcode = 'ON429', message = 'own_key_limit_reached', detail = jsonb_build_object(
    'limit_name', p_limit, 'limit', p_value, 'used', p_used, 'resets_at', to_char(
      date_trunc(p_period, p_since + case p_period when 'day' then interval '36 hours' else interval '40 days' end,
        payer.time_zone) at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'))::text;
end
$$;
revoke execute on function oneai.raise_provider_key_limit from public;

-- A key of the payer that may be used. ON404 for one that it does not have, ON403 `own_key_not_usable` for one that its
-- provider refuses or that was found in public.
create function oneai.usable_provider_key(payer oneai.workspaces, p_key uuid) returns oneai.provider_keys
language plpgsql stable set search_path = ''
as $$
declare
  key oneai.provider_keys;
begin
  select * into key from oneai.provider_keys where id = p_key and workspace_id = payer.id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if key.revoked_at is not null or key.refused_at is not null then
    raise exception using errcode = 'ON403', message = 'own_key_not_usable', detail = jsonb_build_object(
      'state', oneai.provider_key_state(key.revoked_at, key.refused_at))::text;
  end if;
  return key;
end
$$;
revoke execute on function oneai.usable_provider_key from public;

-- Holds an answer with its highest cost (micro-dollars; null: the model's price is not known) in the sums of its key. ON429
-- `own_key_limit_reached` names the first limit that it would exceed. Of models without a known price, 200 answers a day are the
-- most where the key has no limit of answers. Refuses as oneai.usable_provider_key. A second call for the same reservation
-- changes nothing. The caller rolls everything back if it refuses. p_answers: 0 for what follows an answer. p_fixed_tokens: those
-- of the prompt that every source sends. Returns the key.
create function oneai.hold_provider_key(
  payer oneai.workspaces, p_reservation uuid, p_key uuid, p_cost bigint, p_answers integer default 1,
  p_fixed_tokens bigint default null)
returns oneai.provider_keys
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  key constant oneai.provider_keys := oneai.usable_provider_key(payer, p_key);
  held oneai.provider_key_holds;
  sums record;
  answers_limit constant bigint := coalesce(key.answers_per_day, case when p_cost is null then 200 end);
begin
  insert into oneai.provider_key_holds (
    reservation_id, workspace_id, provider_key_id, day, month, answers, micro_usd, fixed_tokens)
  values (p_reservation, payer.id, key.id, date_trunc('day', at, payer.time_zone), date_trunc('month', at, payer.time_zone),
    p_answers, coalesce(p_cost, 0), p_fixed_tokens)
  on conflict (reservation_id) do nothing returning * into held;
  if not found then
    return key;
  end if;
  sums := oneai.add_to_provider_key(payer.id, key.id, held.day, held.month, p_answers, held.micro_usd, 0);
  if (sums.day).answers > answers_limit then
    perform oneai.raise_provider_key_limit(
      payer, 'answers_per_day', answers_limit, (sums.day).answers - p_answers, 'day', held.day);
  elsif (sums.day).micro_usd > key.micro_usd_per_day then
    perform oneai.raise_provider_key_limit(
      payer, 'micro_usd_per_day', key.micro_usd_per_day, (sums.day).micro_usd - held.micro_usd, 'day', held.day);
  elsif (sums.month).micro_usd > key.micro_usd_per_month then
    perform oneai.raise_provider_key_limit(
      payer, 'micro_usd_per_month', key.micro_usd_per_month, (sums.month).micro_usd - held.micro_usd, 'month', held.month);
  end if;
  return key;
end
$$;
revoke execute on function oneai.hold_provider_key from public;

-- Settles what an answer holds of its key: p_answered, whether it counts as one, and its cost (micro-dollars; null: not known, so
-- what was held counts). It may be called again with a corrected cost. Returns the difference to what was counted before;
-- nothing for an answer that holds nothing. The key may be deleted meanwhile.
create function oneai.settle_provider_key(p_reservation uuid, p_answered boolean, p_cost bigint) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.provider_key_holds;
  cost bigint;
begin
  select * into held from oneai.provider_key_holds where reservation_id = p_reservation for update;
  if not found then
    return 0;
  end if;
  cost := coalesce(p_cost + held.steps_micro_usd, held.micro_usd);
  update oneai.provider_key_holds
  set answers = p_answered::integer, micro_usd = cost, settled_at = coalesce(settled_at, oneai.now())
  where reservation_id = p_reservation;
  if held.at_once is not null then
    update oneai.custom_answer_slots set reservation_id = null where reservation_id = p_reservation;
  end if;
  perform oneai.add_to_provider_key(held.workspace_id, held.provider_key_id, held.day, held.month,
    p_answered::integer - held.answers, cost - held.micro_usd, 0);
  update oneai.provider_keys set last_used_at = oneai.now()
  where id = held.provider_key_id and p_answered
    and (last_used_at is null or last_used_at < oneai.now() - interval '1 minute');
  return cost - held.micro_usd;
end
$$;
revoke execute on function oneai.settle_provider_key from public;

-- Counts an answer that the key's fallback pays. ON429 `own_key_limit_reached` beyond the key's limit of them on a day.
create function oneai.count_provider_key_fallback(payer oneai.workspaces, p_key uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  key oneai.provider_keys;
  sums record;
begin
  select * into key from oneai.provider_keys where id = p_key and workspace_id = payer.id;
  sums := oneai.add_to_provider_key(payer.id, p_key, date_trunc('day', at, payer.time_zone),
    date_trunc('month', at, payer.time_zone), 0, 0, 1);
  if (sums.day).fallback_answers > key.fallback_answers_per_day then
    perform oneai.raise_provider_key_limit(payer, 'fallback_answers_per_day', key.fallback_answers_per_day,
      (sums.day).fallback_answers - 1, 'day', (sums.day).starts_at);
  end if;
end
$$;
revoke execute on function oneai.count_provider_key_fallback from public;
