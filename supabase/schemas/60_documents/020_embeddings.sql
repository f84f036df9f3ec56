-- Requests to a model without an answer, such as embeddings: a reservation that oneai.settle ends.

-- The terms of the payer's plan for the one model of p_request, or, where credits may pay, of both sources, as
-- oneai.terms_of_question returns them. Refuses with ON403 a model that the plan or the API key does not include, and every one
-- where own keys alone pay, with ON503 while the daily limit pauses the plan.
create function oneai.require_model(
  payer oneai.workspaces, p_request oneai.model_request, p_terms jsonb, p_api_key uuid)
returns oneai.tier_terms
language plpgsql stable security definer set search_path = ''
as $$
declare
  terms oneai.tier_terms := p_terms -> payer.subscription_tier;
  wanted constant text[] := array_remove(oneai.payment_sources(payer, null), 'own_key');
  opened record;
begin
  if wanted = '{}' then
    raise exception using errcode = 'ON403', message = 'own_key_missing';
  elsif wanted <> array['plan'] then
    perform oneai.require_models_allowed(p_api_key, p_request);
    opened := oneai.open_sources(wanted, p_request, (terms ->> 'free')::boolean);
    return terms || jsonb_build_object('answers', oneai.answers_with_sources(payer, opened.sources,
      case when 'plan' = any (opened.sources) then terms end, p_terms -> 'credits', 1));
  end if;
  if terms is null or terms #>> '{answers,0,refusal}' is not null then
    raise exception using errcode = 'ON403', message = coalesce(terms #>> '{answers,0,refusal}', 'model_not_in_plan');
  end if;
  perform oneai.require_models_allowed(p_api_key, p_request);
  perform oneai.check_spend_limit((p_request ->> 'spend_limit_micro_usd')::bigint, (terms ->> 'free')::boolean);
  return terms;
end
$$;
revoke execute on function oneai.require_model from public;

-- Reserves the units and the cost of p_request for its one model, paid by the plan; returns what oneai.reserve_api_key does.
-- A model needs seconds: the lease is not renewed, and a request that has not ended by then
-- is settled by oneai.expire_answer. ON429 if it does not fit.
create function oneai.reserve_request_by_plan(
  payer oneai.workspaces, p_user uuid, p_id uuid, p_purpose text, p_request oneai.model_request,
  p_terms oneai.tier_terms, p_api_key uuid)
returns json
language plpgsql security definer set search_path = ''
as $$
declare
  model_terms oneai.answer_terms := p_terms #> '{answers,0}';
  estimate record;
  token_limit json;
  member constant uuid := case when payer.personal_of is null then p_user end;
begin
  estimate := oneai.estimate_answer(payer.id, model_terms, (p_request ->> 'prompt_tokens')::bigint);
  insert into oneai.reservations (
    id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    held_micro_usd, spend_day, purpose, api_key_id, prompt_tokens, counts_member)
  values (
    p_id, payer.id, p_user, oneai.now() + interval '5 minutes', payer.subscription_tier, p_request ->> 'model',
    model_terms ->> 'price_version', estimate.prompt_cost, estimate.cost, oneai.today(), p_purpose, p_api_key,
    estimate.prompt_tokens, member is not null);
  perform oneai.reserve(payer.id, p_id, jsonb_set(estimate.lines, '{0,held}', p_request -> 'units'), member);
  if p_api_key is not null then
    token_limit := oneai.reserve_api_key(p_id, estimate.prompt_tokens, estimate.answer_tokens);
  end if;
  perform oneai.reserve_spend(payer.id, estimate.cost, (model_terms ->> 'daily_ceiling_micro_usd')::bigint, member);
  return token_limit;
end
$$;
revoke execute on function oneai.reserve_request_by_plan from public;

-- Reserves the same of credits. ON402 `credits_exhausted`, ON429.
create function oneai.reserve_request_by_credits(
  payer oneai.workspaces, p_user uuid, p_id uuid, p_purpose text, p_request oneai.model_request,
  p_terms oneai.tier_terms, p_api_key uuid)
returns json
language plpgsql security definer set search_path = ''
as $$
declare
  of_credits constant jsonb := p_terms #> '{answers,0,credits}';
  estimate record;
  held oneai.reservations;
  token_limit json;
begin
  estimate := oneai.estimate_answer(payer.id, of_credits, (p_request ->> 'prompt_tokens')::bigint);
  insert into oneai.reservations (
    id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    held_micro_usd, spend_day, purpose, api_key_id, prompt_tokens, paid_by)
  values (
    p_id, payer.id, p_user, oneai.now() + interval '5 minutes', payer.subscription_tier, p_request ->> 'model',
    of_credits ->> 'price_version', estimate.prompt_cost, estimate.cost, oneai.today(), p_purpose, p_api_key,
    estimate.prompt_tokens, 'credits') returning * into held;
  if p_api_key is not null then
    token_limit := oneai.reserve_api_key(p_id, estimate.prompt_tokens, estimate.answer_tokens);
  end if;
  perform oneai.hold_use(held, of_credits -> 'models', estimate.cost);
  return token_limit;
end
$$;
revoke execute on function oneai.reserve_request_by_credits from public;

-- Reserves p_request of the first of its sources that has it, as oneai.require_model returned p_terms; returns what
-- oneai.reserve_api_key does. Of two refusals that of the plan is raised, where waiting helps against it.
create function oneai.reserve_request(
  payer oneai.workspaces, p_user uuid, p_id uuid, p_purpose text, p_request oneai.model_request,
  p_terms oneai.tier_terms, p_api_key uuid)
returns json
language plpgsql security definer set search_path = ''
as $$
declare
  sources constant jsonb := coalesce(p_terms #> '{answers,0,sources}', '["plan"]');
  refusal text;
  refusal_detail text;
begin
  if sources = '["plan"]' then
    return oneai.reserve_request_by_plan(payer, p_user, p_id, p_purpose, p_request, p_terms, p_api_key);
  elsif sources = '["credits"]' then
    return oneai.reserve_request_by_credits(payer, p_user, p_id, p_purpose, p_request, p_terms, p_api_key);
  end if;
  begin
    if sources ->> 0 = 'credits' then
      return oneai.reserve_request_by_credits(payer, p_user, p_id, p_purpose, p_request, p_terms, p_api_key);
    end if;
    return oneai.reserve_request_by_plan(payer, p_user, p_id, p_purpose, p_request, p_terms, p_api_key);
  exception when sqlstate 'ON402' or sqlstate 'ON429' then
    get stacked diagnostics refusal = message_text, refusal_detail = pg_exception_detail;
    if sources ->> 0 = 'plan' and not oneai.leaves_to_credits(refusal, refusal_detail::jsonb, p_user) then
      raise;
    end if;
  end;
  if sources ->> 0 = 'credits' then
    return oneai.reserve_request_by_plan(payer, p_user, p_id, p_purpose, p_request, p_terms, p_api_key);
  end if;
  begin
    return oneai.reserve_request_by_credits(payer, p_user, p_id, p_purpose, p_request, p_terms, p_api_key);
  exception when sqlstate 'ON402' then
    raise exception using errcode = 'ON429', message = refusal, detail = refusal_detail;
  end;
end
$$;
revoke execute on function oneai.reserve_request from public;

-- Admits a request in one round trip and reserves its units and cost; the request is sent next, which its reservation
-- records in case its process dies. p_request: model, answers ([{"model"}], for the models of p_api_key), units,
-- prompt_tokens, require_confirmed, spend_limit_micro_usd. p_terms by tier: as those of oneai.admit, with one answer; `own_key`
-- has its ways by keys of the workspace.
-- Returns {"quota" (that of the units, as oneai.quota_json does), "token_limit" (as oneai.reserve_api_key does), "own_key" (as
-- oneai.way_of_key does; null: none pays)}.
-- Refuses with ON401, ON403, ON429, ON503; the message is the code, the detail JSON.
create function oneai.admit_embeddings(
  p_user uuid, p_id uuid, p_request oneai.model_request, p_terms jsonb, p_api_key uuid default null) returns json
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  payer oneai.workspaces := oneai.require_payer(p_user, p_request, p_api_key);
  admitted jsonb;
begin
  perform oneai.check_concurrency(p_user, payer.id, p_terms -> payer.subscription_tier, 1);
  admitted := oneai.reserve_embeddings(payer, p_user, p_id, p_request, p_terms, p_api_key);
  update oneai.reservations set sent_at = oneai.now() where id = p_id;
  return json_build_object('token_limit', admitted -> 'token_limit', 'own_key', admitted -> 'own_key', 'quota', (
    select oneai.quota_json(q) from oneai.usage_quotas as q
    where q.workspace_id = payer.id and admitted -> 'own_key' is null
      and q.quota_key = p_terms #>> array[payer.subscription_tier, 'answers', '0', 'quota_key']));
end
$$;
revoke execute on function oneai.admit_embeddings from public;
grant execute on function oneai.admit_embeddings to oneai_app;
