-- Who changes a running answer locks in one order, so that nobody waits in a circle: the person (where quotas
-- follow), the conversation, the message, the reservation, quotas by key, spend by day, alerts.
-- oneai.admit, which may settle a lapsed answer on its way, begins with the person too.
create function oneai.lock_turn(p_message uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.users
  where id = (select r.user_id from oneai.reservations as r where r.id = p_message) for no key update;
  perform 1 from oneai.conversations
  where id = (select m.conversation_id from oneai.chat_messages as m where m.id = p_message) for update;
end
$$;

-- While an answer streams: keep what is new ([{"at", "kind", "text"}], possibly empty), renew the lease, and say
-- whether a stop was asked for. A piece sent twice is kept once; the longer one wins, and counts as new to readers.
create function oneai.checkpoint(
  p_message uuid, p_pieces jsonb, p_generation text default null, p_sent boolean default false)
returns table (stop_requested boolean, state text)
language plpgsql security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
begin
  perform 1 from oneai.conversations
  where id = (select m.conversation_id from oneai.chat_messages as m where m.id = p_message) for update;
  select * into answer from oneai.chat_messages as m where m.id = p_message for update;
  if not found or answer.state <> 'streaming' then
    return query select false, coalesce(answer.state, 'gone');
    return;
  end if;
  insert into oneai.answer_pieces as kept (message_id, user_id, kind, at, text)
  select p_message, answer.user_id, p.kind, p.at, p.text
  from rows from (jsonb_to_recordset(p_pieces) as (at integer, kind text, text text))
    with ordinality as p (at, kind, text, place)
  order by p.place
  on conflict (message_id, kind, at) do update set text = excluded.text, n = default
  where length(excluded.text) > length(kept.text);
  if p_generation is not null and answer.generation_id is null then
    update oneai.chat_messages as m set generation_id = p_generation where m.id = p_message;
  end if;
  update oneai.reservations set held_until = oneai.now() + oneai.lease()
  where id = p_message and settled_at is null;
  update oneai.conversations set answering_until = oneai.now() + oneai.lease()
  where id = answer.conversation_id and answering_message_id = p_message;
  return query select answer.stop_requested_at is not null, answer.state;
end
$$;

-- The end of an answer: text, usage, cost and reservation together; answers what `done` tells.
-- p_outcome: content, state, finish_reason, error_code, model, provider, generation_id, metadata, first_token_ms,
-- usage {prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cost_micro_usd, estimated}.
-- Coming a second time, or after settle_lapsed, it may lengthen the text, correct the cost, and say that the text was
-- whole after all, which silence alone did not tell; nothing counts twice.
create function oneai.settle(p_message uuid, p_outcome jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
  held oneai.reservations;
  u jsonb := p_outcome -> 'usage';
  txt text := coalesce(p_outcome ->> 'content', '');
  units integer := (txt <> '' or coalesce(p_outcome #> '{metadata,images}', '[]') <> '[]')::integer;
  first boolean;
  quota text := (select quota_key from oneai.reservation_lines where reservation_id = p_message limit 1);
begin
  perform oneai.lock_turn(p_message);
  select * into answer from oneai.chat_messages where id = p_message for update;
  first := oneai.settle_reservation(p_message, units);
  select * into held from oneai.reservations where id = p_message;
  if answer.id is not null and (first or length(txt) > length(answer.content)
    or (answer.state = 'truncated' and txt = answer.content and p_outcome ->> 'state' in ('complete', 'stopped')))
  then
    update oneai.chat_messages
    set content = txt, state = p_outcome ->> 'state', finish_reason = p_outcome ->> 'finish_reason',
        error_code = p_outcome ->> 'error_code', model_served = p_outcome ->> 'model',
        provider = p_outcome ->> 'provider', usage = u,
        generation_id = coalesce(p_outcome ->> 'generation_id', generation_id),
        metadata = metadata || coalesce(p_outcome -> 'metadata', '{}'), ended_at = oneai.now()
    where id = p_message returning * into answer;
    delete from oneai.answer_pieces where message_id = p_message;
    update oneai.conversations
    set answering_until = null, answering_message_id = null, last_message_at = oneai.now(), updated_at = oneai.now()
    where id = answer.conversation_id and answering_message_id = p_message;
  end if;
  if held.id is not null then
    perform oneai.record_usage(held, answer, quota, p_outcome, units, first);
  end if;
  return json_build_object('state', coalesce(answer.state, p_outcome ->> 'state'), 'first', first, 'quota', (
    select oneai.quota_face(q) from oneai.usage_quotas as q
    where q.user_id = held.user_id and q.quota_key = quota));
end
$$;

-- One usage event per answer; a late writer that knows the real cost adds a correction, never a second event.
-- A cost that nobody stated counts as estimated, so that it will be asked for.
create function oneai.record_usage(
  held oneai.reservations, answer oneai.chat_messages, quota text, p_outcome jsonb, units integer, first boolean
) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  u jsonb := p_outcome -> 'usage';
  cost bigint := coalesce((u ->> 'cost_micro_usd')::bigint, 0);
  exact boolean := u ->> 'cost_micro_usd' is not null and not coalesce((u ->> 'estimated')::boolean, true);
  known oneai.usage_events;
begin
  if not first then
    select * into known from oneai.usage_events where message_id = held.id and purpose = 'answer';
    if known.estimated is not true or not exact then
      return;
    end if;
    cost := cost - known.cost_micro_usd;
  end if;
  insert into oneai.usage_events (
    user_id, conversation_id, message_id, purpose, outcome, error_code, subscription_tier, quota_key, charged,
    model_asked, model_served, provider, generation_id, prompt_tokens, completion_tokens, reasoning_tokens,
    cached_tokens, cost_micro_usd, estimated, price_version, first_token_ms)
  values (
    held.user_id, answer.conversation_id, held.id, case when first then 'answer' else 'correction' end,
    p_outcome ->> 'state', p_outcome ->> 'error_code', held.subscription_tier, quota, case when first then units else 0 end,
    held.model_asked, p_outcome ->> 'model', p_outcome ->> 'provider',
    coalesce(p_outcome ->> 'generation_id', answer.generation_id),
    coalesce((u ->> 'prompt_tokens')::integer, 0) - coalesce(known.prompt_tokens, 0),
    coalesce((u ->> 'completion_tokens')::integer, 0) - coalesce(known.completion_tokens, 0),
    coalesce((u ->> 'reasoning_tokens')::integer, 0) - coalesce(known.reasoning_tokens, 0),
    coalesce((u ->> 'cached_tokens')::integer, 0) - coalesce(known.cached_tokens, 0),
    cost, not exact, held.price_version, (p_outcome ->> 'first_token_ms')::integer)
  on conflict do nothing;
  if not found then
    return;
  end if;
  if first then
    perform oneai.add_spend(held.user_id, held.spend_day, -held.held_micro_usd, 0);
  end if;
  perform oneai.add_spend(held.user_id, oneai.today(), 0, cost);
end
$$;

-- Settles an answer whose lease ran out: `stopped` where its person had ended it before, else `truncated` with the text
-- that was kept and `failed` with none. Every reader that finds it lapsed calls this, and a job. p_bill ({usage, model,
-- provider, finish_reason}) is what the upstream says it cost, else a stated estimate: the prompt as estimated at admit,
-- and a token for every three bytes that were kept; of a failure without a token, nothing until the upstream says
-- otherwise. False: nothing had lapsed.
create function oneai.settle_lapsed(p_message uuid, p_bill jsonb default null) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
  held oneai.reservations;
  txt text;
  tokens integer;
  stopped boolean;
  end_state text;
begin
  perform oneai.lock_turn(p_message);
  select * into answer from oneai.chat_messages where id = p_message for update;
  select * into held from oneai.reservations where id = p_message for update;
  if held.id is null or held.settled_at is not null or held.held_until > oneai.now() then
    return false;
  end if;
  select coalesce(string_agg(p.text, '' order by p.at) filter (where p.kind = 'text'), ''),
         (coalesce(sum(octet_length(p.text)), 0) / 3)::integer
  into txt, tokens from oneai.answer_pieces as p where p.message_id = p_message;
  stopped := coalesce(coalesce(answer.stop_requested_at, held.deleted_at) <= held.held_until, false);
  end_state := case when stopped then 'stopped' when txt = '' then 'failed' else 'truncated' end;
  perform oneai.settle(p_message, jsonb_build_object(
    'content', txt, 'state', end_state, 'sent', held.sent_at is not null,
    'finish_reason', case when stopped then 'cancelled' else 'error' end,
    'error_code', case when not stopped then 'internal_error' end,
    'model', p_bill ->> 'model', 'provider', p_bill ->> 'provider',
    'usage', coalesce(p_bill -> 'usage', jsonb_build_object(
      'prompt_tokens', 0, 'completion_tokens', tokens, 'reasoning_tokens', 0, 'cached_tokens', 0,
      'cost_micro_usd', case when txt <> '' or tokens > 0 or (stopped and held.sent_at is not null)
        then held.prompt_micro_usd + ceil(tokens * held.completion_micro_usd_per_token)::bigint else 0 end,
      'estimated', true))));
  perform oneai.raise_alert('reservation_lapsed', held.model_asked, jsonb_build_object('message_id', p_message));
  return true;
end
$$;

revoke execute on function oneai.lock_turn, oneai.checkpoint, oneai.settle, oneai.record_usage, oneai.settle_lapsed
  from public;
grant execute on function oneai.checkpoint, oneai.settle, oneai.settle_lapsed to oneai_app;
