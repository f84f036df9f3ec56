-- The actual cost of answers: estimates are checked until the upstream has the cost, and a daily sample of the others
-- is compared with the upstream's statistics. A difference is recorded as a correction, never as an update.

-- One day's sample: answers whose cost was not an estimate. The totals cover those that were `compared`; `deviation`
-- adds up absolute differences, so that higher and lower costs do not cancel each other out.
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

-- Generations whose statistics are to be fetched. No foreign key to messages: the cost of a deleted one counts.
create table oneai.pending_cost_checks (
  message_id uuid primary key,
  generation_id text not null,
  -- Null: the cost was estimated.
  sample_day date references oneai.cost_samples (day),
  attempts smallint not null default 0,
  due_at timestamptz not null default oneai.now(),
  expires_at timestamptz not null default oneai.now() + interval '24 hours'
);
create index pending_cost_checks_due on oneai.pending_cost_checks ((sample_day is not null), due_at);
create index pending_cost_checks_expiring on oneai.pending_cost_checks (expires_at);
create index pending_cost_checks_of_sample on oneai.pending_cost_checks (sample_day) where sample_day is not null;

alter table oneai.pending_cost_checks enable row level security;
create policy "service" on oneai.pending_cost_checks to oneai_service using (true) with check (true);
revoke all on oneai.pending_cost_checks from anon, authenticated, service_role;
grant select on oneai.pending_cost_checks to oneai_service;

-- The upstream's token count, or `p_recorded` if it is 0 and an earlier count was reported (`p_reported`).
create function oneai.reported_tokens(p_count jsonb, p_recorded bigint, p_reported boolean) returns bigint
language sql immutable
as $$
  select case when p_reported and coalesce((p_count #>> '{}')::bigint, 0) = 0 then p_recorded
    else coalesce((p_count #>> '{}')::bigint, 0) end
$$;
revoke execute on function oneai.reported_tokens from public;

-- Adds the correction of an answer's cost, in micro-dollars, to what counts it: the day's spend, the budget of its chatbot and
-- that of its API key. p_charge: what credits were charged for it.
create function oneai.add_correction(answer_usage oneai.usage_events, p_cost bigint, p_charge bigint) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  in_team constant boolean := (select w.personal_of is null from oneai.workspaces as w where w.id = answer_usage.workspace_id);
begin
  if answer_usage.paid_by = 'credits' then
    perform oneai.add_credit_spend(answer_usage.workspace_id, null, 0, p_cost);
    perform oneai.count_credit_limits(answer_usage.workspace_id, answer_usage.chatbot_id, answer_usage.user_id,
      answer_usage.api_key_id, p_charge, answer_usage.created_at, false);
  elsif answer_usage.paid_by = 'own_key' then
    perform oneai.correct_own_key(answer_usage.message_id, p_cost);
  else
    perform oneai.add_spend(
      case when (answer_usage.created_at at time zone 'UTC')::date = oneai.today() then answer_usage.workspace_id end,
      null, 0, p_cost, case when answer_usage.chatbot_id is not null and answer_usage.user_id is null
        then oneai.all_visitors() when in_team then answer_usage.user_id end);
  end if;
  perform oneai.add_chatbot_spend(
    answer_usage.message_id, case when answer_usage.credits_micro_usd > 0 then p_charge else p_cost end);
  if answer_usage.api_key_id is not null then
    perform oneai.add_api_key_spend(answer_usage.api_key_id, coalesce(
      (select r.created_at from oneai.reservations as r where r.id = answer_usage.message_id), answer_usage.created_at),
      p_cost);
  end if;
end
$$;
revoke execute on function oneai.add_correction from public;

-- The bill of an answer (oneai.bill_of_answer, as its message has it) with its corrected cost, and what credits were charged
-- for the correction.
create function oneai.corrected_bill(p_usage jsonb, p_cost bigint, p_charge bigint) returns jsonb
language plpgsql immutable
as $$
declare
  in_credits constant bigint := (p_usage #>> '{paid_by,micro_usd}')::bigint + p_charge;
begin
  return case when p_usage #>> '{paid_by,source}' = 'own_key'
      then oneai.bill_of_own_key(p_cost, case when p_usage #> '{paid_by,micro_usd}' = 'null' then 'unknown' else '' end)
    when in_credits is not null then jsonb_build_object(
      'charged_micro_usd', in_credits, 'paid_by', jsonb_build_object('source', 'credits', 'units', null, 'micro_usd', in_credits))
    when (p_usage #>> '{paid_by,units}')::integer > 0 then jsonb_build_object('charged_micro_usd', p_cost) else '{}' end;
end
$$;
revoke execute on function oneai.corrected_bill from public;

-- Records the difference of an answer's statistics ({"usage", "model", "provider", "state"}) from all its usage events
-- so far, as a correction. Returns the difference in micro-dollars, or null if there is no such answer or no cost in
-- the statistics. A token count of 0 does not replace one that the upstream reported before.
-- The difference counts towards the workspace's daily spend if the answer was recorded today; for an answer that
-- charged no unit, the time is stored at which its cost became answer_usage. Locks in the order of settling: workspace,
-- conversation, message, the answer's usage, its reservation, spend.
create function oneai.correct_usage(p_message uuid, p_stats jsonb) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  u jsonb := p_stats -> 'usage';
  answer_usage oneai.usage_events;
  recorded record;
  is_reported boolean;
  reported record;
  charge bigint := 0;
begin
  if u ->> 'cost_micro_usd' is null or coalesce((u ->> 'estimated')::boolean, true) then
    return null;
  end if;
  perform 1 from oneai.workspaces where id = (
    select e.workspace_id from oneai.usage_events as e where e.message_id = p_message and e.purpose = 'answer')
  for no key update;
  perform 1 from oneai.conversations
  where id = (select m.conversation_id from oneai.chat_messages as m where m.id = p_message) for update;
  perform 1 from oneai.chat_messages where id = p_message for update;
  select * into answer_usage from oneai.usage_events where message_id = p_message and purpose = 'answer' for update;
  if not found then
    return null;
  end if;
  select count(*) as corrections, coalesce(sum(c.prompt_tokens), 0) + answer_usage.prompt_tokens as prompt,
    coalesce(sum(c.completion_tokens), 0) + answer_usage.completion_tokens as completion,
    coalesce(sum(c.reasoning_tokens), 0) + answer_usage.reasoning_tokens as reasoning,
    coalesce(sum(c.cached_tokens), 0) + answer_usage.cached_tokens as cached,
    coalesce(sum(c.cost_micro_usd), 0)::bigint + answer_usage.cost_micro_usd as cost
  into recorded from oneai.usage_events as c where c.message_id = p_message and c.purpose = 'correction';
  is_reported := recorded.corrections > 0 or not answer_usage.estimated;
  select oneai.reported_tokens(u -> 'prompt_tokens', recorded.prompt, is_reported) as prompt,
    oneai.reported_tokens(u -> 'completion_tokens', recorded.completion, is_reported) as completion,
    oneai.reported_tokens(u -> 'reasoning_tokens', recorded.reasoning, is_reported) as reasoning,
    oneai.reported_tokens(u -> 'cached_tokens', recorded.cached, is_reported) as cached,
    (u ->> 'cost_micro_usd')::bigint as cost
  into reported;
  if is_reported and (reported.prompt, reported.completion, reported.reasoning, reported.cached, reported.cost)
    = (recorded.prompt, recorded.completion, recorded.reasoning, recorded.cached, recorded.cost) then
    return 0;
  end if;
  if answer_usage.paid_by = 'credits' then
    charge := oneai.add_use(p_message, reported.cost - recorded.cost);
  end if;
  insert into oneai.usage_events (
    workspace_id, user_id, api_key_id, conversation_id, message_id, chatbot_id, purpose, corrections_before, outcome, error_code,
    subscription_tier, quota_key, model_asked, model_served, provider, generation_id, prompt_tokens, completion_tokens,
    reasoning_tokens, cached_tokens, cost_micro_usd, price_version, openrouter_key, paid_by, credits_micro_usd,
    provider_key_id)
  values (
    answer_usage.workspace_id, answer_usage.user_id, answer_usage.api_key_id, answer_usage.conversation_id, p_message,
    answer_usage.chatbot_id, 'correction', recorded.corrections, coalesce(p_stats ->> 'state', answer_usage.outcome),
    answer_usage.error_code, answer_usage.subscription_tier,
    answer_usage.quota_key, answer_usage.model_asked,
    coalesce(answer_usage.model_served, p_stats ->> 'model'), coalesce(answer_usage.provider, p_stats ->> 'provider'),
    answer_usage.generation_id, reported.prompt - recorded.prompt, reported.completion - recorded.completion,
    reported.reasoning - recorded.reasoning, reported.cached - recorded.cached, reported.cost - recorded.cost,
    answer_usage.price_version, answer_usage.openrouter_key, answer_usage.paid_by, charge,
    answer_usage.provider_key_id);
  if answer_usage.charged = 0 and answer_usage.credits_micro_usd = 0 and answer_usage.paid_by <> 'own_key' and (reported.cost > 0) <> (recorded.cost > 0) then
    update oneai.reservations set uncharged_cost_at = case when reported.cost > 0 then oneai.now() end
    where id = p_message;
  end if;
  perform oneai.add_correction(answer_usage, reported.cost - recorded.cost, charge);
  update oneai.chat_messages as m set usage = coalesce(m.usage, '{}') || jsonb_build_object(
    'prompt_tokens', reported.prompt, 'completion_tokens', reported.completion, 'reasoning_tokens', reported.reasoning,
    'cached_tokens', reported.cached, 'cost_micro_usd', reported.cost, 'estimated', false)
    || oneai.corrected_bill(m.usage, reported.cost, charge)
  where m.id = p_message;
  update oneai.conversations set total_cost_micro_usd = total_cost_micro_usd + reported.cost - recorded.cost
  where id = answer_usage.conversation_id;
  return reported.cost - recorded.cost;
end
$$;
revoke execute on function oneai.correct_usage from public;

-- Claims up to `p_limit` generations that are due, and sets the next attempt of each: after 1, 2, 4, … minutes up to
-- two hours, so that generations that the upstream does not know do not delay others. `p_samples`: those of samples,
-- else of estimates. A claim that its process does not complete becomes due again.
create function oneai.claim_cost_checks(
  p_samples boolean, p_limit integer) returns table (message_id uuid, generation_id text)
language plpgsql security definer set search_path = ''
as $$
begin
  delete from oneai.pending_cost_checks as b where b.message_id in (
    select o.message_id from oneai.pending_cost_checks as o
    where o.expires_at <= oneai.now() limit 1000 for update skip locked);
  return query
    update oneai.pending_cost_checks as b
    set attempts = b.attempts + 1,
        due_at = oneai.now() + least(interval '1 minute' * 2 ^ least(b.attempts, 7), interval '2 hours')
    where b.message_id in (
      select d.message_id from oneai.pending_cost_checks as d
      where (d.sample_day is not null) = p_samples and d.due_at <= oneai.now()
      order by d.due_at limit p_limit for update skip locked)
    returning b.message_id, b.generation_id;
end
$$;
revoke execute on function oneai.claim_cost_checks from public;
grant execute on function oneai.claim_cost_checks to oneai_service;

-- Completes a claimed check: records the difference from the generation's statistics, once. Returns the difference in
-- micro-dollars, or null if another process was first or the statistics have no cost.
create function oneai.correct_cost(p_message uuid, p_stats jsonb) returns bigint
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  cost_check oneai.pending_cost_checks;
  cost bigint := (p_stats #>> '{usage,cost_micro_usd}')::bigint;
  difference bigint;
begin
  if cost is null or coalesce((p_stats #>> '{usage,estimated}')::boolean, true) then
    return null;
  end if;
  delete from oneai.pending_cost_checks where message_id = p_message returning * into cost_check;
  if not found then
    return null;
  end if;
  difference := oneai.correct_usage(p_message, p_stats);
  if difference is not null and cost_check.sample_day is not null then
    update oneai.cost_samples
    set compared = compared + 1, differing = differing + (difference <> 0)::integer,
        recorded_micro_usd = recorded_micro_usd + cost - difference,
        deviation_micro_usd = deviation_micro_usd + abs(difference)
    where day = cost_check.sample_day;
  end if;
  return difference;
end
$$;
revoke execute on function oneai.correct_cost from public;
grant execute on function oneai.correct_cost to oneai_app;

-- Draws yesterday's sample: `p_percent` of the answers whose cost the upstream reported, `p_limit` at most, in the
-- order of their ids' hashes. Once per day however often it is called; returns how many were drawn. A day without a run
-- is not sampled later: upstreams delete old statistics.
create function oneai.draw_cost_sample(p_percent numeric, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  sample date := oneai.today() - 1;
  since timestamptz := sample::timestamp at time zone 'UTC';
  size integer;
begin
  if exists (select from oneai.cost_samples where day = sample) then
    return 0;
  end if;
  insert into oneai.cost_samples (day) values (sample) on conflict do nothing;
  if not found then
    return 0;
  end if;
  select least(ceil(count(*) * p_percent / 100), p_limit) into size from oneai.usage_events
  where purpose = 'answer' and not estimated and generation_id is not null
    and created_at >= since and created_at < since + interval '1 day';
  insert into oneai.pending_cost_checks (message_id, generation_id, sample_day)
  select message_id, generation_id, sample from oneai.usage_events
  where purpose = 'answer' and not estimated and generation_id is not null
    and created_at >= since and created_at < since + interval '1 day'
  order by md5(message_id::text) limit size
  on conflict do nothing;
  get diagnostics size = row_count;
  return size;
end
$$;
revoke execute on function oneai.draw_cost_sample from public;
grant execute on function oneai.draw_cost_sample to oneai_app;

-- Closes samples without pending checks, and alerts operators about each that deviates by more than `p_percent` of the
-- recorded cost, once; returns the number of such samples.
create function oneai.close_cost_samples(p_percent numeric) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  sample oneai.cost_samples;
  alerts integer := 0;
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
      alerts := alerts + 1;
    end if;
  end loop;
  return alerts;
end
$$;
revoke execute on function oneai.close_cost_samples from public;
grant execute on function oneai.close_cost_samples to oneai_app;
