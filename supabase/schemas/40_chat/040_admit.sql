-- Admits a question: its position in the tree, and the reservations of its answers.

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

-- What a model may write here after the first answer to a question in this conversation, and credits that pay the answer hold with it: a `title`, if
-- no model and no user has named it, and a `summary` of the messages before (p_continues: there are some), if no answers are compared. Null for a
-- chatbot, and where credits do not pay.
create function oneai.follows_question(
  conversation oneai.conversations, p_request jsonb, p_terms jsonb, p_visit oneai.visit, p_continues boolean) returns text[]
language plpgsql stable set search_path = ''
as $$
begin
  if p_visit.chatbot_id is not null or p_terms #> '{answers,0,credits}' is null then
    return null;
  end if;
  return array_remove(array[
    case when (p_request ->> 'titles')::boolean and oneai.may_be_titled(conversation) then 'title' end,
    case when p_continues and (p_request ->> 'summaries')::boolean and jsonb_array_length(p_request -> 'answers') = 1
      and oneai.may_be_summarised(conversation) then 'summary' end], null);
end
$$;
revoke execute on function oneai.follows_question from public;

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
-- all; null: no limit), titles and summaries (models write them here, and credits that pay the answer hold their prices), team_rate [per minute, burst] (null: none; of the team that the conversation names, where the request chose no workspace,
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
-- returns, `adjusted` what oneai.adjusted_answer returns, `options` the temperature and max_tokens that the conversation has,
-- `set_aside` what oneai.seconds_set_aside returns.
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
  reservations := oneai.reserve_answers(payer, p_user, p_request, terms, content, system_prompt, history, p_api_key, p_visit,
    documents is not null, oneai.follows_question(conversation, p_request, terms, p_visit, turn_position.sequence > 1));
  return json_build_object('conversation_id', conversation.id, 'workspace_id', payer.id, 'user_message_id', question_id,
    'message', content, 'attachments', metadata -> 'attachments', 'tier', payer.subscription_tier,
    'system_prompt', system_prompt, 'history', history, 'spend_percent', spend_percent,
    'credit_percent', coalesce((terms ->> 'credit_percent')::integer, 0),
    'expired', target.expired, 'reservations', reservations, 'documents', documents, 'adjusted', adjusted,
    'branch', oneai.branch_before(conversation, turn_position.sequence), 'set_aside', oneai.seconds_set_aside(),
    'options', jsonb_build_object('temperature', conversation.temperature, 'max_tokens', conversation.max_tokens),
    'created', floor(extract(epoch from oneai.now()))::bigint);
end
$$;
revoke execute on function oneai.admit from public;
grant execute on function oneai.admit to oneai_app;
