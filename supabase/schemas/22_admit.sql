-- A question is let in: where it belongs, what its answers hold, and what that would be before it is sent.

-- What was asked under this id before, if it was the same question of the same person; ON409 for anything else.
create function oneai.find_replay(p_user uuid, p_message uuid, p_request jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
  conversation uuid := (p_request ->> 'conversation_id')::uuid;
begin
  select * into answer from oneai.chat_messages where id = p_message;
  if not found then
    return null;
  end if;
  if answer.user_id <> p_user or answer.fingerprint is distinct from p_request ->> 'fingerprint'
    or answer.conversation_id <> conversation
    -- A question that names no conversation and branches off nowhere begins one.
    or (coalesce(p_request ->> 'conversation_id', p_request ->> 'edit_of', p_request ->> 'regenerate_of') is null
        and answer.sequence_number <> 2)
  then
    raise exception using errcode = 'ON409', message = 'idempotency_conflict';
  end if;
  return json_build_object('replay', true, 'conversation_id', answer.conversation_id,
    'user_message_id', answer.parent_message_id, 'message_ids', (
      select json_agg(m.id order by m.revision_number) from oneai.chat_messages as m
      where m.id = p_message or m.turn_id = p_message));
end
$$;
revoke execute on function oneai.find_replay from public;

-- The conversation a question goes to, locked and settled where its last answer lapsed: the one named, or the one of
-- the message it branches off; null begins a new one. ON404, ON409, and ON422 for a record that is none.
create function oneai.find_conversation(p_user uuid, p_request jsonb, out talk oneai.conversations, out lapsed boolean)
language plpgsql security definer set search_path = ''
as $$
declare
  branch uuid := coalesce(p_request ->> 'edit_of', p_request ->> 'regenerate_of')::uuid;
  wanted uuid := coalesce((p_request ->> 'conversation_id')::uuid,
    (select m.conversation_id from oneai.chat_messages as m where m.id = branch));
begin
  lapsed := false;
  if wanted is null and branch is null then
    return;
  end if;
  select * into talk from oneai.conversations
  where id = wanted and user_id = p_user and coalesce(expires_at > oneai.now(), true) for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if talk.answering_until > oneai.now() then
    raise exception using errcode = 'ON409', message = 'conversation_busy', detail = jsonb_build_object(
      'message_id', talk.answering_message_id,
      'retry_after', ceil(extract(epoch from talk.answering_until - oneai.now())))::text;
  end if;
  if (p_request ->> 'temporary')::boolean and not talk.temporary then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'temporary', 'code', 'already_kept', 'message', 'This conversation is already kept.')))::text;
  end if;
  if talk.answering_message_id is not null then
    -- In the order of their models, which is that of the alerts they raise: nobody waits for another in a circle.
    select coalesce(bool_or(oneai.expire_answer(open.id)), false) into lapsed from (
      select m.id from oneai.chat_messages as m
      where m.id = talk.answering_message_id or m.turn_id = talk.answering_message_id order by m.model_id
    ) as open;
  end if;
end
$$;
revoke execute on function oneai.find_conversation from public;

-- The terms of the person's plan for what is asked. ON403 where the plan has not the model, or with the code of what
-- else refuses it, ON422 where the message is too long for it.
create function oneai.plan_terms(p_tier text, p_request jsonb, p_terms jsonb, p_question uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  offer jsonb := p_terms -> p_tier;
  refusal text;
begin
  select coalesce(offer ->> 'refusal', min(a.value ->> 'refusal')) into refusal
  from jsonb_array_elements(offer -> 'answers') as a;
  if offer is null or refusal is not null then
    raise exception using errcode = 'ON403', message = coalesce(refusal, 'model_not_in_plan');
  end if;
  if length(coalesce(p_request ->> 'message', (select m.content from oneai.chat_messages as m where m.id = p_question)))
    > (offer ->> 'message_characters')::bigint
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', case when p_question is null then 'message' else 'regenerate_of' end,
        'code', 'too_long', 'message', 'The message is too long for your plan.')))::text;
  end if;
  return offer;
end
$$;
revoke execute on function oneai.plan_terms from public;

-- How many tokens the prompt may have at most, one for every three bytes. Of what came before, as much is sent as the
-- plan lets in; the question, what comes along with it, and the conversation's instructions are sent however long they
-- are. What exceeds the model's context nobody answers.
create function oneai.prompt_tokens(p_message text, p_system text, past json, p_request jsonb, offer jsonb) returns bigint
language sql immutable
as $$
  select least((b.stays + b.may_go) / 3 + 1, greatest((offer ->> 'input_tokens')::bigint, b.stays / 3 + 1),
    (offer ->> 'context_tokens')::bigint)
  from (
    select octet_length(p_message) + coalesce(octet_length(p_system), 0)
      + coalesce((p_request ->> 'prompt_bytes_extra')::bigint, 0) as stays,
      -- An image counts as 1,600 tokens; quotes within a message are escaped and look different.
      octet_length(past::text) + 4800 * pg_catalog.regexp_count(past::text, '"type": "image"') as may_go
  ) as b
$$;
revoke execute on function oneai.prompt_tokens from public;

-- What one answer is to hold: its unit; and where they are limited, tokens and cost (micro-dollars) at most: the
-- prompt, and all the tokens it may write.
create function oneai.estimate_answer(
  p_user uuid, offer jsonb, p_prompt_tokens bigint, out prompt_tokens bigint, out answer_tokens bigint,
  out prompt_cost bigint, out cost bigint, out lines jsonb)
language plpgsql stable security definer set search_path = ''
as $$
declare
  tokens bigint;
begin
  prompt_tokens := p_prompt_tokens;
  answer_tokens := (offer ->> 'answer_tokens')::bigint;
  prompt_cost := ceil(prompt_tokens * coalesce((offer ->> 'prompt_micro_usd_per_token')::numeric, 0));
  cost := prompt_cost + ceil(answer_tokens * coalesce((offer ->> 'completion_micro_usd_per_token')::numeric, 0));
  tokens := prompt_tokens + answer_tokens;
  select jsonb_build_object('quota_key', offer ->> 'quota_key', 'unit', 'messages', 'held', 1) || coalesce(jsonb_agg(
    jsonb_build_object('quota_key', q.quota_key, 'unit', q.quota_key, 'held',
      case q.quota_key when 'tokens' then tokens else cost end)), '[]')
  into lines
  from oneai.usage_quotas as q
  where q.user_id = p_user and q.quota_key in ('cost', 'tokens') and oneai.effective_limit(q, oneai.now()) is not null;
end
$$;
revoke execute on function oneai.estimate_answer from public;

-- Holds what one answer needs. `quota` is its key's, `budget` the tokens it may write where tokens or cost are limited.
create function oneai.reserve_answer(
  person oneai.users, p_message uuid, p_model text, offer jsonb, p_prompt_tokens bigint) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  weight record;
begin
  select * into weight from oneai.estimate_answer(person.id, offer, p_prompt_tokens);
  perform oneai.reserve_user_spend(person.id, weight.cost, (offer ->> 'daily_ceiling_micro_usd')::bigint);
  insert into oneai.reservations (
    id, user_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    completion_micro_usd_per_token, held_micro_usd, spend_day, text_key)
  values (
    p_message, person.id, oneai.now() + oneai.lease(), person.subscription_tier, p_model,
    offer ->> 'price_version', weight.prompt_cost, coalesce((offer ->> 'completion_micro_usd_per_token')::numeric, 0),
    weight.cost, oneai.today(), offer ->> 'text_key');
  perform oneai.reserve(person.id, p_message, weight.lines);
  perform oneai.add_total_spend(person.id, oneai.today(), weight.cost, 0);
  return json_build_object(
    'budget', case when jsonb_array_length(weight.lines) > 1 then weight.answer_tokens end,
    'quota', (
      select oneai.quota_json(q) from oneai.usage_quotas as q
      where q.user_id = person.id and q.quota_key = offer ->> 'quota_key'));
end
$$;
revoke execute on function oneai.reserve_answer from public;

-- Stores the question, where it is new, and one empty answer for each of p_request.answers ([{"id", "model"}]); the first
-- is the one that one sees. Returns the question's id.
create function oneai.write_turn(p_conversation uuid, p_user uuid, p_request jsonb, place oneai.place) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  question uuid := coalesce(place.question, gen_random_uuid());
  first uuid := (p_request #>> '{answers,0,id}')::uuid;
begin
  insert into oneai.chat_messages (
    id, conversation_id, user_id, role, state, content, model_id, sequence_number, revision_number, parent_message_id,
    original_message_id, revision_type, is_chosen, is_latest, turn_id, fingerprint, metadata)
  select question, p_conversation, p_user, 'user', 'complete', p_request ->> 'message', p_request #>> '{answers,0,model}',
    place.sequence, oneai.next_revision(p_conversation, place.sequence), place.parent, place.original_question,
    case when place.original_question is not null then 'user_edit' end, not place.branches, not place.branches,
    null, null, coalesce(p_request -> 'metadata', '{}')
  where place.question is null
  union all
  select (answer.value ->> 'id')::uuid, p_conversation, p_user, 'assistant', 'streaming', '', answer.value ->> 'model',
    place.sequence + 1, oneai.next_revision(p_conversation, place.sequence + 1) + answer.place::integer - 1, question,
    place.original_answer, case when place.original_answer is not null then 'regeneration' end,
    not place.branches and answer.place = 1, not place.branches and answer.place = 1, first,
    case when answer.place = 1 then p_request ->> 'fingerprint' end, '{}'
  from jsonb_array_elements(p_request -> 'answers') with ordinality as answer (value, place);
  if place.branches then
    perform oneai.show_branch(first);
  end if;
  return question;
end
$$;
revoke execute on function oneai.write_turn from public;

-- Lets a question in, in one round trip: every check of a chat request, a reservation for every answer, the question
-- and its empty answers, all or nothing.
-- p_request: conversation_id, edit_of, regenerate_of, temporary, message, fingerprint, answers [{"id", "model"}] (the first
-- id is p_message), chosen_model (null: the operator's default), any_model (the person named none), prompt_bytes_extra
-- (what attachments add to the prompt), require_confirmed, spend_limit_micro_usd, metadata.
-- p_terms by tier: refusal (a code), free, message_characters (null: any number), history_bytes, answers_at_once
-- (null: any number), answers [{refusal, quota_key, text_key (of models that draw: where the unit of words goes), unit
-- prices, answer_tokens, input_tokens, context_tokens, price_version, daily_ceiling_micro_usd (null: none)}] in the
-- order of p_request.answers.
-- Where the answer to be given anew, or the conversation, has a model of its own and the person named none, nothing
-- happens and {"conversation_models"} comes back, that of the answer first, to be asked again with the terms for the first of
-- them that is on offer.
-- `reservations` of what it returns are oneai.reserve_answer's, in the same order.
-- Refuses with ON401, ON403, ON404, ON409, ON422, ON429, ON503; the message is the code, the detail JSON.
create function oneai.admit(p_user uuid, p_message uuid, p_request jsonb, p_terms jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
  found record;
  talk oneai.conversations;
  place oneai.place;
  offer jsonb;
  past json;
  question uuid;
  asked oneai.chat_messages;
  usual text[];
  percent integer;
  holds json;
begin
  person := oneai.require_active_user(p_user, (p_request ->> 'require_confirmed')::boolean);
  past := oneai.find_replay(p_user, p_message, p_request);
  if past is not null then
    return past;
  end if;
  select * into found from oneai.find_conversation(p_user, p_request);
  talk := found.talk;
  place := oneai.resolve_branch(talk.id, p_request);
  if (p_request ->> 'any_model')::boolean then
    usual := array_remove(array[
      (select m.model_id from oneai.chat_messages as m where m.id = (p_request ->> 'regenerate_of')::uuid), talk.model], null);
    if usual[1] <> p_request #>> '{answers,0,model}' then
      return json_build_object('conversation_models', usual, 'expired', found.lapsed);
    end if;
  end if;
  offer := oneai.plan_terms(person.subscription_tier, p_request, p_terms, place.question);
  percent := oneai.check_spend_limit((p_request ->> 'spend_limit_micro_usd')::bigint, (offer ->> 'free')::boolean);
  perform oneai.check_uncharged_answers(p_user);

  if talk.id is null then
    insert into oneai.conversations (user_id, answering_until, answering_message_id, model, temporary)
    values (p_user, oneai.now() + oneai.lease(), p_message, p_request ->> 'chosen_model',
      coalesce((p_request ->> 'temporary')::boolean, false)) returning * into talk;
  else
    update oneai.conversations
    set answering_until = oneai.now() + oneai.lease(), answering_message_id = p_message, expires_at = null,
        model = case when place.question is null then coalesce(p_request ->> 'chosen_model', model) else model end,
        last_message_at = oneai.now(), updated_at = oneai.now()
    where id = talk.id;
  end if;
  perform oneai.check_streams(p_user, (offer ->> 'answers_at_once')::integer, jsonb_array_length(p_request -> 'answers'));
  question := oneai.write_turn(talk.id, p_user, p_request, place);
  select * into asked from oneai.chat_messages where id = question;
  past := oneai.history(talk.id, (offer ->> 'history_bytes')::bigint, asked.sequence_number);
  select json_agg(oneai.reserve_answer(
    person, a.id, a.model, a.terms,
    oneai.prompt_tokens(asked.content, talk.system_prompt, past, p_request, a.terms)) order by a.place) into holds
  from (
    select (each.value ->> 'id')::uuid as id, each.value ->> 'model' as model,
      offer #> array['answers', (each.place - 1)::text] as terms, each.place
    from jsonb_array_elements(p_request -> 'answers') with ordinality as each (value, place)
  ) as a;
  return json_build_object('conversation_id', talk.id, 'user_message_id', asked.id, 'message', asked.content,
    'attachments', asked.metadata -> 'attachments', 'tier', person.subscription_tier,
    'system_prompt', talk.system_prompt, 'history', past, 'spend_percent', percent, 'expired', found.lapsed,
    'reservations', holds);
end
$$;
revoke execute on function oneai.admit from public;
grant execute on function oneai.admit to oneai_app;

-- What oneai.admit would hold for the same p_request and p_terms, by the same reckoning; nothing is stored or held.
-- `lines` [{"quota_key", "units"}] of all answers together, `allowed` whether each of them fits just now and all of
-- them fit into the day, and for every answer what was reckoned with. Refuses as oneai.admit, but for units and for
-- what is busy.
create function oneai.quote(p_user uuid, p_request jsonb, p_terms jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
  branch uuid := coalesce(p_request ->> 'edit_of', p_request ->> 'regenerate_of')::uuid;
  talk oneai.conversations;
  place oneai.place;
  usual text[];
  offer jsonb;
  asked text;
  past json;
  spent bigint;
  ceiling bigint;
begin
  person := oneai.require_active_user(p_user, (p_request ->> 'require_confirmed')::boolean);
  if coalesce(p_request ->> 'conversation_id', branch::text) is not null then
    select c.* into talk from oneai.conversations as c
    where c.id = coalesce((p_request ->> 'conversation_id')::uuid,
        (select m.conversation_id from oneai.chat_messages as m where m.id = branch))
      and c.user_id = p_user and coalesce(c.expires_at > oneai.now(), true);
    if not found then
      raise exception using errcode = 'ON404', message = 'not_found';
    end if;
  end if;
  place := oneai.resolve_branch(talk.id, p_request);
  if (p_request ->> 'any_model')::boolean then
    usual := array_remove(array[
      (select m.model_id from oneai.chat_messages as m where m.id = (p_request ->> 'regenerate_of')::uuid), talk.model], null);
    if usual[1] <> p_request #>> '{answers,0,model}' then
      return json_build_object('conversation_models', usual);
    end if;
  end if;
  offer := oneai.plan_terms(person.subscription_tier, p_request, p_terms, place.question);
  perform oneai.check_spend_limit((p_request ->> 'spend_limit_micro_usd')::bigint, (offer ->> 'free')::boolean);
  perform oneai.check_uncharged_answers(p_user);
  spent := case when person.spend_day = oneai.today() then person.spend_micro_usd else 0 end;
  ceiling := (offer #>> '{answers,0,daily_ceiling_micro_usd}')::bigint;
  asked := coalesce(p_request ->> 'message', (select m.content from oneai.chat_messages as m where m.id = place.question));
  past := oneai.history(talk.id, (offer ->> 'history_bytes')::bigint, place.sequence);
  return (
    with weighed as (
      select a.n, a.value ->> 'model' as model, terms.value ->> 'price_version' as price_version, w.*
      from jsonb_array_elements(p_request -> 'answers') with ordinality as a (value, n)
      join jsonb_array_elements(offer -> 'answers') with ordinality as terms (value, n) on terms.n = a.n
      cross join oneai.estimate_answer(
        p_user, terms.value, oneai.prompt_tokens(asked, talk.system_prompt, past, p_request, terms.value)) as w
    ), line as (
      select l.quota_key, sum(l.held) as units
      from weighed, jsonb_to_recordset(weighed.lines) as l (quota_key text, held bigint) group by l.quota_key
    ), judged as (
      select line.*, coalesce(s.used + s.reserved + line.units <= s.most + q.grace_units, false) as fits
      from line left join oneai.usage_quotas as q on q.user_id = p_user and q.quota_key = line.quota_key
      left join oneai.effective_quota(q, oneai.now()) as s on true
    )
    select json_build_object(
      'allowed', (select bool_and(fits) from judged) and (
        select coalesce(spent + sum(cost) <= ceiling, true) or (spent = 0 and count(*) filter (where cost > 0) = 1)
        from weighed),
      'lines', (
        select json_agg(json_build_object('quota_key', quota_key, 'units', units) order by quota_key) from judged),
      'max_cost_micro_usd', (select sum(cost) from weighed),
      'basis', (
        select json_agg(json_build_object('model', model, 'price_version', price_version, 'prompt_tokens', prompt_tokens,
          'answer_tokens', answer_tokens, 'max_cost_micro_usd', cost) order by n) from weighed)));
end
$$;
revoke execute on function oneai.quote from public;
grant execute on function oneai.quote to oneai_app;
