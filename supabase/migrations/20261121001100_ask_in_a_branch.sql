-- Questions may now begin a branch: an edit asks a question anew, a regeneration answers it anew, several models may
-- answer side by side, and a conversation may be off the record.

-- Where a turn belongs. `question` is set where the question is there already (regeneration); else it will be a child
-- of `parent`. The originals are the first of the revisions that question and answer continue.
create type oneai.place as (
  question uuid,
  parent uuid,
  sequence integer,
  original_question uuid,
  original_answer uuid,
  branches boolean
);

-- Makes a message the version one sees: it and its ancestors become chosen, and below it the branch comes back with
-- its own choices as they were left. Clears first and sets second: a partial unique index is checked row by row.
create function oneai.show(p_message uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  conversation uuid := (select conversation_id from oneai.chat_messages where id = p_message);
  path uuid[];
  first integer;
begin
  -- Up to the first ancestor that one sees already; from there on everything is chosen.
  with recursive up as (
    select m.id, m.parent_message_id, m.sequence_number, m.is_latest from oneai.chat_messages as m where m.id = p_message
    union all
    select m.id, m.parent_message_id, m.sequence_number, m.is_latest
    from up join oneai.chat_messages as m on m.id = up.parent_message_id where not up.is_latest
  )
  select array_agg(id), min(sequence_number) into path, first from up where not is_latest;
  if path is null then
    return;
  end if;
  update oneai.chat_messages as m set is_latest = false
  where m.conversation_id = conversation and m.is_latest and m.sequence_number >= first;
  update oneai.chat_messages as m set is_chosen = false
  from oneai.chat_messages as wanted
  where wanted.id = any (path) and not wanted.is_chosen and m.is_chosen and m.conversation_id = conversation
    and m.sequence_number = wanted.sequence_number and m.role = wanted.role
    and m.parent_message_id is not distinct from wanted.parent_message_id;
  update oneai.chat_messages as m set is_chosen = true where m.id = any (path) and not m.is_chosen;
  with recursive down as (
    select p_message as id
    union all
    select child.id from down cross join lateral (
      select c.id from oneai.chat_messages as c
      where c.parent_message_id = down.id and c.is_chosen order by c.role limit 1
    ) as child
  )
  update oneai.chat_messages as m set is_latest = true
  from (select unnest(path) as id union select down.id from down) as seen
  where m.id = seen.id;
end
$$;

-- The visible branch before `p_before`, newest first until `p_bytes` are full, told oldest first. The newest message
-- always comes.
create function oneai.history(p_conversation uuid, p_bytes bigint, p_before integer) returns json
language sql stable security definer set search_path = ''
as $$
  select coalesce(json_agg(json_build_object(
    'role', m.role, 'content', m.content, 'state', m.state, 'usage', m.usage,
    'attachments', m.metadata -> 'attachments') order by m.sequence_number), '[]')
  from (
    select l.id, sum(l.bytes) over (order by l.sequence_number desc) - l.bytes as newer
    from (
      select id, sequence_number,
        octet_length(content) + coalesce(octet_length((metadata -> 'attachments')::text), 0) as bytes
      from oneai.chat_messages
      where conversation_id = p_conversation and is_latest and sequence_number < p_before
    ) as l
  ) as fitting
  join oneai.chat_messages as m on m.id = fitting.id
  where fitting.newer <= p_bytes
$$;
drop function oneai.history(uuid, bigint);

-- What was asked under this id before, if it was the same question of the same person; ON409 for anything else.
create or replace function oneai.asked_before(p_user uuid, p_message uuid, p_ask jsonb) returns json
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
    or answer.conversation_id <> conversation
    -- A question that names no conversation and branches off nowhere begins one.
    or (coalesce(p_ask ->> 'conversation_id', p_ask ->> 'edit_of', p_ask ->> 'regenerate_of') is null
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

-- The conversation a question goes to, locked and settled where its last answer lapsed: the one named, or the one of
-- the message it branches off; null begins a new one. ON404, ON409, and ON422 for a record that is none.
create function oneai.find_conversation(p_user uuid, p_ask jsonb, out talk oneai.conversations, out lapsed boolean)
language plpgsql security definer set search_path = ''
as $$
declare
  branch uuid := coalesce(p_ask ->> 'edit_of', p_ask ->> 'regenerate_of')::uuid;
  wanted uuid := coalesce((p_ask ->> 'conversation_id')::uuid,
    (select m.conversation_id from oneai.chat_messages as m where m.id = branch));
begin
  lapsed := false;
  if wanted is null and branch is null then
    return;
  end if;
  select * into talk from oneai.conversations
  where id = wanted and user_id = p_user and coalesce(forget_at > oneai.now(), true) for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if talk.answering_until > oneai.now() then
    raise exception using errcode = 'ON409', message = 'conversation_busy', detail = jsonb_build_object(
      'message_id', talk.answering_message_id,
      'retry_after', ceil(extract(epoch from talk.answering_until - oneai.now())))::text;
  end if;
  if (p_ask ->> 'temporary')::boolean and not talk.temporary then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'temporary', 'code', 'already_kept', 'message', 'This conversation is already kept.')))::text;
  end if;
  if talk.answering_message_id is not null then
    -- In the order of their models, which is that of the alerts they raise: nobody waits for another in a circle.
    select coalesce(bool_or(oneai.settle_lapsed(open.id)), false) into lapsed from (
      select m.id from oneai.chat_messages as m
      where m.id = talk.answering_message_id or m.turn_id = talk.answering_message_id order by m.model_id
    ) as open;
  end if;
end
$$;

-- Where in `p_conversation` the question belongs. ON404 for a message of elsewhere, ON422 where a question is wanted
-- and an answer was named, or the other way round.
create function oneai.find_place(p_conversation uuid, p_ask jsonb) returns oneai.place
language plpgsql stable security definer set search_path = ''
as $$
declare
  place oneai.place;
  field text := case when p_ask ->> 'edit_of' is not null then 'edit_of' else 'regenerate_of' end;
  named oneai.chat_messages;
begin
  if p_ask ->> field is null then
    select m.id, m.sequence_number + 1 into place.parent, place.sequence from oneai.chat_messages as m
    where m.conversation_id = p_conversation and m.is_latest order by m.sequence_number desc limit 1;
    place.sequence := coalesce(place.sequence, 1);
    place.branches := false;
    return place;
  end if;
  select * into named from oneai.chat_messages as m
  where m.id = (p_ask ->> field)::uuid and m.conversation_id = p_conversation;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if (named.role = 'user') <> (field = 'edit_of') then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', field, 'code', case field when 'edit_of' then 'not_a_question' else 'not_an_answer' end,
        'message', case field
        when 'edit_of' then 'This is an answer; only a question can be asked anew.'
        else 'This is a question; only an answer can be given anew.' end)))::text;
  end if;
  place.branches := true;
  place.parent := named.parent_message_id;
  if field = 'regenerate_of' then
    place.question := named.parent_message_id;
    place.sequence := named.sequence_number - 1;
    place.original_answer := coalesce(named.original_message_id, named.id);
  else
    place.sequence := named.sequence_number;
    place.original_question := coalesce(named.original_message_id, named.id);
    select coalesce(m.original_message_id, m.id) into place.original_answer from oneai.chat_messages as m
    where m.parent_message_id = named.id and m.role = 'assistant' and m.is_chosen;
  end if;
  return place;
end
$$;

-- Stores the question, where it is new, and one empty answer for each of p_ask.answers ([{"id", "model"}]); the first
-- is the one that one sees. Returns the question's id.
create function oneai.write_turn(p_conversation uuid, p_user uuid, p_ask jsonb, place oneai.place) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  question uuid := coalesce(place.question, gen_random_uuid());
  first uuid := (p_ask #>> '{answers,0,id}')::uuid;
begin
  insert into oneai.chat_messages (
    id, conversation_id, user_id, role, state, content, model_id, sequence_number, revision_number, parent_message_id,
    original_message_id, revision_type, is_chosen, is_latest, turn_id, fingerprint, metadata)
  select question, p_conversation, p_user, 'user', 'complete', p_ask ->> 'message', p_ask #>> '{answers,0,model}',
    place.sequence, oneai.next_revision(p_conversation, place.sequence), place.parent, place.original_question,
    case when place.original_question is not null then 'user_edit' end, not place.branches, not place.branches,
    null, null, coalesce(p_ask -> 'metadata', '{}')
  where place.question is null
  union all
  select (answer.value ->> 'id')::uuid, p_conversation, p_user, 'assistant', 'streaming', '', answer.value ->> 'model',
    place.sequence + 1, oneai.next_revision(p_conversation, place.sequence + 1) + answer.place::integer - 1, question,
    place.original_answer, case when place.original_answer is not null then 'regeneration' end,
    not place.branches and answer.place = 1, not place.branches and answer.place = 1, first,
    case when answer.place = 1 then p_ask ->> 'fingerprint' end, '{}'
  from jsonb_array_elements(p_ask -> 'answers') with ordinality as answer (value, place);
  if place.branches then
    perform oneai.show(first);
  end if;
  return question;
end
$$;

-- One unit of the answer's key, and what it may cost at most: a token for every three bytes of the prompt (never more
-- than the plan lets in), and all the tokens it may write.
create function oneai.hold(
  person oneai.users, p_message uuid, p_model text, offer jsonb, p_prompt_bytes bigint) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  prompt_tokens bigint := least(p_prompt_bytes / 3 + 1, (offer ->> 'input_tokens')::bigint);
  prompt_cost bigint := ceil(prompt_tokens * coalesce((offer ->> 'prompt_micro_usd_per_token')::numeric, 0));
  held bigint := prompt_cost + ceil(
    (offer ->> 'answer_tokens')::bigint * coalesce((offer ->> 'completion_micro_usd_per_token')::numeric, 0));
begin
  insert into oneai.reservations (
    id, user_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    completion_micro_usd_per_token, held_micro_usd, spend_day)
  values (
    p_message, person.id, oneai.now() + oneai.lease(), person.subscription_tier, p_model,
    offer ->> 'price_version', prompt_cost, coalesce((offer ->> 'completion_micro_usd_per_token')::numeric, 0),
    held, oneai.today());
  perform oneai.reserve(person.id, p_message,
    jsonb_build_array(jsonb_build_object('quota_key', offer ->> 'quota_key', 'unit', 'messages', 'held', 1)));
  perform oneai.add_spend(person.id, oneai.today(), held, 0);
end
$$;
drop function oneai.hold(oneai.users, uuid, jsonb, jsonb, bigint);

-- Lets a question in, in one round trip: every check of a chat request, a reservation for every answer, the question
-- and its empty answers, all or nothing.
-- p_ask: conversation_id, edit_of, regenerate_of, temporary, message, fingerprint, answers [{"id", "model"}] (the first
-- id is p_message), chosen_model (null: the operator's default), any_model (the person named none), prompt_bytes_extra
-- (what attachments add to the prompt), require_confirmed, spend_limit_micro_usd, metadata.
-- p_offers by tier: refusal (a code), free, message_characters (null: any number), history_bytes, answers [{refusal,
-- quota_key, unit prices, answer_tokens, input_tokens, price_version}] in the order of p_ask.answers.
-- Where the conversation, or the answer to be given anew, has a model of its own and the person named none, nothing
-- happens and {"usual_model"} comes back, to be asked again with the terms for that.
-- Refuses with ON401, ON403, ON404, ON409, ON422, ON429, ON503; the message is the code, the detail JSON.
create or replace function oneai.admit(p_user uuid, p_message uuid, p_ask jsonb, p_offers jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
  found record;
  talk oneai.conversations;
  place oneai.place;
  offer jsonb;
  refusal text;
  past json;
  question uuid;
  asked oneai.chat_messages;
  usual text;
  percent integer;
begin
  person := oneai.known_person(p_user, (p_ask ->> 'require_confirmed')::boolean);
  past := oneai.asked_before(p_user, p_message, p_ask);
  if past is not null then
    return past;
  end if;
  select * into found from oneai.find_conversation(p_user, p_ask);
  talk := found.talk;
  place := oneai.find_place(talk.id, p_ask);
  if (p_ask ->> 'any_model')::boolean then
    usual := coalesce(
      (select m.model_id from oneai.chat_messages as m where m.id = (p_ask ->> 'regenerate_of')::uuid), talk.model);
    if usual <> p_ask #>> '{answers,0,model}' then
      return json_build_object('usual_model', usual, 'lapsed', found.lapsed);
    end if;
  end if;
  offer := p_offers -> person.subscription_tier;
  select coalesce(offer ->> 'refusal', min(a.value ->> 'refusal')) into refusal
  from jsonb_array_elements(offer -> 'answers') as a;
  if offer is null or refusal is not null then
    raise exception using errcode = 'ON403', message = coalesce(refusal, 'model_not_in_plan');
  end if;
  if length(coalesce(p_ask ->> 'message', (select m.content from oneai.chat_messages as m where m.id = place.question)))
    > (offer ->> 'message_characters')::bigint
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', case when place.question is null then 'message' else 'regenerate_of' end,
        'message', 'The message is too long for your plan.')))::text;
  end if;
  percent := oneai.check_spend((p_ask ->> 'spend_limit_micro_usd')::bigint, (offer ->> 'free')::boolean);

  if talk.id is null then
    insert into oneai.conversations (user_id, answering_until, answering_message_id, model, temporary)
    values (p_user, oneai.now() + oneai.lease(), p_message, p_ask ->> 'chosen_model',
      coalesce((p_ask ->> 'temporary')::boolean, false)) returning * into talk;
  else
    update oneai.conversations
    set answering_until = oneai.now() + oneai.lease(), answering_message_id = p_message, forget_at = null,
        model = case when place.question is null then coalesce(p_ask ->> 'chosen_model', model) else model end,
        last_message_at = oneai.now(), updated_at = oneai.now()
    where id = talk.id;
  end if;
  question := oneai.write_turn(talk.id, p_user, p_ask, place);
  select * into asked from oneai.chat_messages where id = question;
  past := oneai.history(talk.id, (offer ->> 'history_bytes')::bigint, asked.sequence_number);
  perform oneai.hold(person, (a.value ->> 'id')::uuid, a.value ->> 'model', offer #> array['answers', (a.place - 1)::text],
    octet_length(asked.content) + octet_length(past::text) + coalesce((p_ask ->> 'prompt_bytes_extra')::bigint, 0)
      -- An image counts as 1,600 tokens; quotes within a message are escaped and look different.
      + 4800 * regexp_count(past::text, '"type": "image"'))
  from jsonb_array_elements(p_ask -> 'answers') with ordinality as a (value, place);
  return json_build_object('conversation_id', talk.id, 'user_message_id', asked.id, 'message', asked.content,
    'attachments', asked.metadata -> 'attachments', 'tier', person.subscription_tier,
    'system_prompt', talk.system_prompt, 'history', past, 'spend_percent', percent, 'lapsed', found.lapsed);
end
$$;

-- Makes a version the visible one, and brings back the branch that hung on it. Choosing one of several answers that
-- are still being written stops the others. ON404.
create function oneai.activate(p_user uuid, p_conversation uuid, p_message uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  chosen oneai.chat_messages;
begin
  perform 1 from oneai.conversations
  where id = p_conversation and user_id = p_user and coalesce(forget_at > oneai.now(), true) for update;
  if found then
    select * into chosen from oneai.chat_messages where id = p_message and conversation_id = p_conversation;
  end if;
  if chosen.id is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.show(p_message);
  update oneai.chat_messages set stop_requested_at = oneai.now()
  where turn_id = chosen.turn_id and id <> p_message and state = 'streaming' and stop_requested_at is null;
  update oneai.conversations set updated_at = oneai.now() where id = p_conversation;
end
$$;

-- An answer's text put right by hand: a sibling of revision type user_edit that one sees from now on. `lapsed`: the
-- conversation's last answer was found dead and is settled. ON404, ON409 while an answer is being written, ON422 for
-- a question.
create function oneai.correct_answer(
  p_user uuid, p_conversation uuid, p_message uuid, p_content text, out corrected uuid, out lapsed boolean)
language plpgsql security definer set search_path = ''
as $$
declare
  talk record;
  answer oneai.chat_messages;
begin
  -- The person first, as whoever may settle an answer on the way.
  perform 1 from oneai.users where id = p_user for no key update;
  select * into talk from oneai.find_conversation(p_user, jsonb_build_object('conversation_id', p_conversation));
  select * into answer from oneai.chat_messages where id = p_message and conversation_id = p_conversation;
  if answer.id is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if answer.role = 'user' then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'mid', 'code', 'not_an_answer', 'message',
        'This is a question; it can only be asked anew.')))::text;
  end if;
  insert into oneai.chat_messages (
    conversation_id, user_id, role, content, model_id, model_served, provider, metadata, sequence_number,
    revision_number, parent_message_id, original_message_id, revision_type, is_chosen, is_latest, ended_at)
  values (
    p_conversation, p_user, answer.role, p_content, answer.model_id, answer.model_served, answer.provider,
    answer.metadata, answer.sequence_number, oneai.next_revision(p_conversation, answer.sequence_number),
    answer.parent_message_id, coalesce(answer.original_message_id, answer.id), 'user_edit', false, false, oneai.now())
  returning id into corrected;
  perform oneai.show(corrected);
  update oneai.conversations set updated_at = oneai.now() where id = p_conversation;
  lapsed := talk.lapsed;
end
$$;

revoke execute on function oneai.show, oneai.history, oneai.find_conversation, oneai.find_place, oneai.write_turn,
  oneai.hold, oneai.activate, oneai.correct_answer from public;
grant execute on function oneai.activate, oneai.correct_answer to oneai_app;
