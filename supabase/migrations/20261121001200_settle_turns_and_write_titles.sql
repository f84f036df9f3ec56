-- Answers end one by one, their turn with the last of them; what they cost is added to their conversation; a
-- conversation gets a title once, and a temporary one an end.

-- The turn is over when none of its answers is being written any more. Temporary conversations stay for ten minutes.
create function oneai.end_turn(answer oneai.chat_messages) returns void
language sql security definer set search_path = ''
as $$
  update oneai.conversations
  set answering_until = null, answering_message_id = null, last_message_at = oneai.now(), updated_at = oneai.now(),
      forget_at = case when temporary then oneai.now() + interval '10 minutes' end
  where id = answer.conversation_id and answering_message_id = coalesce(answer.turn_id, answer.id)
    and not exists (
      select from oneai.chat_messages as m where m.turn_id = answer.turn_id and m.state = 'streaming')
$$;

-- While an answer streams: keep what is new ([{"at", "kind", "text"}], possibly empty), renew the lease, and say
-- whether a stop was asked for. A piece sent twice is kept once; the longer one wins, and counts as new to readers.
-- `p_sent`: the request has left for the upstream, which is remembered for a settling without its process.
create or replace function oneai.checkpoint(
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
    update oneai.reservations set sent_at = oneai.now()
    where id = p_message and p_sent and settled_at is null and sent_at is null;
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
  update oneai.reservations
  set held_until = oneai.now() + oneai.lease(), sent_at = case when p_sent then coalesce(sent_at, oneai.now()) else sent_at end
  where id = p_message and settled_at is null;
  update oneai.conversations set answering_until = oneai.now() + oneai.lease()
  where id = answer.conversation_id and answering_message_id = coalesce(answer.turn_id, p_message);
  return query select answer.stop_requested_at is not null, answer.state;
end
$$;

-- Deleting a message whose answer is being written ends the answer, by whichever process it is settled. Where its
-- person had asked it to stop, it was ended then.
create function oneai.message_was_deleted() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.reservations set deleted_at = coalesce(old.stop_requested_at, oneai.now())
  where id = old.id and settled_at is null;
  return null;
end
$$;
create trigger message_was_deleted after delete on oneai.chat_messages
  for each row when (old.state = 'streaming') execute function oneai.message_was_deleted();

-- The end of an answer: text, usage, cost and reservation together; answers what `done` tells, and whether the
-- conversation is to get a title (`untitled`, said once in its life, to whoever sent `titles`).
-- p_outcome: content, state, finish_reason, error_code, model, provider, generation_id, metadata, first_token_ms, titles,
-- usage {prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cost_micro_usd, estimated}.
-- Coming a second time, or after settle_lapsed, it may lengthen the text, bring images, correct the cost, and say that
-- the text was whole after all, which silence alone did not tell; nothing counts twice. A unit of image_generation is
-- used by an image.
create or replace function oneai.settle(p_message uuid, p_outcome jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
  held oneai.reservations;
  u jsonb := p_outcome -> 'usage';
  txt text := coalesce(p_outcome ->> 'content', '');
  images boolean := coalesce(p_outcome #> '{metadata,images}', '[]') <> '[]';
  quota text := (select quota_key from oneai.reservation_lines where reservation_id = p_message limit 1);
  units integer := (images or (txt <> '' and quota is distinct from 'image_generation'))::integer;
  first boolean;
  untitled boolean := false;
begin
  perform oneai.lock_turn(p_message);
  select * into answer from oneai.chat_messages where id = p_message for update;
  first := oneai.settle_reservation(p_message, units);
  select * into held from oneai.reservations where id = p_message;
  if answer.id is not null and (first or length(txt) > length(answer.content)
    or (txt = answer.content and (
      (images and not answer.metadata ? 'images')
      or (answer.state = 'truncated' and p_outcome ->> 'state' in ('complete', 'stopped')))))
  then
    update oneai.chat_messages
    set content = txt, state = p_outcome ->> 'state', finish_reason = p_outcome ->> 'finish_reason',
        error_code = p_outcome ->> 'error_code', model_served = p_outcome ->> 'model',
        provider = p_outcome ->> 'provider', usage = u,
        generation_id = coalesce(p_outcome ->> 'generation_id', generation_id),
        metadata = metadata || coalesce(p_outcome -> 'metadata', '{}'), ended_at = oneai.now()
    where id = p_message returning * into answer;
    delete from oneai.answer_pieces where message_id = p_message;
    perform oneai.end_turn(answer);
  end if;
  if held.id is not null then
    perform oneai.record_usage(held, answer, quota, p_outcome, units, first);
  end if;
  if first and (p_outcome ->> 'titles')::boolean and answer.state <> 'failed' then
    update oneai.conversations set title_asked_at = oneai.now()
    where id = answer.conversation_id and title is null and title_source = 'auto' and title_asked_at is null
      and not temporary;
    untitled := found;
  end if;
  return json_build_object('state', coalesce(answer.state, p_outcome ->> 'state'), 'first', first,
    'untitled', untitled, 'quota', (
    select oneai.quota_face(q) from oneai.usage_quotas as q
    where q.user_id = held.user_id and q.quota_key = quota));
end
$$;

-- One usage event per answer; a late writer that knows the real cost adds a correction, never a second event.
-- A cost that nobody stated counts as estimated, so that it will be asked for.
create or replace function oneai.record_usage(
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
  update oneai.conversations set total_cost_micro_usd = total_cost_micro_usd + cost where id = answer.conversation_id;
  if not first then
    update oneai.chat_messages set usage = u where id = answer.id;
  end if;
end
$$;

-- The title a model wrote after an answer, unless the person has chosen one meanwhile, and what it cost the house:
-- it is never charged. p_title null: it wrote nothing fit to be one. p_bill: model_asked, model, provider,
-- generation_id, price_version, outcome, usage as in settle.
create function oneai.write_title(p_message uuid, p_title text, p_bill jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.reservations;
  talk uuid := (select conversation_id from oneai.chat_messages where id = p_message);
  u jsonb := p_bill -> 'usage';
begin
  -- A title's words are noted with its person, who comes before the conversation here too.
  perform oneai.lock_turn(p_message);
  select * into held from oneai.reservations where id = p_message;
  update oneai.conversations set title = p_title
  where id = talk and p_title is not null and title is null and title_source = 'auto';
  insert into oneai.usage_events (
    user_id, conversation_id, message_id, purpose, outcome, subscription_tier, model_asked, model_served, provider,
    generation_id, prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cost_micro_usd, estimated,
    price_version)
  values (
    held.user_id, talk, p_message, 'title', p_bill ->> 'outcome', held.subscription_tier, p_bill ->> 'model_asked',
    p_bill ->> 'model', p_bill ->> 'provider', p_bill ->> 'generation_id',
    coalesce((u ->> 'prompt_tokens')::integer, 0), coalesce((u ->> 'completion_tokens')::integer, 0),
    coalesce((u ->> 'reasoning_tokens')::integer, 0), coalesce((u ->> 'cached_tokens')::integer, 0),
    coalesce((u ->> 'cost_micro_usd')::bigint, 0), coalesce((u ->> 'estimated')::boolean, true),
    p_bill ->> 'price_version')
  on conflict do nothing;
  if found then
    perform oneai.add_spend(held.user_id, oneai.today(), 0, coalesce((u ->> 'cost_micro_usd')::bigint, 0));
  end if;
end
$$;
create unique index usage_events_one_title on oneai.usage_events (message_id) where purpose = 'title';

revoke execute on function oneai.end_turn, oneai.message_was_deleted, oneai.write_title from public;
grant execute on function oneai.write_title to oneai_app;
