-- What an answer may weigh at most is held with its unit, where tokens or cost are limited; and somebody may ask what a
-- question would hold before it is sent.

-- The terms of the person's plan for what is asked. ON403 where the plan has not the model, or with the code of what
-- else refuses it, ON422 where the message is too long for it.
create function oneai.terms(p_tier text, p_ask jsonb, p_offers jsonb, p_question uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  offer jsonb := p_offers -> p_tier;
  refusal text;
begin
  select coalesce(offer ->> 'refusal', min(a.value ->> 'refusal')) into refusal
  from jsonb_array_elements(offer -> 'answers') as a;
  if offer is null or refusal is not null then
    raise exception using errcode = 'ON403', message = coalesce(refusal, 'model_not_in_plan');
  end if;
  if length(coalesce(p_ask ->> 'message', (select m.content from oneai.chat_messages as m where m.id = p_question)))
    > (offer ->> 'message_characters')::bigint
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', case when p_question is null then 'message' else 'regenerate_of' end,
        'code', 'too_long', 'message', 'The message is too long for your plan.')))::text;
  end if;
  return offer;
end
$$;

-- How many tokens the prompt may have at most, one for every three bytes. Of what came before, as much is sent as the
-- plan lets in; the question, what comes along with it, and the conversation's instructions are sent however long they
-- are. What exceeds the model's context nobody answers.
create function oneai.prompt_tokens(p_message text, p_system text, past json, p_ask jsonb, offer jsonb) returns bigint
language sql immutable
as $$
  select least((b.stays + b.may_go) / 3 + 1, greatest((offer ->> 'input_tokens')::bigint, b.stays / 3 + 1),
    (offer ->> 'context_tokens')::bigint)
  from (
    select octet_length(p_message) + coalesce(octet_length(p_system), 0)
      + coalesce((p_ask ->> 'prompt_bytes_extra')::bigint, 0) as stays,
      -- An image counts as 1,600 tokens; quotes within a message are escaped and look different.
      octet_length(past::text) + 4800 * pg_catalog.regexp_count(past::text, '"type": "image"') as may_go
  ) as b
$$;

-- What one answer is to hold: its unit; and where they are limited, tokens and cost (micro-dollars) at most: the prompt,
-- and all the tokens it may write.
create function oneai.weigh(
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
  where q.user_id = p_user and q.quota_key in ('cost', 'tokens') and oneai.limit_of(q, oneai.now()) is not null;
end
$$;

-- Holds `p_held` micro-dollars of what a person may hold and record on one UTC day (`p_ceiling`; null: no ceiling).
-- With nothing held or recorded yet, one answer is let in whatever it may cost. Nothing is held of a day that ended while
-- the question was asked. ON429 with the time of the next day.
create function oneai.hold_of_day(p_user uuid, p_held bigint, p_ceiling bigint) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  today date := oneai.today();
begin
  update oneai.users
  set spend_micro_usd = case when spend_day > today then spend_micro_usd
        when spend_day = today then spend_micro_usd + p_held else p_held end,
      spend_day = greatest(spend_day, today)
  where id = p_user
    and (spend_day is distinct from today or spend_micro_usd <= 0 or spend_micro_usd + p_held <= p_ceiling) is not false;
  if not found then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object(
      'message', 'You have reached what your plan may use in one day. A new day begins at midnight UTC.',
      'resets_at', to_char(today + 1, 'YYYY-MM-DD"T"00:00:00"Z"'),
      'retry_after', ceil(extract(epoch from (today + 1)::timestamp at time zone 'UTC' - oneai.now())))::text;
  end if;
end
$$;

-- ON429 after ten answers of one person within an hour that cost the house something and the person no unit, until the
-- tenth of them is an hour old. What cost nothing locks nobody out.
create function oneai.check_uncharged(p_user uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  tenth timestamptz;
begin
  select r.uncharged_cost_at into tenth from oneai.reservations as r
  where r.user_id = p_user and r.uncharged_cost_at > oneai.now() - interval '1 hour'
  order by r.uncharged_cost_at desc offset 9 limit 1;
  if found then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object(
      'message', 'Too many of your answers broke off before their first word. Please try again later.',
      'retry_after', ceil(extract(epoch from tenth + interval '1 hour' - oneai.now())))::text;
  end if;
end
$$;

-- Holds what one answer needs. `quota` is its key's, `budget` the tokens it may write where tokens or cost are limited.
drop function oneai.hold(oneai.users, uuid, text, jsonb, bigint);
create function oneai.hold(
  person oneai.users, p_message uuid, p_model text, offer jsonb, p_prompt_tokens bigint) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  weight record;
begin
  select * into weight from oneai.weigh(person.id, offer, p_prompt_tokens);
  perform oneai.hold_of_day(person.id, weight.cost, (offer ->> 'daily_ceiling_micro_usd')::bigint);
  insert into oneai.reservations (
    id, user_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    completion_micro_usd_per_token, held_micro_usd, spend_day, text_key)
  values (
    p_message, person.id, oneai.now() + oneai.lease(), person.subscription_tier, p_model,
    offer ->> 'price_version', weight.prompt_cost, coalesce((offer ->> 'completion_micro_usd_per_token')::numeric, 0),
    weight.cost, oneai.today(), offer ->> 'text_key');
  perform oneai.reserve(person.id, p_message, weight.lines);
  perform oneai.add_spend(person.id, oneai.today(), weight.cost, 0);
  return json_build_object(
    'budget', case when jsonb_array_length(weight.lines) > 1 then weight.answer_tokens end,
    'quota', (
      select oneai.quota_face(q) from oneai.usage_quotas as q
      where q.user_id = person.id and q.quota_key = offer ->> 'quota_key'));
end
$$;

-- ------------------------------------------------------------------------------------------------------ open streams

-- A stream occupies an execution of the function until its answer ends, whether or not its client is still there. So a
-- person has few: answers at once, and as many followers again (streams of answers that another request began).

create index reservations_open_of_person on oneai.reservations (user_id) where settled_at is null;

-- Each follower has a lease of its own, which its reads of the answer renew: that of a process that died ends by itself.
-- No foreign key to the answer: settling it ends its followers, and nothing that deletes messages waits for one.
create table oneai.answer_followers (
  id uuid primary key,
  message_id uuid not null,
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- Which came first.
  n bigint generated always as identity,
  held_until timestamptz not null
);
create index answer_followers_of_person on oneai.answer_followers (user_id);
create index answer_followers_of_answer on oneai.answer_followers (message_id);

alter table oneai.answer_followers enable row level security;
revoke all on oneai.answer_followers from anon, authenticated, service_role;

-- How many answers of this person are being written.
create function oneai.open_answers(p_user uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select count(*)::integer from oneai.reservations as r
  where r.user_id = p_user and r.settled_at is null and r.held_until > oneai.now()
$$;

-- Ends the person's oldest followers beyond `p_room` (null: any number), and those of `p_message` beyond two; the ids of
-- those that lived. The caller has locked the person.
create function oneai.end_followers(p_user uuid, p_room integer, p_message uuid) returns uuid[]
language sql security definer set search_path = ''
as $$
  delete from oneai.answer_followers as f where f.user_id = p_user and f.held_until <= oneai.now();
  with placed as (
    select f.id, f.message_id, row_number() over (order by f.n desc) as place,
      row_number() over (partition by f.message_id order by f.n desc) as place_there
    from oneai.answer_followers as f where f.user_id = p_user
  ), ended as (
    delete from oneai.answer_followers as f using placed as p
    where f.id = p.id and (p.place > p_room or (p.message_id = p_message and p.place_there > 2)) returning f.id
  )
  select coalesce(array_agg(e.id), '{}') from ended as e
$$;

-- Makes room for `p_new` answers of a person who may have `p_at_once` (null: any number). ON429 where there is none.
create function oneai.check_streams(p_user uuid, p_at_once integer, p_new integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  streams integer := oneai.open_answers(p_user) + p_new;
begin
  if streams > p_at_once then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object('retry_after', 5,
      'message', format('Your plan writes %s answers at once. Please wait for one of them to end, or stop it.',
        p_at_once))::text;
  end if;
  if exists (select from oneai.answer_followers as f where f.user_id = p_user) then
    perform oneai.end_followers(p_user, 2 * p_at_once - streams, null);
  end if;
end
$$;

-- Follows an answer of the asking person (`p_first`), or goes on doing so. The newest follower always gets its place:
-- the third one before it of the same answer is ended for it, and the oldest of all where answers and followers would
-- be more than twice the answers of the plan (p_at_once: {tier: answers}). The ids of those ended; null where
-- this one was ended itself, or did not renew its lease in time.
create function oneai.follow(p_message uuid, p_follower uuid, p_first boolean, p_at_once jsonb) returns uuid[]
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
  ended uuid[];
begin
  if not p_first then
    update oneai.answer_followers as f set held_until = oneai.now() + oneai.lease()
    where f.id = p_follower and f.user_id = (select auth.uid()) and f.held_until > oneai.now();
    -- The statement that calls this may have begun before the answer was settled, which ends its followers.
    return case when found or not exists (
      select from oneai.chat_messages as m where m.id = p_message and m.state = 'streaming') then '{}'::uuid[] end;
  end if;
  select * into person from oneai.users where id = (select auth.uid()) for no key update;
  ended := oneai.end_followers(person.id, greatest(
    2 * (p_at_once ->> person.subscription_tier)::integer - oneai.open_answers(person.id) - 1, 0), p_message);
  insert into oneai.answer_followers (id, message_id, user_id, held_until)
  select p_follower, m.id, m.user_id, oneai.now() + oneai.lease() from oneai.chat_messages as m
  where m.id = p_message and m.user_id = person.id and m.state = 'streaming'
  on conflict (id) do nothing;
  return ended;
end
$$;

revoke execute on function oneai.open_answers, oneai.end_followers, oneai.check_streams, oneai.follow from public;
grant execute on function oneai.follow to authenticated;

-- ---------------------------------------------------------------------------------------------------------- admission

-- Lets a question in, in one round trip: every check of a chat request, a reservation for every answer, the question
-- and its empty answers, all or nothing.
-- p_ask: conversation_id, edit_of, regenerate_of, temporary, message, fingerprint, answers [{"id", "model"}] (the first
-- id is p_message), chosen_model (null: the operator's default), any_model (the person named none), prompt_bytes_extra
-- (what attachments add to the prompt), require_confirmed, spend_limit_micro_usd, metadata.
-- p_offers by tier: refusal (a code), free, message_characters (null: any number), history_bytes, answers_at_once (null:
-- any number), answers [{refusal, quota_key, text_key (of models that draw: where the unit of words goes), unit prices,
-- answer_tokens, input_tokens, context_tokens, price_version, daily_ceiling_micro_usd (null: none)}] in the order of p_ask.answers.
-- Where the answer to be given anew, or the conversation, has a model of its own and the person named none, nothing
-- happens and {"usual_models"} comes back, that of the answer first, to be asked again with the terms for the first of
-- them that is on offer.
-- `holds` of what it returns are oneai.hold's, in the same order. Refuses with ON401, ON403, ON404, ON409, ON422, ON429, ON503; the message is the code, the detail JSON.
create or replace function oneai.admit(p_user uuid, p_message uuid, p_ask jsonb, p_offers jsonb) returns json
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
  person := oneai.known_person(p_user, (p_ask ->> 'require_confirmed')::boolean);
  past := oneai.asked_before(p_user, p_message, p_ask);
  if past is not null then
    return past;
  end if;
  select * into found from oneai.find_conversation(p_user, p_ask);
  talk := found.talk;
  place := oneai.find_place(talk.id, p_ask);
  if (p_ask ->> 'any_model')::boolean then
    usual := array_remove(array[
      (select m.model_id from oneai.chat_messages as m where m.id = (p_ask ->> 'regenerate_of')::uuid), talk.model], null);
    if usual[1] <> p_ask #>> '{answers,0,model}' then
      return json_build_object('usual_models', usual, 'lapsed', found.lapsed);
    end if;
  end if;
  offer := oneai.terms(person.subscription_tier, p_ask, p_offers, place.question);
  percent := oneai.check_spend((p_ask ->> 'spend_limit_micro_usd')::bigint, (offer ->> 'free')::boolean);
  perform oneai.check_uncharged(p_user);

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
  perform oneai.check_streams(p_user, (offer ->> 'answers_at_once')::integer, jsonb_array_length(p_ask -> 'answers'));
  question := oneai.write_turn(talk.id, p_user, p_ask, place);
  select * into asked from oneai.chat_messages where id = question;
  past := oneai.history(talk.id, (offer ->> 'history_bytes')::bigint, asked.sequence_number);
  select json_agg(oneai.hold(
    person, a.id, a.model, a.terms,
    oneai.prompt_tokens(asked.content, talk.system_prompt, past, p_ask, a.terms)) order by a.place) into holds
  from (
    select (each.value ->> 'id')::uuid as id, each.value ->> 'model' as model,
      offer #> array['answers', (each.place - 1)::text] as terms, each.place
    from jsonb_array_elements(p_ask -> 'answers') with ordinality as each (value, place)
  ) as a;
  return json_build_object('conversation_id', talk.id, 'user_message_id', asked.id, 'message', asked.content,
    'attachments', asked.metadata -> 'attachments', 'tier', person.subscription_tier,
    'system_prompt', talk.system_prompt, 'history', past, 'spend_percent', percent, 'lapsed', found.lapsed,
    'holds', holds);
end
$$;

-- What oneai.admit would hold for the same p_ask and p_offers, by the same reckoning; nothing is stored or held.
-- `lines` [{"quota_key", "units"}] of all answers together, `allowed` whether each of them fits just now and all of them
-- fit into the day, and for every answer what was reckoned with. Refuses as oneai.admit, but for units and for what is busy.
create function oneai.quote(p_user uuid, p_ask jsonb, p_offers jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
  branch uuid := coalesce(p_ask ->> 'edit_of', p_ask ->> 'regenerate_of')::uuid;
  talk oneai.conversations;
  place oneai.place;
  usual text[];
  offer jsonb;
  asked text;
  past json;
  spent bigint;
  ceiling bigint;
begin
  person := oneai.known_person(p_user, (p_ask ->> 'require_confirmed')::boolean);
  if coalesce(p_ask ->> 'conversation_id', branch::text) is not null then
    select c.* into talk from oneai.conversations as c
    where c.id = coalesce((p_ask ->> 'conversation_id')::uuid,
        (select m.conversation_id from oneai.chat_messages as m where m.id = branch))
      and c.user_id = p_user and coalesce(c.forget_at > oneai.now(), true);
    if not found then
      raise exception using errcode = 'ON404', message = 'not_found';
    end if;
  end if;
  place := oneai.find_place(talk.id, p_ask);
  if (p_ask ->> 'any_model')::boolean then
    usual := array_remove(array[
      (select m.model_id from oneai.chat_messages as m where m.id = (p_ask ->> 'regenerate_of')::uuid), talk.model], null);
    if usual[1] <> p_ask #>> '{answers,0,model}' then
      return json_build_object('usual_models', usual);
    end if;
  end if;
  offer := oneai.terms(person.subscription_tier, p_ask, p_offers, place.question);
  perform oneai.check_spend((p_ask ->> 'spend_limit_micro_usd')::bigint, (offer ->> 'free')::boolean);
  perform oneai.check_uncharged(p_user);
  spent := case when person.spend_day = oneai.today() then person.spend_micro_usd else 0 end;
  ceiling := (offer #>> '{answers,0,daily_ceiling_micro_usd}')::bigint;
  asked := coalesce(p_ask ->> 'message', (select m.content from oneai.chat_messages as m where m.id = place.question));
  past := oneai.history(talk.id, (offer ->> 'history_bytes')::bigint, place.sequence);
  return (
    with weighed as (
      select a.n, a.value ->> 'model' as model, terms.value ->> 'price_version' as price_version, w.*
      from jsonb_array_elements(p_ask -> 'answers') with ordinality as a (value, n)
      join jsonb_array_elements(offer -> 'answers') with ordinality as terms (value, n) on terms.n = a.n
      cross join oneai.weigh(
        p_user, terms.value, oneai.prompt_tokens(asked, talk.system_prompt, past, p_ask, terms.value)) as w
    ), line as (
      select l.quota_key, sum(l.held) as units
      from weighed, jsonb_to_recordset(weighed.lines) as l (quota_key text, held bigint) group by l.quota_key
    ), judged as (
      select line.*, coalesce(s.used + s.reserved + line.units <= s.most + q.grace_units, false) as fits
      from line left join oneai.usage_quotas as q on q.user_id = p_user and q.quota_key = line.quota_key
      left join oneai.standing(q, oneai.now()) as s on true
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

-- An answer of a model that draws brought words and no picture: while it is being settled its unit moves to the text key
-- of the model's price, if one is left there in a window that was open when the answer was asked for; else it stays.
-- Locks the person first, who has several quotas here.
create function oneai.move_unit_to_text(p_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.reservations;
  line oneai.reservation_lines;
  begun timestamptz;
begin
  select * into held from oneai.reservations where id = p_id and settled_at is null for update;
  if not found then
    return;
  end if;
  perform oneai.reset(held.user_id);
  select * into line from oneai.reservation_lines where reservation_id = p_id and unit = 'messages' for update;
  update oneai.usage_quotas as q set reserved = q.reserved + line.held, updated_at = oneai.now()
  where q.user_id = held.user_id and q.quota_key = held.text_key and q.quota_key <> line.quota_key
    and q.window_start <= held.created_at
    and q.used + q.reserved + line.held <= oneai.limit_of(q, oneai.now()) + q.grace_units
  returning q.window_start into begun;
  if not found then
    return;
  end if;
  update oneai.usage_quotas as q set reserved = q.reserved - line.held, updated_at = oneai.now()
  where q.user_id = held.user_id and q.quota_key = line.quota_key and q.window_start = line.window_start;
  update oneai.reservation_lines set quota_key = held.text_key, window_start = begun
  where reservation_id = p_id and quota_key = line.quota_key and unit = 'messages';
end
$$;

-- The end of an answer: text, usage, cost and reservation together; answers what `done` tells, and whether the
-- conversation is to get a title (`untitled`, said once in its life, to the producer that sent `titles`).
-- p_outcome: content, state, sent (the request had left for the upstream), finish_reason, error_code, model, provider,
-- generation_id, metadata, first_token_ms, titles,
-- usage {prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cost_micro_usd, estimated}.
-- Coming a second time, or after settle_lapsed, it may lengthen the text, bring images, correct the cost, and say that
-- the text was whole after all, which silence alone did not tell; nothing counts twice.
-- A unit counts for text or a picture, for an answer that ended by itself (`complete`, which may be all thoughts), and
-- for one that its person ended (`stopped`) after the request had left. `failed` means that nothing is charged.
create or replace function oneai.settle(p_message uuid, p_outcome jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  answer oneai.chat_messages;
  held oneai.reservations;
  u jsonb := p_outcome -> 'usage';
  txt text := coalesce(p_outcome ->> 'content', '');
  images boolean := coalesce(p_outcome #> '{metadata,images}', '[]') <> '[]';
  quota text;
  units integer := (images or txt <> '' or p_outcome ->> 'state' = 'complete'
    or (p_outcome ->> 'state' = 'stopped' and coalesce((p_outcome ->> 'sent')::boolean, false)))::integer;
  first boolean;
  untitled boolean := false;
begin
  perform oneai.lock_turn(p_message);
  select * into answer from oneai.chat_messages where id = p_message for update;
  if txt <> '' and not images and exists (
    select from oneai.reservations where id = p_message and settled_at is null and text_key is not null)
  then
    perform oneai.move_unit_to_text(p_message);
  end if;
  first := oneai.settle_reservation(p_message, units,
    coalesce((u ->> 'prompt_tokens')::bigint, 0) + coalesce((u ->> 'completion_tokens')::bigint, 0),
    coalesce((u ->> 'cost_micro_usd')::bigint, 0));
  select * into held from oneai.reservations where id = p_message;
  select l.quota_key into quota from oneai.reservation_lines as l
  where l.reservation_id = p_message and l.unit = 'messages';
  delete from oneai.answer_followers where message_id = p_message;
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
  if first and units > 0 and (p_outcome ->> 'titles')::boolean then
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

revoke execute on function oneai.terms, oneai.prompt_tokens, oneai.weigh, oneai.hold_of_day, oneai.check_uncharged,
  oneai.hold, oneai.quote, oneai.move_unit_to_text from public;
grant execute on function oneai.quote to oneai_app;
