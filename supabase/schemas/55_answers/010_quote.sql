-- A quote: what a question, or another request to a model, would reserve, before it is sent.

-- Which limit refuses these lines ([{"quota_key", "units"}]) and their cost now: that of the `workspace`, or that of the
-- `member` p_user; null: none. p_costly: how many answers cost anything; the first one of a day may cost any amount.
create function oneai.exhausted_share(
  payer oneai.workspaces, p_user uuid, p_lines json, p_cost bigint, p_costly bigint, p_ceiling bigint) returns text
language plpgsql stable
as $$
declare
  in_team constant boolean := payer.personal_of is null;
  spent bigint := case when payer.spend_day = oneai.today() then payer.spend_micro_usd else 0 end;
  most bigint;
  fits record;
begin
  select bool_and(coalesce(s.used + s.reserved + line.units <= s.most + q.grace_units, false)) as pool,
    bool_and(case when in_team then (
      select coalesce(m.used + m.reserved + line.units <= m.most, true) from oneai.member_share(q, p_user) as m)
      end) as member
  into fits
  from json_to_recordset(p_lines) as line (quota_key text, units bigint)
  left join oneai.usage_quotas as q on q.workspace_id = payer.id and q.quota_key = line.quota_key
  left join oneai.effective_quota(q, oneai.now()) as s on true;
  if not fits.pool or (spent + p_cost > p_ceiling and (spent > 0 or p_costly <> 1)) then
    return 'workspace';
  end if;
  if in_team then
    most := oneai.member_limit(p_ceiling, oneai.usage_limit_percent(payer.id, p_user));
    spent := coalesce((
      select m.spend_micro_usd from oneai.member_spend as m
      where m.workspace_id = payer.id and m.user_id = p_user and m.spend_day = oneai.today()), 0);
    if not fits.member or (spent + p_cost > most and (spent > 0 or p_costly <> 1)) then
      return 'member';
    end if;
  end if;
  return null;
end
$$;
revoke execute on function oneai.exhausted_share from public;

-- What oneai.admit would reserve for the same p_request and p_terms, by the same estimate; nothing is stored or
-- reserved.
-- `lines` [{"quota_key", "units"}] of all answers together, `allowed` whether each of them fits its quota now and all
-- of them the daily ceiling, `of` what refuses them (oneai.exhausted_share), and `basis`, the estimate of every answer. Refuses as oneai.admit, except for exceeded
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
    ), quoted as (
      select json_agg(json_build_object('quota_key', line.quota_key, 'units', line.units) order by line.quota_key) as lines
      from line
    ), verdict as (
      select quoted.lines, total.cost, oneai.exhausted_share(payer, p_user, quoted.lines, total.cost, total.costly,
        (terms #>> '{answers,0,daily_ceiling_micro_usd}')::bigint) as "of"
      from quoted cross join (
        select sum(cost)::bigint as cost, count(*) filter (where cost > 0) as costly from estimates) as total
    )
    select json_build_object(
      'allowed', (select v."of" is null from verdict as v), 'of', (select v."of" from verdict as v),
      'lines', (select v.lines from verdict as v), 'max_cost_micro_usd', (select v.cost from verdict as v),
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
  payer oneai.workspaces, p_user uuid, p_request oneai.model_request, p_terms oneai.tier_terms, p_count integer)
returns json
language plpgsql stable security definer set search_path = ''
as $$
declare
  terms constant oneai.answer_terms := p_terms #> '{answers,0}';
begin
  return (
    with estimate as (
      select * from oneai.estimate_answer(payer.id, terms, (p_request ->> 'prompt_tokens')::bigint)
    ), line as (
      select json_agg(json_build_object('quota_key', l.quota_key, 'units', l.held * p_count) order by l.quota_key) as lines
      from estimate, jsonb_to_recordset(jsonb_set(estimate.lines, '{0,held}', p_request -> 'units'))
        as l (quota_key text, held bigint)
    ), verdict as (
      select line.lines, oneai.exhausted_share(payer, p_user, line.lines, estimate.cost * p_count, p_count,
        (terms ->> 'daily_ceiling_micro_usd')::bigint) as "of"
      from line cross join estimate
    )
    select json_build_object(
      'allowed', (select v."of" is null from verdict as v), 'of', (select v."of" from verdict as v),
      'lines', (select v.lines from verdict as v),
      'max_cost_micro_usd', e.cost * p_count,
      'basis', json_build_array(json_build_object('model', p_request ->> 'model', 'price_version', terms ->> 'price_version',
        'prompt_tokens', e.prompt_tokens * p_count, 'answer_tokens', e.answer_tokens * p_count,
        'max_cost_micro_usd', e.cost * p_count)))
    from estimate as e);
end
$$;
revoke execute on function oneai.quote_requests from public;
