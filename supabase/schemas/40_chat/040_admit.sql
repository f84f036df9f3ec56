-- Admits a question: its position in the tree, and the reservations of its answers.

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

-- The models for a question that names none: that of the answer to regenerate, the conversation's, and the user's own.
-- The first available one is used.
create function oneai.preferred_models(p_user uuid, p_request jsonb, p_conversation_model text) returns text[]
language plpgsql stable security definer set search_path = ''
as $$
begin
  return array_remove(array[
    (select m.model_id from oneai.chat_messages as m where m.id = (p_request ->> 'regenerate_of')::uuid),
    p_conversation_model,
    (select p.default_model from oneai.preferences as p where p.user_id = p_user)], null);
end
$$;
revoke execute on function oneai.preferred_models from public;

-- The request of a question about these documents: its metadata has them, and its prompt has room for passages.
create function oneai.add_documents(p_request jsonb, p_documents jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return case when p_documents is null then p_request else p_request || jsonb_build_object(
    'metadata', coalesce(p_request -> 'metadata', '{}') || p_documents,
    'prompt_bytes_extra', coalesce((p_request ->> 'prompt_bytes_extra')::bigint, 0)
      + coalesce((p_request ->> 'passages_bytes')::bigint, 0)) end;
end
$$;
revoke execute on function oneai.add_documents from public;

-- The terms of a question whose answers search the web where p_request.web_search says so, or else the conversation
-- (p_default): without `web_searches` for those that do not. ON422 where the question says so and a model cannot search;
-- the conversation's setting applies only to models that can.
create function oneai.add_web_search(p_request jsonb, p_default boolean, p_terms oneai.tier_terms)
returns oneai.tier_terms
language plpgsql immutable set search_path = ''
as $$
declare
  chosen constant boolean := (p_request ->> 'web_search')::boolean;
begin
  if chosen and jsonb_path_exists(p_terms, '$.answers[*] ? (!exists (@.web_searches))') then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'web_search', 'code', 'no_web_search')))::text;
  end if;
  return case when coalesce(chosen, p_default, false) then p_terms
    else jsonb_set(p_terms, '{answers}', (
      select jsonb_agg((a.value - 'web_searches') #- '{credits,web_searches}' #- '{own_key,terms,web_searches}' order by a.n)
      from jsonb_array_elements(p_terms -> 'answers') with ordinality as a (value, n))) end;
end
$$;
revoke execute on function oneai.add_web_search from public;

-- Whether own keys come first for every answer: what they cost without an answer is not the operator's.
create function oneai.own_keys_pay(p_terms jsonb) returns boolean
language sql immutable
as $$ select not jsonb_path_exists(p_terms, '$.answers[*] ? (!(@.sources[0] == "own_key"))') $$;
revoke execute on function oneai.own_keys_pay from public;

-- The terms of a question whose answers have at most p_max_tokens (null: any number), which its conversation allows. What the
-- question says itself (p_request.max_tokens) is in the terms already.
create function oneai.add_answer_length(p_request jsonb, p_max_tokens integer, p_terms oneai.tier_terms)
returns oneai.tier_terms
language plpgsql immutable set search_path = ''
as $$
begin
  return case when p_max_tokens is null or p_request ->> 'max_tokens' is not null then p_terms
    else jsonb_set(p_terms, '{answers}', (
      select jsonb_agg(a.value
        || jsonb_build_object('answer_tokens', least(p_max_tokens, (a.value ->> 'answer_tokens')::bigint))
        || case when a.value ? 'credits' then jsonb_build_object('credits', (a.value -> 'credits') || jsonb_build_object(
          'answer_tokens', least(p_max_tokens, (a.value #>> '{credits,answer_tokens}')::bigint))) else '{}' end
        || case when a.value ? 'own_key' then jsonb_build_object('own_key', jsonb_set(a.value -> 'own_key', '{terms,answer_tokens}',
          to_jsonb(least(p_max_tokens, (a.value #>> '{own_key,terms,answer_tokens}')::bigint)))) else '{}' end order by a.n)
      from jsonb_array_elements(p_terms -> 'answers') with ordinality as a (value, n))) end;
end
$$;
revoke execute on function oneai.add_answer_length from public;

-- Admits a question in one round trip: every check of a chat request, a reservation for every answer, the question and
-- its empty answers, all or nothing.
-- p_request: conversation_id, begins_conversation (it need not exist), question_id (null: any), edit_of, regenerate_of,
-- temporary, temporary_seconds (null: ten minutes), message, title (the first words of the message, for a stored
-- conversation that has no title), fingerprint, is_retry (see find_replay), has_prompt (the
-- request brings its own system prompt and history), answers [{"id", "model", "fallbacks" (models that may write it
-- instead)}] (the first id is p_message), chosen_model (null: the operator's default), any_model (the question names
-- none), prompt_bytes_extra (of attachments or a prompt), documents and collections (null: unchanged, see
-- oneai.documents_of_question), attached [{"id", "field"}] (attached files that were read as documents, and the field
-- of each for a refusal), passages_bytes (of the passages of all these), require_confirmed, spend_limit_micro_usd,
-- web_search (null: as the conversation has it, else not; else the conversation has it from now on), max_tokens (of an answer;
-- null: as the conversation has it), metadata,
-- credit_limit_micro_usd (what credits may pay in a day, of
-- all; null: no limit), team_rate [per minute, burst] (null: none; of the team that the conversation names, where the request chose no workspace,
-- whose rate its check consumed),
-- adjust {kind, language} (how the answer to regenerate is changed; the prompt has it, and the web is not searched by
-- the conversation's setting).
-- p_api_key: the key of the request, whose models, budget and limits apply too.
-- p_terms by tier, and those of `credits` and of `own_key` (null: there are no own keys here; with `routes`, as
-- oneai.keys_of_answers has them): refusal (a code), free, message_characters (null: any number), history_bytes, answers_at_once
-- and team_answers_at_once (null: any number), answers [{refusal, quota_key, text_key (for image models: the quota of the unit if only text is
-- written), unit prices, answer_tokens, input_tokens, context_tokens, price_version, daily_ceiling_micro_usd (null:
-- none), web_searches (how often it may search the web, if it is to; null: the model cannot), web_search_micro_usd and
-- web_search_tokens (the price of one search, and the tokens that it finds at most), models (those that may write it, of
-- credits)}] in the order of
-- p_request.answers.
-- With any_model, if the answer to regenerate, the conversation or the user's preferences have a model, nothing is
-- stored and {"preferred_models"} is returned, in that order; the caller repeats the call with the terms of the first
-- available one.
-- `reservations` of the result are those of oneai.reserve_answer, in the same order; `created` is when the answers were
-- stored, in seconds since 1970; `documents` what oneai.documents_asked returns; `branch` what oneai.branch_before
-- returns, `adjusted` what oneai.adjusted_answer returns, `options` the temperature and max_tokens that the conversation has.
-- p_visit: a chatbot is asked, by a visitor instead of p_user (oneai.admit_visitor), or by p_user in a preview
-- (oneai.admit_preview). Both have locked the workspace.
-- Refuses with ON401, ON402, ON403, ON404, ON409, ON422, ON429, ON503; the message is the code, the detail JSON.
create function oneai.admit(
  p_user uuid, p_message uuid, p_request oneai.question_request, p_terms jsonb, p_api_key uuid default null,
  p_visit oneai.visit default null)
returns json
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  payer oneai.workspaces;
  replay json;
  target record;
  conversation oneai.conversations;
  turn_position oneai.turn_position;
  preferred_models text[];
  terms oneai.tier_terms;
  spend_percent integer;
  question_id uuid;
  content text := p_request ->> 'message';
  metadata jsonb := p_request -> 'metadata';
  system_prompt text;
  history json;
  reservations json;
  documents jsonb;
  adjusted jsonb;
begin
  payer := oneai.require_payer(p_user, p_request, p_api_key, p_visit.workspace_id);
  p_request := oneai.add_api_key_to_fingerprint(p_request, p_api_key);
  replay := oneai.find_replay(p_user, p_visit.visitor_id, p_message, p_request);
  if replay is not null then
    return replay;
  end if;
  target := oneai.find_conversation(p_user, p_request, p_visit.visitor_id, p_visit.chatbot_id);
  conversation := oneai.require_unmoved(target.conversation, payer.id);
  turn_position := oneai.resolve_branch(conversation.id, p_request);
  if (p_request ->> 'any_model')::boolean then
    preferred_models := oneai.preferred_models(p_user, p_request, conversation.model);
    if preferred_models[1] <> p_request #>> '{answers,0,model}' then
      return json_build_object('preferred_models', preferred_models, 'expired', target.expired);
    end if;
  end if;
  perform oneai.require_models_allowed(p_api_key, p_request), oneai.take_team_rate_of_question(p_user, payer.id, p_request);
  terms := oneai.add_answer_length(p_request, conversation.max_tokens,
    oneai.add_web_search(p_request, conversation.web_search and p_request -> 'adjust' is null,
      oneai.terms_of_question(payer, p_visit.chatbot_id, p_request, p_terms, turn_position.question)));
  adjusted := oneai.adjusted_answer(p_request, terms, turn_position.question);
  spend_percent := coalesce((terms ->> 'spend_percent')::integer, oneai.check_spend_limit(
    (p_request ->> 'spend_limit_micro_usd')::bigint, (terms ->> 'free')::boolean));
  perform oneai.require_turn_of_visitor(p_visit, conversation.id, turn_position.sequence);
  if not oneai.own_keys_pay(terms) then
    perform oneai.check_uncharged_answers(p_user);
  end if;
  documents := oneai.documents_asked(p_user, payer.id, conversation.id, p_request, turn_position);
  p_request := oneai.add_adjusted_answer(oneai.add_documents(p_request, documents), adjusted);
  if conversation.id is null then
    conversation := oneai.begin_conversation(p_user, payer.id, p_message, p_request, p_visit);
  else
    perform oneai.continue_conversation(conversation.id, p_message,
      case when turn_position.question is null then p_request end, turn_position.sequence = 1);
  end if;
  perform oneai.check_concurrency(p_user, payer.id, terms, jsonb_array_length(p_request -> 'answers'));
  question_id := oneai.write_turn(conversation, p_user, p_request, turn_position, adjusted);
  if turn_position.question is not null then
    select m.content, m.metadata into content, metadata from oneai.chat_messages as m where m.id = question_id;
  end if;
  -- A chatbot has its own.
  system_prompt := case when (p_request ->> 'has_prompt')::boolean is not true and p_visit.chatbot_id is null
    then oneai.system_prompt(p_user, conversation.system_prompt) end;
  history := oneai.history_with_people(conversation, (terms ->> 'history_bytes')::bigint, turn_position.sequence);
  reservations := oneai.reserve_answers(
    payer, p_user, p_request, terms, content, system_prompt, history, p_api_key, p_visit, documents is not null);
  return json_build_object('conversation_id', conversation.id, 'workspace_id', payer.id, 'user_message_id', question_id,
    'message', content, 'attachments', metadata -> 'attachments', 'tier', payer.subscription_tier,
    'system_prompt', system_prompt, 'history', history, 'spend_percent', spend_percent,
    'credit_percent', coalesce((terms ->> 'credit_percent')::integer, 0),
    'expired', target.expired, 'reservations', reservations, 'documents', documents, 'adjusted', adjusted,
    'branch', oneai.branch_before(conversation, turn_position.sequence),
    'options', jsonb_build_object('temperature', conversation.temperature, 'max_tokens', conversation.max_tokens),
    'created', floor(extract(epoch from oneai.now()))::bigint);
end
$$;
revoke execute on function oneai.admit from public;
grant execute on function oneai.admit to oneai_app;
