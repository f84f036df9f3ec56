-- What answers really cost: estimates are asked for until the upstream knows, and of the answers that were told their
-- cost a sample is compared with the upstream's bill every day. What differs is entered beside, never over.

-- One day's sample: answers whose cost was no estimate. The sums are of those that were `compared`; `deviation` adds up
-- what bills were above or below what was recorded, so that the two do not make up for each other.
create table oneai.cost_samples (
  day date primary key,
  compared integer not null default 0,
  differing integer not null default 0,
  recorded_micro_usd bigint not null default 0,
  deviation_micro_usd bigint not null default 0,
  closed_at timestamptz
);

alter table oneai.cost_samples enable row level security;
create policy "service" on oneai.cost_samples to oneai_service using (true) with check (true);
revoke all on oneai.cost_samples from anon, authenticated, service_role;
grant select on oneai.cost_samples to oneai_service;

-- Generations that the upstream is still to be asked about. No foreign key to messages: the cost of a deleted one
-- counts.
create table oneai.pending_cost_checks (
  message_id uuid primary key,
  generation_id text not null,
  -- Null: the cost was estimated.
  sample_day date references oneai.cost_samples (day),
  attempts smallint not null default 0,
  due_at timestamptz not null default oneai.now(),
  -- Then it is given up.
  until timestamptz not null default oneai.now() + interval '24 hours'
);
create index pending_cost_checks_due on oneai.pending_cost_checks ((sample_day is not null), due_at);
create index pending_cost_checks_until on oneai.pending_cost_checks (until);
create index pending_cost_checks_of_sample on oneai.pending_cost_checks (sample_day) where sample_day is not null;

alter table oneai.pending_cost_checks enable row level security;
create policy "service" on oneai.pending_cost_checks to oneai_service using (true) with check (true);
revoke all on oneai.pending_cost_checks from anon, authenticated, service_role;
grant select on oneai.pending_cost_checks to oneai_service;

create function oneai.reported_tokens(p_count jsonb, p_so_far bigint, p_told boolean) returns bigint
language sql immutable
as $$
  select case when p_told and coalesce((p_count #>> '{}')::bigint, 0) = 0 then p_so_far
    else coalesce((p_count #>> '{}')::bigint, 0) end
$$;
revoke execute on function oneai.reported_tokens from public;

-- Enters beside an answer what its bill ({"usage", "model", "provider", "state"}) says otherwise than all entries so
-- far; the difference in micro-dollars, or null where there is no such answer or the bill names no cost. A count of 0
-- in a bill says nothing against one that the upstream has told before.
-- The difference counts against the person's day if the answer was recorded today, and of an answer without a unit it
-- is remembered since when it is known to have cost something.
-- Locks in the order of settling: person, conversation, message, the answer's usage, its reservation, spend.
create function oneai.correct_usage(p_message uuid, p_bill jsonb) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  u jsonb := p_bill -> 'usage';
  known oneai.usage_events;
  so_far record;
  told boolean;
  more record;
begin
  if u ->> 'cost_micro_usd' is null or coalesce((u ->> 'estimated')::boolean, true) then
    return null;
  end if;
  perform 1 from oneai.users where id = (
    select e.user_id from oneai.usage_events as e where e.message_id = p_message and e.purpose = 'answer')
  for no key update;
  perform 1 from oneai.conversations
  where id = (select m.conversation_id from oneai.chat_messages as m where m.id = p_message) for update;
  perform 1 from oneai.chat_messages where id = p_message for update;
  select * into known from oneai.usage_events where message_id = p_message and purpose = 'answer' for update;
  if not found then
    return null;
  end if;
  select count(*) as corrections, coalesce(sum(c.prompt_tokens), 0) + known.prompt_tokens as prompt,
    coalesce(sum(c.completion_tokens), 0) + known.completion_tokens as completion,
    coalesce(sum(c.reasoning_tokens), 0) + known.reasoning_tokens as reasoning,
    coalesce(sum(c.cached_tokens), 0) + known.cached_tokens as cached,
    coalesce(sum(c.cost_micro_usd), 0)::bigint + known.cost_micro_usd as cost
  into so_far from oneai.usage_events as c where c.message_id = p_message and c.purpose = 'correction';
  told := so_far.corrections > 0 or not known.estimated;
  select oneai.reported_tokens(u -> 'prompt_tokens', so_far.prompt, told) as prompt,
    oneai.reported_tokens(u -> 'completion_tokens', so_far.completion, told) as completion,
    oneai.reported_tokens(u -> 'reasoning_tokens', so_far.reasoning, told) as reasoning,
    oneai.reported_tokens(u -> 'cached_tokens', so_far.cached, told) as cached, (u ->> 'cost_micro_usd')::bigint as cost
  into more;
  if told and (more.prompt, more.completion, more.reasoning, more.cached, more.cost)
    = (so_far.prompt, so_far.completion, so_far.reasoning, so_far.cached, so_far.cost) then
    return 0;
  end if;
  insert into oneai.usage_events (
    user_id, api_key_id, conversation_id, message_id, purpose, corrections_before, outcome, error_code,
    subscription_tier, quota_key, model_asked, model_served, provider, generation_id, prompt_tokens,
    completion_tokens, reasoning_tokens, cached_tokens, cost_micro_usd, price_version)
  values (
    known.user_id, known.api_key_id, known.conversation_id, p_message, 'correction', so_far.corrections,
    coalesce(p_bill ->> 'state', known.outcome), known.error_code, known.subscription_tier, known.quota_key, known.model_asked,
    coalesce(known.model_served, p_bill ->> 'model'), coalesce(known.provider, p_bill ->> 'provider'),
    known.generation_id, more.prompt - so_far.prompt, more.completion - so_far.completion,
    more.reasoning - so_far.reasoning, more.cached - so_far.cached, more.cost - so_far.cost, known.price_version);
  if known.charged = 0 and (more.cost > 0) <> (so_far.cost > 0) then
    update oneai.reservations set uncharged_cost_at = case when more.cost > 0 then oneai.now() end where id = p_message;
  end if;
  -- Of whom it is does not matter to a day's sum, and they may have been erased.
  perform oneai.add_total_spend(p_message, oneai.today(), 0, more.cost - so_far.cost);
  if (known.created_at at time zone 'UTC')::date = oneai.today() then
    perform oneai.add_user_spend(known.user_id, null, 0, more.cost - so_far.cost);
  end if;
  update oneai.chat_messages as m
  set usage = coalesce(m.usage, '{}') || jsonb_build_object(
    'prompt_tokens', more.prompt, 'completion_tokens', more.completion, 'reasoning_tokens', more.reasoning,
    'cached_tokens', more.cached, 'cost_micro_usd', more.cost, 'estimated', false)
  where m.id = p_message;
  update oneai.conversations set total_cost_micro_usd = total_cost_micro_usd + more.cost - so_far.cost
  where id = known.conversation_id;
  return more.cost - so_far.cost;
end
$$;
revoke execute on function oneai.correct_usage from public;

-- Takes up to `p_most` generations that are due, and with it the next attempt at each: after 1, 2, 4, … minutes and at
-- last every two hours, so that those which are never answered leave the places to others. `p_samples`: of samples, and
-- not of estimates. What its process does not settle is due again.
create function oneai.claim_cost_checks(p_samples boolean, p_most integer) returns table (message_id uuid, generation_id text)
language plpgsql security definer set search_path = ''
as $$
begin
  delete from oneai.pending_cost_checks as b where b.message_id in (
    select o.message_id from oneai.pending_cost_checks as o where o.until <= oneai.now() limit 1000 for update skip locked);
  return query
    update oneai.pending_cost_checks as b
    set attempts = b.attempts + 1,
        due_at = oneai.now() + least(interval '1 minute' * 2 ^ least(b.attempts, 7), interval '2 hours')
    where b.message_id in (
      select d.message_id from oneai.pending_cost_checks as d
      where (d.sample_day is not null) = p_samples and d.due_at <= oneai.now()
      order by d.due_at limit p_most for update skip locked)
    returning b.message_id, b.generation_id;
end
$$;
revoke execute on function oneai.claim_cost_checks from public;
grant execute on function oneai.claim_cost_checks to oneai_service;

-- The bill of a claimed generation has come. Whoever brings it first enters what differs; the difference in
-- micro-dollars, or null where somebody else was first or the bill says nothing.
create function oneai.correct_cost(p_message uuid, p_bill jsonb) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  asked oneai.pending_cost_checks;
  billed bigint := (p_bill #>> '{usage,cost_micro_usd}')::bigint;
  difference bigint;
begin
  if billed is null or coalesce((p_bill #>> '{usage,estimated}')::boolean, true) then
    return null;
  end if;
  delete from oneai.pending_cost_checks where message_id = p_message returning * into asked;
  if not found then
    return null;
  end if;
  difference := oneai.correct_usage(p_message, p_bill);
  if difference is not null and asked.sample_day is not null then
    update oneai.cost_samples
    set compared = compared + 1, differing = differing + (difference <> 0)::integer,
        recorded_micro_usd = recorded_micro_usd + billed - difference,
        deviation_micro_usd = deviation_micro_usd + abs(difference)
    where day = asked.sample_day;
  end if;
  return difference;
end
$$;
revoke execute on function oneai.correct_cost from public;
grant execute on function oneai.correct_cost to oneai_app;

-- Draws yesterday's sample: `p_percent` of the answers whose cost the upstream has told, `p_most` at most, as their ids
-- fall. Once per day however often it is called; how many were drawn. A day that no run has seen is not made up for:
-- upstreams do not keep bills for ever.
create function oneai.draw_cost_sample(p_percent numeric, p_most integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  wanted date := oneai.today() - 1;
  since timestamptz := wanted::timestamp at time zone 'UTC';
  drawn integer;
begin
  if exists (select from oneai.cost_samples where day = wanted) then
    return 0;
  end if;
  insert into oneai.cost_samples (day) values (wanted) on conflict do nothing;
  if not found then
    return 0;
  end if;
  select least(ceil(count(*) * p_percent / 100), p_most) into drawn from oneai.usage_events
  where purpose = 'answer' and not estimated and generation_id is not null
    and created_at >= since and created_at < since + interval '1 day';
  insert into oneai.pending_cost_checks (message_id, generation_id, sample_day)
  select message_id, generation_id, wanted from oneai.usage_events
  where purpose = 'answer' and not estimated and generation_id is not null
    and created_at >= since and created_at < since + interval '1 day'
  order by md5(message_id::text) limit drawn
  on conflict do nothing;
  get diagnostics drawn = row_count;
  return drawn;
end
$$;
revoke execute on function oneai.draw_cost_sample from public;
grant execute on function oneai.draw_cost_sample to oneai_app;

-- Closes samples of which no bill is outstanding any more, and tells operators of each that deviates by more than
-- `p_percent` of what was recorded; how many those are. Each is told of once.
create function oneai.close_cost_samples(p_percent numeric) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  sample oneai.cost_samples;
  told integer := 0;
begin
  for sample in
    select * from oneai.cost_samples as s
    where s.closed_at is null and not exists (select from oneai.pending_cost_checks as b where b.sample_day = s.day)
    order by s.day for update skip locked
  loop
    update oneai.cost_samples set closed_at = oneai.now() where day = sample.day;
    if sample.deviation_micro_usd * 100 > sample.recorded_micro_usd * p_percent then
      perform oneai.raise_alert('cost_drift', sample.day::text, jsonb_build_object(
        'compared', sample.compared, 'differing', sample.differing, 'recorded_micro_usd', sample.recorded_micro_usd,
        'deviation_micro_usd', sample.deviation_micro_usd));
      told := told + 1;
    end if;
  end loop;
  return told;
end
$$;
revoke execute on function oneai.close_cost_samples from public;
grant execute on function oneai.close_cost_samples to oneai_app;
