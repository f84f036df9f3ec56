-- The quota and money that an answer needs, estimated before it is requested, and its reservation.

-- Bytes of a text as it is sent: a line break within JSON has two.
create function oneai.serialised_bytes(p_text text) returns bigint
language plpgsql immutable
as $$
begin
  return coalesce(octet_length(to_json(p_text)::text) - 2, 0);
end
$$;
revoke execute on function oneai.serialised_bytes from public;

-- The maximum tokens of the prompt, one for every three bytes. As much of the history is sent as the plan allows; the
-- question, its attachments and the system prompt are sent in full. Never more than the model's context. For a request
-- that brings its prompt (`has_prompt`), `prompt_bytes_extra` counts everything except its message.
create function oneai.prompt_tokens(
  p_message text, p_system text, p_history json, p_request oneai.question_request, p_terms oneai.answer_terms)
returns bigint
language plpgsql immutable
as $$
declare
  fixed constant bigint := coalesce((p_request ->> 'prompt_bytes_extra')::bigint, 0) + case
    when (p_request ->> 'has_prompt')::boolean then octet_length(p_message)
    else oneai.serialised_bytes(p_message) + oneai.serialised_bytes(p_system) end;
  -- An image counts as 1,600 tokens; quotes within a message are escaped and look different.
  history constant bigint := case when (p_request ->> 'has_prompt')::boolean then 0
    else octet_length(p_history::text) + 4800 * pg_catalog.regexp_count(p_history::text, '"type": "image"') end;
begin
  return least((fixed + history) / 3 + 1, greatest((p_terms ->> 'input_tokens')::bigint, fixed / 3 + 1),
    (p_terms ->> 'context_tokens')::bigint);
end
$$;
revoke execute on function oneai.prompt_tokens from public;

-- The most that the vector of a question may cost, in micro-dollars, and a second one, if another model turns out to be in
-- use. Its first 5000 characters are embedded (documents/search.py), and no token is shorter than a byte. A test compares it
-- with the prices of models.
create function oneai.max_of_vector(p_question text) returns bigint
language sql immutable
as $$ select 2 * ceil(octet_length(left(p_question, 5000)) * 0.15)::bigint $$;
revoke execute on function oneai.max_of_vector from public;

-- The terms of an answer that credits or an own key may pay, with the tokens of its prompt in each case, and the most that
-- preparing it may cost (p_preparation, micro-dollars; null: nothing). In `credits` also what may follow it, as
-- oneai.lines_of_answer says of p_follows.
create function oneai.with_use_of_sources(
  p_message text, p_system text, p_history json, p_request oneai.question_request, p_terms oneai.answer_terms,
  p_preparation bigint, p_follows text[] default null)
returns oneai.answer_terms
language plpgsql immutable
as $$
declare
  of_credits jsonb := p_terms -> 'credits';
begin
  if of_credits is not null then
    of_credits := of_credits || jsonb_build_object(
      'prompt_tokens', oneai.prompt_tokens(p_message, p_system, p_history, p_request, of_credits),
      'preparation_micro_usd', coalesce(p_preparation, 0));
    if p_follows <> '{}' then
      of_credits := of_credits || jsonb_build_object('lines', oneai.lines_of_answer(p_follows, of_credits));
    end if;
  end if;
  return p_terms || case when of_credits is not null then jsonb_build_object('credits', of_credits) else '{}' end
    || case when p_terms ? 'own_key' then jsonb_build_object('own_key', (p_terms -> 'own_key') || jsonb_build_object(
      'prompt_tokens', oneai.prompt_tokens(p_message, p_system, p_history, p_request, p_terms #> '{own_key,terms}'),
      'fixed_tokens', oneai.prompt_tokens(p_message, p_system, '[]', p_request, (p_terms #> '{own_key,terms}') || '{"input_tokens": 0}'),
      'preparation_micro_usd', coalesce(p_preparation, 0))) else '{}' end;
end
$$;
revoke execute on function oneai.with_use_of_sources from public;

-- The reservation of one answer: its unit, its searches of the web and, if they are limited, the maximum tokens and
-- cost (micro-dollars) of the prompt and of all tokens that it may write. A search costs its price, and the model reads
-- the prompt a second time after it, with what was found. p_workspace: null for no lines, where credits pay.
create function oneai.estimate_answer(
  p_workspace uuid, p_terms oneai.answer_terms, p_prompt_tokens bigint, out prompt_tokens bigint,
  out answer_tokens bigint,
  out search_tokens bigint, out searches integer, out search_cost bigint, out prompt_cost bigint, out cost bigint,
  out lines jsonb)
language plpgsql stable security definer set search_path = ''
as $$
declare
  token_price constant numeric := coalesce((p_terms ->> 'prompt_micro_usd_per_token')::numeric, 0);
  tokens bigint;
begin
  prompt_tokens := p_prompt_tokens;
  answer_tokens := (p_terms ->> 'answer_tokens')::bigint;
  searches := coalesce((p_terms ->> 'web_searches')::integer, 0);
  search_tokens := searches * (prompt_tokens + coalesce((p_terms ->> 'web_search_tokens')::bigint, 0));
  search_cost := searches * coalesce((p_terms ->> 'web_search_micro_usd')::bigint, 0);
  prompt_cost := ceil(prompt_tokens * token_price);
  cost := prompt_cost + ceil(search_tokens * token_price) + search_cost
    + ceil(answer_tokens * coalesce((p_terms ->> 'completion_micro_usd_per_token')::numeric, 0));
  tokens := prompt_tokens + search_tokens + answer_tokens;
  if p_workspace is null then
    return;
  end if;
  select jsonb_build_object('quota_key', p_terms ->> 'quota_key', 'held', 1) || case when searches > 0
    then jsonb_build_array(jsonb_build_object('quota_key', 'web_searches', 'held', searches)) else '[]' end
    || coalesce(jsonb_agg(
    jsonb_build_object('quota_key', q.quota_key,
      'held', case q.quota_key when 'tokens' then tokens else cost end)), '[]')
  into lines
  from oneai.usage_quotas as q
  where q.workspace_id = p_workspace and q.quota_key in ('cost', 'tokens')
    and oneai.effective_limit(q, oneai.now()) is not null;
end
$$;
revoke execute on function oneai.estimate_answer from public;

-- Reserves what one answer of p_user or of a visitor (p_visit) needs, paid by units of the plan of `payer`, also of the API
-- key if one is used, and for a visitor first of the chatbot's budget. Returns what oneai.reserve_answer returns.
create function oneai.reserve_by_plan(
  payer oneai.workspaces, p_user uuid, p_message uuid, p_model text, p_terms oneai.answer_terms, p_prompt_tokens bigint,
  p_api_key uuid, p_visit oneai.visit default null)
returns json
language plpgsql security definer set search_path = ''
as $$
declare
  estimate record;
  quota oneai.usage_quotas;
  token_limit json;
  member constant uuid := case when p_user is null then oneai.all_visitors() when payer.personal_of is null then p_user end;
begin
  estimate := oneai.estimate_answer(payer.id, p_terms, p_prompt_tokens);
  insert into oneai.reservations (
    id, workspace_id, user_id, visitor_id, chatbot_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    completion_micro_usd_per_token, held_micro_usd, spend_day, text_key, api_key_id, prompt_tokens,
    web_search_micro_usd, counts_member)
  values (
    p_message, payer.id, p_user, p_visit.visitor_id, p_visit.chatbot_id, oneai.now() + oneai.lease(), payer.subscription_tier, p_model,
    p_terms ->> 'price_version', estimate.prompt_cost,
    coalesce((p_terms ->> 'completion_micro_usd_per_token')::numeric, 0),
    estimate.cost, oneai.today(), p_terms ->> 'text_key', p_api_key, estimate.prompt_tokens,
    case when estimate.searches > 0 then (p_terms ->> 'web_search_micro_usd')::bigint end,
    member is not null);
  if p_user is null then
    perform oneai.hold_chatbot_answer(payer, p_message, p_visit, estimate.cost);
  end if;
  quota := oneai.reserve(payer.id, p_message, estimate.lines, member);
  if p_api_key is not null then
    token_limit := oneai.reserve_api_key(
      p_message, estimate.prompt_tokens + estimate.search_tokens, estimate.answer_tokens);
  end if;
  perform oneai.reserve_spend(payer.id, estimate.cost, (p_terms ->> 'daily_ceiling_micro_usd')::bigint, member);
  return json_build_object(
    'prompt_tokens', estimate.prompt_tokens,
    'budget', case when p_api_key is not null
      or jsonb_path_exists(estimate.lines, '$[*] ? (@.quota_key == "tokens" || @.quota_key == "cost")')
      then estimate.answer_tokens end,
    'web_searches', estimate.searches,
    'quota', oneai.quota_json(quota),
    'token_limit', token_limit,
    'paid_by', 'plan');
end
$$;
revoke execute on function oneai.reserve_by_plan from public;

-- Reserves the same, paid by the credits of `payer`: no unit, no plan's share of the day, and not the operator's limit of
-- what plans cost. p_of_credits are the terms of credits, as oneai.with_use_of_sources returns them.
create function oneai.reserve_by_credits(
  payer oneai.workspaces, p_user uuid, p_message uuid, p_model text, p_of_credits jsonb, p_api_key uuid, p_visit oneai.visit)
returns json
language plpgsql
as $$
declare
  p_terms constant oneai.answer_terms := p_of_credits - array['lines', 'prompt_tokens', 'preparation_micro_usd'];
  estimate record;
  held oneai.reservations;
  use record;
  token_limit json;
begin
  estimate := oneai.estimate_answer(null, p_terms, (p_of_credits ->> 'prompt_tokens')::bigint);
  insert into oneai.reservations (
    id, workspace_id, user_id, visitor_id, chatbot_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    completion_micro_usd_per_token, held_micro_usd, spend_day, api_key_id, prompt_tokens, web_search_micro_usd, paid_by)
  values (
    p_message, payer.id, p_user, p_visit.visitor_id, p_visit.chatbot_id, oneai.now() + oneai.lease(), payer.subscription_tier, p_model,
    p_terms ->> 'price_version', estimate.prompt_cost,
    coalesce((p_terms ->> 'completion_micro_usd_per_token')::numeric, 0), estimate.cost, oneai.today(), p_api_key,
    estimate.prompt_tokens, case when estimate.searches > 0 then (p_terms ->> 'web_search_micro_usd')::bigint end, 'credits')
  returning * into held;
  if p_api_key is not null then
    token_limit := oneai.reserve_api_key(
      p_message, estimate.prompt_tokens + estimate.search_tokens, estimate.answer_tokens);
  end if;
  use := oneai.hold_use(held, p_terms -> 'models', estimate.cost,
    coalesce((p_of_credits ->> 'preparation_micro_usd')::bigint, 0), nullif(p_of_credits -> 'lines', 'null'));
  if p_user is null then
    if not use.prepares then
      p_visit.preparation_micro_usd := 0;
    end if;
    perform oneai.hold_chatbot_answer(payer, p_message, p_visit, estimate.cost, use.amount);
  end if;
  return json_build_object(
    'prompt_tokens', estimate.prompt_tokens, 'budget', estimate.answer_tokens, 'web_searches', estimate.searches,
    'quota', null, 'token_limit', token_limit, 'paid_by', 'credits', 'held_micro_usd', use.amount,
    'prepares', use.prepares or coalesce((p_of_credits ->> 'preparation_micro_usd')::bigint, 0) = 0);
end
$$;
revoke execute on function oneai.reserve_by_credits from public;

-- The terms of an answer with the sources that come before its own key.
create function oneai.terms_before_own_key(p_terms jsonb) returns oneai.answer_terms
language plpgsql immutable set search_path = ''
as $$
declare
  sources constant text[] := array(select jsonb_array_elements_text(p_terms -> 'sources'));
  earlier constant text[] := sources[:array_position(sources, 'own_key') - 1];
begin
  return p_terms - 'own_key' - case when 'credits' = any (earlier) then '' else 'credits' end
    || jsonb_build_object('sources', to_jsonb(earlier));
end
$$;
revoke execute on function oneai.terms_before_own_key from public;

-- Reserves what one answer needs of the first of its sources that has it (`sources` of p_terms; without them, of the plan).
-- `quota` is that of its key (null: credits pay), `budget` the tokens that it may write if tokens or cost are limited,
-- `prompt_tokens` those held for its prompt, `web_searches` how often it may search the web, `token_limit` the result of
-- oneai.reserve_api_key, `paid_by` the source, `prepares` (of credits) whether preparing it is held. p_prompt_tokens are those with the plan; p_terms.credits and p_terms.own_key are
-- as oneai.with_use_of_sources returns them. Of two refusals that of the plan is raised, where waiting helps against it. An own
-- key that refuses leaves the answer to no other source, so those after it do not count.
create function oneai.reserve_answer(
  payer oneai.workspaces, p_user uuid, p_message uuid, p_model text, p_terms oneai.answer_terms, p_prompt_tokens bigint,
  p_api_key uuid, p_visit oneai.visit default null)
returns json
language plpgsql security definer set search_path = ''
as $$
declare
  of_credits constant jsonb := p_terms -> 'credits';
  of_key constant jsonb := p_terms -> 'own_key';
  refusal text;
  refusal_detail text;
begin
  if of_key is not null then
    if p_terms #>> '{sources,0}' = 'own_key' then
      return oneai.reserve_by_own_key(payer, p_user, p_message, p_model, of_key, p_api_key, p_visit);
    end if;
    begin
      return oneai.reserve_answer(payer, p_user, p_message, p_model, oneai.terms_before_own_key(p_terms), p_prompt_tokens,
        p_api_key, p_visit);
    exception when sqlstate 'ON402' or sqlstate 'ON429' then
      get stacked diagnostics refusal = message_text, refusal_detail = pg_exception_detail;
      if refusal <> 'credits_exhausted' and not oneai.leaves_to_credits(refusal, refusal_detail::jsonb, p_user) then
        raise;
      end if;
    end;
    return oneai.reserve_by_own_key(payer, p_user, p_message, p_model, of_key, p_api_key, p_visit);
  end if;
  if of_credits is null then
    return oneai.reserve_by_plan(payer, p_user, p_message, p_model, p_terms, p_prompt_tokens, p_api_key, p_visit);
  elsif p_terms -> 'sources' = '["credits"]' then
    return oneai.reserve_by_credits(payer, p_user, p_message, p_model, of_credits, p_api_key, p_visit);
  end if;
  begin
    if p_terms #>> '{sources,0}' = 'credits' then
      return oneai.reserve_by_credits(payer, p_user, p_message, p_model, of_credits, p_api_key, p_visit);
    end if;
    return oneai.reserve_by_plan(payer, p_user, p_message, p_model, p_terms, p_prompt_tokens, p_api_key, p_visit);
  exception when sqlstate 'ON402' or sqlstate 'ON429' then
    get stacked diagnostics refusal = message_text, refusal_detail = pg_exception_detail;
    if p_terms #>> '{sources,0}' = 'plan' and not oneai.leaves_to_credits(refusal, refusal_detail::jsonb, p_user) then
      raise;
    end if;
  end;
  if p_terms #>> '{sources,0}' = 'credits' then
    return oneai.reserve_by_plan(payer, p_user, p_message, p_model, p_terms, p_prompt_tokens, p_api_key, p_visit);
  end if;
  begin
    return oneai.reserve_by_credits(payer, p_user, p_message, p_model, of_credits, p_api_key, p_visit);
  exception when sqlstate 'ON402' then
    raise exception using errcode = 'ON429', message = refusal, detail = refusal_detail;
  end;
end
$$;
revoke execute on function oneai.reserve_answer from public;

-- Reserves what each answer of a question needs, in their order (oneai.reserve_answer). p_message: the question, whose vector
-- is a part of its first answer if it is asked about documents (p_searches). p_follows: what may follow the
-- first answer, as oneai.follows_question returns it.
create function oneai.reserve_answers(
  payer oneai.workspaces, p_user uuid, p_request oneai.question_request, p_terms oneai.tier_terms, p_message text,
  p_system text, p_history json, p_api_key uuid, p_visit oneai.visit, p_searches boolean, p_follows text[])
returns json
language plpgsql security definer set search_path = ''
as $$
begin
  return (
    select json_agg(oneai.reserve_answer(
      payer, p_user, a.id, a.model, oneai.with_use_of_sources(p_message, p_system, p_history, p_request, a.terms,
        case when p_searches and a.n = 1 then oneai.max_of_vector(p_message) else p_visit.preparation_micro_usd end,
        case when a.n = 1 then p_follows end),
      oneai.prompt_tokens(p_message, p_system, p_history, p_request, a.terms), p_api_key, p_visit) order by a.n)
    from (
      select (each.value ->> 'id')::uuid as id, each.value ->> 'model' as model,
        p_terms #> array['answers', (each.n - 1)::text] as terms, each.n
      from jsonb_array_elements(p_request -> 'answers') with ordinality as each (value, n)
    ) as a);
end
$$;
revoke execute on function oneai.reserve_answers from public;
