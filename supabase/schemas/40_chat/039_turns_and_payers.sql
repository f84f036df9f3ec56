-- What an admission writes and asks: the turn, who pays it, and its conversation.

-- The characters of the question: those of the request, else of the stored one that gets another answer.
create function oneai.question_length(p_request jsonb, p_question uuid) returns integer
language plpgsql stable security definer set search_path = ''
as $$
begin
  return length(coalesce(p_request ->> 'message', (
    select m.content from oneai.chat_messages as m where m.id = p_question)));
end
$$;
revoke execute on function oneai.question_length from public;

-- The terms of the workspace's plan for this question. ON403 with the tier where the plan does not include the model, or
-- with the code of the terms' own `refusal`; ON422 where the message is too long for the plan.
create function oneai.plan_terms(p_tier text, p_request jsonb, p_terms jsonb, p_question uuid) returns oneai.tier_terms
language plpgsql stable security definer set search_path = ''
as $$
declare
  terms oneai.tier_terms := p_terms -> p_tier;
  refusal text;
begin
  if terms ->> 'refusal' is not null then
    raise exception using errcode = 'ON403', message = terms ->> 'refusal';
  end if;
  if terms is null or jsonb_path_exists(terms, '$.answers[*].refusal ? (@ != null)') then
    refusal := (select min(a.value ->> 'refusal') from jsonb_array_elements(terms -> 'answers') as a);
    raise exception using errcode = 'ON403', message = coalesce(refusal, 'model_not_in_plan'),
      detail = jsonb_build_object('tier', p_tier)::text;
  end if;
  if oneai.question_length(p_request, p_question) > (terms ->> 'message_characters')::bigint then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', case when p_question is null then 'message' else 'regenerate_of' end,
        'code', 'too_long')))::text;
  end if;
  return terms;
end
$$;
revoke execute on function oneai.plan_terms from public;

-- Stores the question, if it is new, and one empty answer for each of p_request.answers ([{"id", "model"}]); the first
-- becomes visible. The conversation gets the attached files. Returns the question's id, which is p_request.question_id
-- if it has one; ON409 if a message already has it. `p_adjusted` is what oneai.adjusted_answer returns.
-- One plan serves all calls. Postgres would plan the insert for each, since it expects fewer answers of known parameters,
-- and planning takes longer than inserting.
create function oneai.write_turn(
  p_conversation oneai.conversations, p_user uuid, p_request jsonb, p_position oneai.turn_position, p_adjusted jsonb) returns uuid
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  question uuid := coalesce(p_position.question, (p_request ->> 'question_id')::uuid, gen_random_uuid());
  first uuid := (p_request #>> '{answers,0,id}')::uuid;
  question_revision integer := 0;
  answer_revision integer := 0;
  defers_indexing text;
begin
  if p_position.question is null and p_request ->> 'question_id' is not null
    and exists (select from oneai.chat_messages where id = question)
  then
    raise exception using errcode = 'ON409', message = 'idempotency_conflict';
  end if;
  if p_position.branches or p_position.sequence > 1 then
    select coalesce(max(m.revision_number) filter (where m.sequence_number = p_position.sequence) + 1, 0),
      coalesce(max(m.revision_number) filter (where m.sequence_number > p_position.sequence) + 1, 0)
    into question_revision, answer_revision
    from oneai.chat_messages as m
    where m.conversation_id = p_conversation.id and m.sequence_number in (p_position.sequence, p_position.sequence + 1);
  end if;
  -- The question's words are indexed with its answer. Only for this statement, because others in the transaction may
  -- store text.
  defers_indexing := set_config('oneai.defers_indexing', 'true', true);
  insert into oneai.chat_messages (
    id, conversation_id, user_id, visitor_id, workspace_id, visibility, role, state, content, model_id, sequence_number,
    revision_number, parent_message_id, original_message_id, revision_type, is_chosen, is_latest, turn_id, fingerprint,
    metadata)
  select question, p_conversation.id, p_user, p_conversation.visitor_id, p_conversation.workspace_id, p_conversation.visibility, 'user', 'complete', p_request ->> 'message',
    p_request #>> '{answers,0,model}',
    p_position.sequence, question_revision, p_position.parent,
    p_position.original_question, case when p_position.original_question is not null then 'user_edit' end,
    not p_position.branches, not p_position.branches,
    null, null, coalesce(p_request -> 'metadata', '{}')
  where p_position.question is null
  union all
  select (answer.value ->> 'id')::uuid, p_conversation.id, p_user, p_conversation.visitor_id, p_conversation.workspace_id,
    p_conversation.visibility, 'assistant', 'streaming', '', answer.value ->> 'model',
    p_position.sequence + 1, answer_revision + answer.n::integer - 1,
    question,
    p_position.original_answer, case when p_position.original_answer is not null then 'regeneration' end,
    not p_position.branches and answer.n = 1, not p_position.branches and answer.n = 1, first,
    case when answer.n = 1 then p_request ->> 'fingerprint' end, oneai.adjusted_metadata(p_request, p_adjusted)
  from jsonb_array_elements(p_request -> 'answers') with ordinality as answer (value, n);
  defers_indexing := set_config('oneai.defers_indexing', 'false', true);
  perform oneai.attach_documents(p_conversation.id, p_request);
  if p_position.branches then
    perform oneai.show_branch(first);
  end if;
  return question;
end
$$;
revoke execute on function oneai.write_turn from public;

-- The workspace that pays for a request, as oneai.require_active_user returns it: that of the question's conversation, of
-- the API key, the one that the request chose, or else the user's own. ON404 if the request chose another one than the
-- conversation's, or the user has left it. p_of_visit: the workspace of a chatbot that a visitor or a user asks, which is
-- locked and pays.
create function oneai.require_payer(p_user uuid, p_request jsonb, p_api_key uuid, p_of_visit uuid default null)
returns oneai.workspaces
language plpgsql security definer set search_path = ''
as $$
declare
  branch uuid := coalesce(p_request ->> 'edit_of', p_request ->> 'regenerate_of')::uuid;
  conversation uuid := (p_request ->> 'conversation_id')::uuid;
  payer uuid;
  of_visit oneai.workspaces;
begin
  if p_user is null then
    select * into of_visit from oneai.workspaces where id = p_of_visit;
    return of_visit;
  end if;
  if p_of_visit is not null then
    return oneai.require_active_user(p_user, p_of_visit, (p_request ->> 'require_confirmed')::boolean);
  end if;
  if conversation is null and branch is not null then
    conversation := (select m.conversation_id from oneai.chat_messages as m where m.id = branch);
  end if;
  if conversation is not null then
    payer := (select c.workspace_id from oneai.conversations as c where c.id = conversation and c.user_id = p_user);
    if payer is not null and (payer <> p_user or oneai.chosen_workspace() is not null) then
      perform oneai.require_named(p_user, payer, 'write');
    end if;
  end if;
  if payer is null and p_api_key is not null then
    payer := (select k.workspace_id from oneai.api_keys as k where k.id = p_api_key and k.user_id = p_user);
  end if;
  return oneai.require_active_user(
    p_user, coalesce(payer, oneai.chosen_workspace(), p_user), (p_request ->> 'require_confirmed')::boolean);
end
$$;
revoke execute on function oneai.require_payer from public;

-- Consumes the rate of a team that the question's conversation names; the check of a request has consumed that of a team
-- which the request chose. ON429.
create function oneai.take_team_rate_of_question(p_user uuid, p_payer uuid, p_request oneai.question_request) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if p_payer <> p_user and p_request ? 'team_rate' and oneai.chosen_workspace() is null then
    perform oneai.take_rate(p_payer::text, 'team_asking', (p_request #>> '{team_rate,0}')::integer,
      (p_request #>> '{team_rate,1}')::integer, 1);
  end if;
end
$$;
revoke execute on function oneai.take_team_rate_of_question from public;

-- The conversation; ON503 if it moved to another workspace after p_workspace, which was to pay, was locked.
create function oneai.require_unmoved(conversation oneai.conversations, p_workspace uuid) returns oneai.conversations
language plpgsql immutable set search_path = ''
as $$
begin
  if conversation.workspace_id <> p_workspace then
    raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
  end if;
  return conversation;
end
$$;
revoke execute on function oneai.require_unmoved from public;

-- Creates the conversation of a question of a user or a visitor (p_visit), under the id in p_request, if any; p_message is running in it. ON404 if that
-- is the id of another user's conversation, or of a temporary one that has expired.
create function oneai.begin_conversation(
  p_user uuid, p_workspace uuid, p_message uuid, p_request jsonb, p_visit oneai.visit default null)
returns oneai.conversations
language plpgsql security definer set search_path = ''
as $$
declare
  conversation oneai.conversations;
  defers_indexing text;
begin
  -- The title is indexed with the answer.
  defers_indexing := set_config('oneai.defers_indexing', 'true', true);
  insert into oneai.conversations (
    id, user_id, visitor_id, chatbot_id, workspace_id, title, answering_until, answering_message_id, model, web_search, temporary,
    temporary_ttl)
  values (coalesce((p_request ->> 'conversation_id')::uuid, gen_random_uuid()),
    p_user, p_visit.visitor_id, p_visit.chatbot_id, p_workspace, p_request ->> 'title', oneai.now() + oneai.lease(), p_message, p_request ->> 'chosen_model',
    coalesce((p_request ->> 'web_search')::boolean, false), coalesce((p_request ->> 'temporary')::boolean, false),
    make_interval(secs => coalesce((p_request ->> 'temporary_seconds')::integer, 600)))
  on conflict (id) do nothing returning * into conversation;
  defers_indexing := set_config('oneai.defers_indexing', 'false', true);
  if conversation.id is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return conversation;
end
$$;
revoke execute on function oneai.begin_conversation from public;

-- Sets p_message as the running answer of an existing conversation, which gets the model and the setting for the web
-- that p_request has, and keeps its own where it has none. The request's title names it if it has none, or, with an
-- edited first question (`p_first`), if it only has the first words of the earlier one.
create function oneai.continue_conversation(p_conversation uuid, p_message uuid, p_request jsonb, p_first boolean)
returns void
language plpgsql
as $$
begin
  update oneai.conversations
  set answering_until = oneai.now() + oneai.lease(), answering_message_id = p_message, expires_at = null,
      model = coalesce(p_request ->> 'chosen_model', model),
      web_search = coalesce((p_request ->> 'web_search')::boolean, web_search),
      title = case when temporary then title
        when p_first and title_source = 'auto' and title_requested_at is null
          then coalesce(p_request ->> 'title', title)
        else coalesce(title, p_request ->> 'title') end,
      last_message_at = oneai.now(), updated_at = oneai.now()
  where id = p_conversation;
end
$$;
revoke execute on function oneai.continue_conversation from public;
