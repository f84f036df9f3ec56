-- A quote: what a question, or another request to a model, would reserve, before it is sent.

-- What oneai.admit would reserve for the same p_request and p_terms, by the same estimate; nothing is stored or
-- reserved.
-- `lines` [{"quota_key", "units"}] of all answers together, `allowed` whether each of them fits its quota now and all
-- of them the daily ceiling, and `basis`, the estimate of every answer. Refuses as oneai.admit, except for exceeded
-- quotas and a busy conversation.
create function oneai.quote(p_user uuid, p_request oneai.question_request, p_terms jsonb) returns json
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  payer oneai.workspaces;
  branch uuid := coalesce(p_request ->> 'edit_of', p_request ->> 'regenerate_of')::uuid;
  conversation oneai.conversations;
  turn_position oneai.turn_position;
  preferred_models text[];
  terms oneai.tier_terms;
  question text;
  system_prompt text;
  history json;
  spent bigint;
  ceiling bigint;
begin
  payer := oneai.require_payer(p_user, p_request, null);
  if coalesce(p_request ->> 'conversation_id', branch::text) is not null then
    select c.* into conversation from oneai.conversations as c
    where c.id = coalesce((p_request ->> 'conversation_id')::uuid,
        (select m.conversation_id from oneai.chat_messages as m where m.id = branch))
      and c.user_id = p_user and coalesce(c.expires_at > oneai.now(), true);
    if not found then
      raise exception using errcode = 'ON404', message = 'not_found';
    end if;
  end if;
  turn_position := oneai.resolve_branch(conversation.id, p_request);
  if (p_request ->> 'any_model')::boolean then
    preferred_models := oneai.preferred_models(p_user, p_request, conversation.model);
    if preferred_models[1] <> p_request #>> '{answers,0,model}' then
      return json_build_object('preferred_models', preferred_models);
    end if;
  end if;
  terms := oneai.plan_terms(payer.subscription_tier, p_request, p_terms, turn_position.question);
  terms := oneai.add_web_search(p_request, conversation.web_search and p_request -> 'adjust' is null, terms);
  perform oneai.check_spend_limit((p_request ->> 'spend_limit_micro_usd')::bigint, (terms ->> 'free')::boolean);
  perform oneai.check_uncharged_answers(p_user);
  p_request := oneai.add_adjusted_answer(
    oneai.add_documents(
      p_request, oneai.documents_asked(p_user, payer.id, conversation.id, p_request, turn_position)),
    oneai.adjusted_answer(p_request, terms, turn_position.question));
  spent := case when payer.spend_day = oneai.today() then payer.spend_micro_usd else 0 end;
  ceiling := (terms #>> '{answers,0,daily_ceiling_micro_usd}')::bigint;
  question := coalesce(p_request ->> 'message',
    (select m.content from oneai.chat_messages as m where m.id = turn_position.question));
  system_prompt := oneai.system_prompt(p_user, conversation.system_prompt);
  history := oneai.history(conversation.id, (terms ->> 'history_bytes')::bigint, turn_position.sequence);
  return (
    with estimates as (
      select a.n, a.value ->> 'model' as model, t.value ->> 'price_version' as price_version, e.*
      from jsonb_array_elements(p_request -> 'answers') with ordinality as a (value, n)
      join jsonb_array_elements(terms -> 'answers') with ordinality as t (value, n) on t.n = a.n
      cross join oneai.estimate_answer(
        payer.id, t.value, oneai.prompt_tokens(question, system_prompt, history, p_request, t.value)) as e
    ), line as (
      select l.quota_key, sum(l.held) as units
      from estimates, jsonb_to_recordset(estimates.lines) as l (quota_key text, held bigint) group by l.quota_key
    ), line_fits as (
      select line.*, coalesce(s.used + s.reserved + line.units <= s.most + q.grace_units, false) as fits
      from line left join oneai.usage_quotas as q on q.workspace_id = payer.id and q.quota_key = line.quota_key
      left join oneai.effective_quota(q, oneai.now()) as s on true
    )
    select json_build_object(
      'allowed', (select bool_and(fits) from line_fits) and (
        select coalesce(spent + sum(cost) <= ceiling, true) or (spent = 0 and count(*) filter (where cost > 0) = 1)
        from estimates),
      'lines', (
        select json_agg(json_build_object('quota_key', quota_key, 'units', units) order by quota_key) from line_fits),
      'max_cost_micro_usd', (select sum(cost) from estimates),
      'basis', (
        select json_agg(json_build_object('model', model, 'price_version', price_version, 'prompt_tokens', prompt_tokens,
          'answer_tokens', answer_tokens, 'max_cost_micro_usd', cost, 'web_searches', searches,
          'web_search_micro_usd', search_cost) order by n) from estimates)));
end
$$;
revoke execute on function oneai.quote from public;
grant execute on function oneai.quote to oneai_app;

-- What p_count requests of the one model of p_request would reserve, each as oneai.reserve_request reserves it: as
-- oneai.quote returns it. p_terms as oneai.require_model returned them.
create function oneai.quote_requests(
  payer oneai.workspaces, p_request oneai.model_request, p_terms oneai.tier_terms, p_count integer) returns json
language plpgsql stable security definer set search_path = ''
as $$
declare
  terms constant oneai.answer_terms := p_terms #> '{answers,0}';
  spent constant bigint := case when payer.spend_day = oneai.today() then payer.spend_micro_usd else 0 end;
begin
  return (
    with estimate as (
      select * from oneai.estimate_answer(payer.id, terms, (p_request ->> 'prompt_tokens')::bigint)
    ), line as (
      select l.quota_key, l.held * p_count as units
      from estimate, jsonb_to_recordset(jsonb_set(estimate.lines, '{0,held}', p_request -> 'units'))
        as l (quota_key text, held bigint)
    ), line_fits as (
      select line.*, coalesce(s.used + s.reserved + line.units <= s.most + q.grace_units, false) as fits
      from line left join oneai.usage_quotas as q on q.workspace_id = payer.id and q.quota_key = line.quota_key
      left join oneai.effective_quota(q, oneai.now()) as s on true
    )
    select json_build_object(
      -- The first request of a day is admitted at any cost.
      'allowed', (select bool_and(fits) from line_fits) and (spent <= 0 and p_count = 1
        or coalesce(spent + e.cost * p_count <= (terms ->> 'daily_ceiling_micro_usd')::bigint, true)),
      'lines', (
        select json_agg(json_build_object('quota_key', quota_key, 'units', units) order by quota_key) from line_fits),
      'max_cost_micro_usd', e.cost * p_count,
      'basis', json_build_array(json_build_object('model', p_request ->> 'model', 'price_version', terms ->> 'price_version',
        'prompt_tokens', e.prompt_tokens * p_count, 'answer_tokens', e.answer_tokens * p_count,
        'max_cost_micro_usd', e.cost * p_count)))
    from estimate as e);
end
$$;
revoke execute on function oneai.quote_requests from public;
