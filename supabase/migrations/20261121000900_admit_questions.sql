-- The visible branch, newest first until `p_bytes` are full, told oldest first. The newest message always comes.
create function oneai.history(p_conversation uuid, p_bytes bigint) returns json
language sql stable security definer set search_path = ''
as $$
  select coalesce(json_agg(json_build_object(
    'role', m.role, 'content', m.content, 'state', m.state, 'usage', m.usage) order by m.sequence_number), '[]')
  from (
    select l.id, sum(octet_length(l.content)) over (order by l.sequence_number desc) - octet_length(l.content) as newer
    from oneai.chat_messages as l where l.conversation_id = p_conversation and l.is_latest
  ) as fitting
  join oneai.chat_messages as m on m.id = fitting.id
  where fitting.newer <= p_bytes
$$;

-- What was asked under this id before, if it was the same question of the same person; ON409 for anything else.
create function oneai.asked_before(p_user uuid, p_message uuid, p_ask jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
  conversation uuid := (p_ask ->> 'conversation_id')::uuid;
begin
  select * into answer from oneai.chat_messages where id = p_message;
  if not found then
    return null;
  end if;
  if answer.user_id <> p_user or answer.fingerprint is distinct from p_ask ->> 'fingerprint'
    or (case when conversation is null then answer.sequence_number <> 2 else answer.conversation_id <> conversation end)
  then
    raise exception using errcode = 'ON409', message = 'idempotency_conflict';
  end if;
  return json_build_object('replay', true, 'conversation_id', answer.conversation_id,
    'user_message_id', answer.parent_message_id);
end
$$;

-- How much of the day's limit (micro-dollars) everybody together has held and spent, in whole percent; ON503 when
-- this plan is paused: free plans from 100 %, everybody from 120 %. Read without a lock: admits that run at the same
-- moment may each overshoot by what one answer holds.
create function oneai.check_spend(p_limit bigint, p_free boolean) returns integer
language plpgsql stable security definer set search_path = ''
as $$
declare
  percent integer;
begin
  if p_limit is null then
    return 0;
  end if;
  -- A limit of nothing is reached by nothing, and the figure stays an integer however far it is passed.
  select case when p_limit <= 0 then 1000
    else least(floor(coalesce(sum(held_micro_usd + settled_micro_usd), 0) * 100 / p_limit), 1000) end into percent
  from oneai.daily_spend where day = oneai.today();
  if percent >= 120 or (percent >= 100 and p_free) then
    raise exception using errcode = 'ON503', message = 'service_paused', detail = jsonb_build_object(
      'retry_after', ceil(extract(epoch from
        ((oneai.today() + 1)::timestamp at time zone 'UTC') - oneai.now())))::text;
  end if;
  return percent;
end
$$;

-- Lets a question in, in one round trip: every check of a chat request, the reservation, the question and an empty answer.
-- p_ask: conversation_id, message, fingerprint, model, require_confirmed, spend_limit_micro_usd, metadata.
-- p_offers by tier: refusal (a code) or quota_key, unit prices, answer_tokens, input_tokens, history_bytes, free,
-- price_version. Refuses with ON401, ON403, ON404, ON409, ON429, ON503; the message is the code, the detail JSON.
create function oneai.admit(p_user uuid, p_message uuid, p_ask jsonb, p_offers jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
  talk oneai.conversations;
  offer jsonb;
  past json := '[]';
  replay json;
  lapsed boolean := false;
  parent uuid;
  question uuid := gen_random_uuid();
  seq integer := 1;
  percent integer;
begin
  person := oneai.known_person(p_user, (p_ask ->> 'require_confirmed')::boolean);
  replay := oneai.asked_before(p_user, p_message, p_ask);
  if replay is not null then
    return replay;
  end if;

  offer := p_offers -> person.subscription_tier;
  if p_ask ->> 'conversation_id' is not null then
    select * into talk from oneai.conversations
    where id = (p_ask ->> 'conversation_id')::uuid and user_id = p_user for update;
    if not found then
      raise exception using errcode = 'ON404', message = 'not_found';
    end if;
    if talk.answering_until > oneai.now() then
      raise exception using errcode = 'ON409', message = 'conversation_busy', detail = jsonb_build_object(
        'message_id', talk.answering_message_id,
        'retry_after', ceil(extract(epoch from talk.answering_until - oneai.now())))::text;
    end if;
    lapsed := talk.answering_message_id is not null and oneai.settle_lapsed(talk.answering_message_id);
    select id, sequence_number + 1 into parent, seq from oneai.chat_messages
    where conversation_id = talk.id and is_latest order by sequence_number desc limit 1;
    seq := coalesce(seq, 1);
    past := oneai.history(talk.id, coalesce((offer ->> 'history_bytes')::bigint, 0));
  end if;
  if offer is null or offer ->> 'refusal' is not null then
    raise exception using errcode = 'ON403', message = coalesce(offer ->> 'refusal', 'model_not_in_plan');
  end if;
  percent := oneai.check_spend((p_ask ->> 'spend_limit_micro_usd')::bigint, (offer ->> 'free')::boolean);

  if talk.id is null then
    insert into oneai.conversations (user_id, answering_until, answering_message_id)
    values (p_user, oneai.now() + oneai.lease(), p_message) returning * into talk;
  else
    update oneai.conversations
    set answering_until = oneai.now() + oneai.lease(), answering_message_id = p_message,
        last_message_at = oneai.now(), updated_at = oneai.now()
    where id = talk.id;
  end if;
  perform oneai.hold(person, p_message, p_ask, offer, octet_length(past::text));
  insert into oneai.chat_messages (
    id, conversation_id, user_id, role, state, content, model_id, sequence_number, revision_number, parent_message_id,
    fingerprint, metadata)
  values
    (question, talk.id, p_user, 'user', 'complete', p_ask ->> 'message', p_ask ->> 'model', seq,
      oneai.next_revision(talk.id, seq), parent, null, coalesce(p_ask -> 'metadata', '{}')),
    (p_message, talk.id, p_user, 'assistant', 'streaming', '', p_ask ->> 'model', seq + 1,
      oneai.next_revision(talk.id, seq + 1), question, p_ask ->> 'fingerprint', '{}');
  return json_build_object('conversation_id', talk.id, 'user_message_id', question, 'tier', person.subscription_tier,
    'system_prompt', talk.system_prompt, 'history', past, 'spend_percent', percent, 'lapsed', lapsed);
end
$$;

-- The person, locked so that one person's admits come one after the other; made up for where sign-up stayed incomplete.
create function oneai.known_person(p_user uuid, p_confirmed boolean) returns oneai.users
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
begin
  select * into person from oneai.users where id = p_user for no key update;
  if not found or not exists (select from oneai.usage_quotas where user_id = p_user) then
    perform oneai.add_person(p_user);
    select * into person from oneai.users where id = p_user for no key update;
    if not found then
      raise exception using errcode = 'ON401', message = 'unauthenticated';
    end if;
  end if;
  if person.suspended_at is not null then
    raise exception using errcode = 'ON403', message = 'account_suspended';
  end if;
  if p_confirmed and not exists (
    select from auth.users as a
    where a.id = p_user and (a.email_confirmed_at is not null or a.phone_confirmed_at is not null)
  ) then
    raise exception using errcode = 'ON403', message = 'email_not_confirmed';
  end if;
  return person;
end
$$;

-- The running number per conversation and sequence number; 0 for an original.
create function oneai.next_revision(p_conversation uuid, p_sequence integer) returns integer
language sql stable security definer set search_path = ''
as $$
  select coalesce(max(revision_number) + 1, 0) from oneai.chat_messages
  where conversation_id = p_conversation and sequence_number = p_sequence
$$;

-- One unit of the offer's key, and what the answer may cost at most: a token for every three bytes of the prompt
-- (never more than the plan lets in), and all the tokens it may write.
create function oneai.hold(person oneai.users, p_message uuid, p_ask jsonb, offer jsonb, p_history_bytes bigint)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  prompt_tokens bigint := least(
    (octet_length(p_ask ->> 'message') + p_history_bytes) / 3 + 1, (offer ->> 'input_tokens')::bigint);
  prompt_cost bigint := ceil(prompt_tokens * coalesce((offer ->> 'prompt_micro_usd_per_token')::numeric, 0));
  held bigint := prompt_cost + ceil(
    (offer ->> 'answer_tokens')::bigint * coalesce((offer ->> 'completion_micro_usd_per_token')::numeric, 0));
begin
  insert into oneai.reservations (
    id, user_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    completion_micro_usd_per_token, held_micro_usd, spend_day)
  values (
    p_message, person.id, oneai.now() + oneai.lease(), person.subscription_tier, p_ask ->> 'model',
    offer ->> 'price_version', prompt_cost, coalesce((offer ->> 'completion_micro_usd_per_token')::numeric, 0),
    held, oneai.today());
  perform oneai.reserve(person.id, p_message,
    jsonb_build_array(jsonb_build_object('quota_key', offer ->> 'quota_key', 'unit', 'messages', 'held', 1)));
  perform oneai.add_spend(person.id, oneai.today(), held, 0);
end
$$;

revoke execute on function oneai.history, oneai.asked_before, oneai.check_spend, oneai.admit, oneai.known_person,
  oneai.next_revision, oneai.hold from public;
grant execute on function oneai.admit to oneai_app;
