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

-- One of the answers or requests of a quote: what it would hold of each of its sources. `units` (null: one) are those of the
-- plan, `count` is how many equal ones there are.
create type oneai.quoted_use as (
  model text,
  price_version text,
  sources text[],
  count integer,
  units bigint,
  -- As oneai.estimate_answer returns them; null where that source is none.
  by_plan jsonb,
  by_credits jsonb,
  -- The price in credits.
  micro_usd bigint,
  -- By an own key: its id, the estimate, and the cost that is held of it; null: the price is not known.
  key_id uuid,
  by_key jsonb,
  key_micro_usd bigint
);

-- Estimates p_count answers or requests (p_purpose) of one model, whose terms are as oneai.with_use_of_sources returns them.
-- p_prompt_tokens are those with the plan, and of each request without an answer. p_visit as in oneai.reserve_by_own_key.
create function oneai.use_to_quote(
  payer oneai.workspaces, p_model text, p_terms oneai.answer_terms, p_prompt_tokens bigint, p_purpose text default 'answer',
  p_units bigint default null, p_count integer default 1, p_visit oneai.visit default null) returns oneai.quoted_use
language plpgsql stable security definer set search_path = ''
as $$
declare
  of_credits constant jsonb := p_terms -> 'credits';
  of_key constant jsonb := p_terms -> 'own_key';
  used oneai.quoted_use;
  price record;
  terms oneai.answer_terms;
begin
  used.model := p_model;
  used.price_version := p_terms ->> 'price_version';
  used.sources := coalesce(array(select jsonb_array_elements_text(p_terms -> 'sources')), '{}');
  if used.sources = '{}' then
    used.sources := '{plan}';
  end if;
  used.count := p_count;
  used.units := p_units;
  if 'plan' = any (used.sources) then
    used.by_plan := to_jsonb(oneai.estimate_answer(payer.id, p_terms, p_prompt_tokens));
  end if;
  if 'credits' = any (used.sources) then
    used.by_credits := to_jsonb(oneai.estimate_answer(payer.id, of_credits - array['prompt_tokens', 'preparation_micro_usd'],
      coalesce((of_credits ->> 'prompt_tokens')::bigint, p_prompt_tokens)));
    price := oneai.credit_prices_of(payer.id, of_credits -> 'models', p_purpose);
    used.micro_usd := oneai.price_of_use(
      (used.by_credits ->> 'cost')::bigint + coalesce((of_credits ->> 'preparation_micro_usd')::bigint, 0),
      price.markup_percent, price.min_micro_usd);
  end if;
  if 'own_key' = any (used.sources) then
    used.key_id := (of_key ->> 'key')::uuid;
    terms := oneai.key_terms(of_key, (of_key ->> 'prompt_tokens')::bigint);
    used.by_key := to_jsonb(oneai.estimate_answer(payer.id, terms, (of_key ->> 'prompt_tokens')::bigint));
    if oneai.has_known_price(terms) then
      used.key_micro_usd := (used.by_key ->> 'cost')::bigint + oneai.preparation_by_key(of_key, terms, p_visit);
    end if;
  end if;
  return used;
end
$$;
revoke execute on function oneai.use_to_quote from public;

-- The lines of the plan ([{"quota_key", "units"}]) with p_count of this use besides.
create function oneai.lines_with_use(p_lines jsonb, p_use oneai.quoted_use, p_count integer) returns jsonb
language sql immutable
as $$
  select coalesce(jsonb_agg(jsonb_build_object('quota_key', s.quota_key, 'units', s.units) order by s.quota_key), '[]')
  from (
    select l.quota_key, sum(l.units) as units from (
      select o.quota_key, o.units from jsonb_to_recordset(p_lines) as o (quota_key text, units bigint)
      union all
      -- The first line has the units.
      select n.value ->> 'quota_key',
        p_count * case when n.place = 1 then coalesce(p_use.units, 1) else (n.value ->> 'held')::bigint end
      from jsonb_array_elements(p_use.by_plan -> 'lines') with ordinality as n (value, place)) as l
    group by l.quota_key) as s
$$;
revoke execute on function oneai.lines_with_use from public;

-- Why credits cannot pay p_amount now: `credits`, there are not enough, or `spending_limit`, a month's limit; null if they can.
create function oneai.exhausted_credits(p_workspace uuid, p_chatbot uuid, p_user uuid, p_amount bigint) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  month constant timestamptz := oneai.credit_month(p_workspace, oneai.now());
begin
  return case when oneai.available_credits(p_workspace) < p_amount then 'credits'
    when exists (
      select from oneai.credit_limits as l
      where l.workspace_id = p_workspace and (l.kind, l.subject_id) in (('chatbot', p_chatbot), ('member', p_user))
        and p_amount + case when l.month_start = month then l.spent_micro_usd else 0 end > l.micro_usd_per_month)
    then 'spending_limit' end;
end
$$;
revoke execute on function oneai.exhausted_credits from public;

-- What a quote has counted so far: lines of the plan, their cost, how many of them cost anything, credits, and by the id of an
-- own key what it pays, as oneai.exhausted_key takes it.
create type oneai.quote_so_far as (lines jsonb, cost bigint, costly bigint, micro_usd bigint, keys jsonb);

-- The same with p_count more of this use, paid by p_source.
create function oneai.quote_with_use(p_so_far oneai.quote_so_far, p_use oneai.quoted_use, p_source text, p_count integer)
returns oneai.quote_so_far
language plpgsql immutable set search_path = ''
as $$
declare
  cost constant bigint := (p_use.by_plan ->> 'cost')::bigint;
  of_key constant jsonb := p_so_far.keys -> p_use.key_id::text;
  so_far oneai.quote_so_far := p_so_far;
begin
  if p_source = 'plan' then
    so_far.lines := oneai.lines_with_use(p_so_far.lines, p_use, p_count);
    so_far.cost := p_so_far.cost + p_count * cost;
    so_far.costly := p_so_far.costly + case when cost > 0 then p_count else 0 end;
  elsif p_source = 'own_key' then
    so_far.keys := p_so_far.keys || jsonb_build_object(p_use.key_id, jsonb_build_object(
      'answers', coalesce((of_key ->> 'answers')::bigint, 0) + p_count,
      'micro_usd', coalesce((of_key ->> 'micro_usd')::bigint, 0) + p_count * coalesce(p_use.key_micro_usd, 0),
      'unknown', p_use.key_micro_usd is null or coalesce((of_key ->> 'unknown')::boolean, false)));
  else
    so_far.micro_usd := p_so_far.micro_usd + p_count * p_use.micro_usd;
  end if;
  return so_far;
end
$$;
revoke execute on function oneai.quote_with_use from public;

-- Why p_source cannot pay all of this: as oneai.exhausted_share, oneai.exhausted_credits or oneai.exhausted_key; null if it can.
create function oneai.refusal_of_quote(
  payer oneai.workspaces, p_user uuid, p_chatbot uuid, p_quote oneai.quote_so_far, p_source text, p_ceiling bigint)
returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_source = 'own_key' then
    return (select min(oneai.exhausted_key(payer, k.key::uuid, k.value)) from jsonb_each(p_quote.keys) as k);
  end if;
  return case when p_source = 'plan'
    then oneai.exhausted_share(payer, p_user, p_quote.lines::json, p_quote.cost, p_quote.costly, p_ceiling)
    else oneai.exhausted_credits(payer.id, p_chatbot, p_user, p_quote.micro_usd) end;
end
$$;
revoke execute on function oneai.refusal_of_quote from public;

-- The first of the sources of a use that has one of it besides what is quoted so far (null: none has, for p_refusal, as
-- oneai.reserve_answer raises it).
create function oneai.source_of_quote(
  payer oneai.workspaces, p_user uuid, p_chatbot uuid, p_so_far oneai.quote_so_far, p_use oneai.quoted_use,
  p_ceiling bigint, out source text, out refusal text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  of_plan text;
  of_credits text;
begin
  foreach source in array p_use.sources loop
    refusal := oneai.refusal_of_quote(
      payer, p_user, p_chatbot, oneai.quote_with_use(p_so_far, p_use, source, 1), source, p_ceiling);
    if refusal is null then
      return;
    elsif source = 'own_key' then
      -- It leaves the answer to no other source.
      source := null;
      return;
    elsif source = 'credits' then
      of_credits := refusal;
    else
      of_plan := refusal;
      -- An admin set what a member may use.
      exit when refusal = 'member';
    end if;
  end loop;
  source := null;
  refusal := case when of_credits = 'spending_limit' and p_use.sources[1] = 'plan' then of_credits
    else coalesce(of_plan, of_credits) end;
end
$$;
revoke execute on function oneai.source_of_quote from public;

-- What these uses would hold now, one after the other, each of the first of its sources that has it, as oneai.reserve_answer
-- and oneai.reserve_request choose it: {allowed, of, lines, credits_micro_usd, max_cost_micro_usd, basis}. What none of its
-- sources has counts as held by the first of them. p_ceiling: the plan's share of the day.
create function oneai.quote_uses(
  payer oneai.workspaces, p_user uuid, p_chatbot uuid, p_uses oneai.quoted_use[], p_ceiling bigint) returns json
language plpgsql stable security definer set search_path = ''
as $$
declare
  -- Lines that the plan alone can pay are compared once, all together.
  by_plan_alone constant boolean := not exists (select from unnest(p_uses) as u where u.sources <> '{plan}');
  so_far oneai.quote_so_far := row('[]', 0, 0, 0, '{}');
  used oneai.quoted_use;
  chosen record;
  source text;
  refused text;
  rest integer;
  part integer;
  paid_by text;
  before bigint;
  estimate jsonb;
  cost bigint := 0;
  basis jsonb := '[]';
begin
  foreach used in array p_uses loop
    rest := used.count;
    paid_by := null;
    before := so_far.micro_usd;
    while rest > 0 loop
      part := rest;
      source := null;
      if not by_plan_alone then
        chosen := oneai.source_of_quote(payer, p_user, p_chatbot, so_far, used, p_ceiling);
        source := chosen.source;
        refused := coalesce(refused, chosen.refusal);
      end if;
      while source is not null and part > 1 and oneai.refusal_of_quote(payer, p_user, p_chatbot,
        oneai.quote_with_use(so_far, used, source, part), source, p_ceiling) is not null
      loop
        part := part / 2;
      end loop;
      source := coalesce(source, used.sources[1]);
      so_far := oneai.quote_with_use(so_far, used, source, part);
      paid_by := coalesce(paid_by, source);
      rest := rest - part;
    end loop;
    estimate := case paid_by when 'plan' then used.by_plan when 'own_key' then used.by_key else used.by_credits end;
    cost := cost + used.count * (estimate ->> 'cost')::bigint;
    basis := basis || jsonb_build_object('model', used.model, 'price_version', used.price_version,
      'prompt_tokens', used.count * (estimate ->> 'prompt_tokens')::bigint,
      'answer_tokens', used.count * (estimate ->> 'answer_tokens')::bigint,
      'max_cost_micro_usd', used.count * (estimate ->> 'cost')::bigint,
      'web_searches', used.count * (estimate ->> 'searches')::bigint,
      'web_search_micro_usd', used.count * (estimate ->> 'search_cost')::bigint,
      'paid_by', paid_by, 'credits_micro_usd', so_far.micro_usd - before);
  end loop;
  if by_plan_alone then
    refused := oneai.exhausted_share(payer, p_user, so_far.lines::json, so_far.cost, so_far.costly, p_ceiling);
  end if;
  return json_build_object('allowed', refused is null, 'of', refused, 'lines', so_far.lines,
    'credits_micro_usd', so_far.micro_usd, 'max_cost_micro_usd', cost, 'basis', basis);
end
$$;
revoke execute on function oneai.quote_uses from public;

-- What oneai.admit would reserve for the same p_request and p_terms, by the same estimate; nothing is stored or
-- reserved.
-- It returns what oneai.quote_uses does: `lines` of all answers that the plan would pay, `allowed` whether each of them fits its
-- quota now and all of them the daily ceiling, or credits pay it, `of` what refuses them, and `basis`, the estimate of every
-- answer. Refuses as oneai.admit, except for exceeded quotas and credits, and a busy conversation.
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
  documents jsonb;
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
  terms := oneai.add_answer_length(p_request, conversation.max_tokens,
    oneai.add_web_search(p_request, conversation.web_search and p_request -> 'adjust' is null,
      oneai.terms_of_question(payer, null, p_request, p_terms, turn_position.question)));
  if not terms ? 'spend_percent' then
    perform oneai.check_spend_limit((p_request ->> 'spend_limit_micro_usd')::bigint, (terms ->> 'free')::boolean);
  end if;
  if not oneai.own_keys_pay(terms) then
    perform oneai.check_uncharged_answers(p_user);
  end if;
  documents := oneai.documents_asked(p_user, payer.id, conversation.id, p_request, turn_position);
  p_request := oneai.add_adjusted_answer(oneai.add_documents(p_request, documents),
    oneai.adjusted_answer(p_request, terms, turn_position.question));
  question := coalesce(p_request ->> 'message',
    (select m.content from oneai.chat_messages as m where m.id = turn_position.question));
  system_prompt := oneai.system_prompt(p_user, conversation.system_prompt);
  history := oneai.history(conversation.id, (terms ->> 'history_bytes')::bigint, turn_position.sequence);
  return oneai.quote_uses(payer, p_user, null, (
    select array_agg(oneai.use_to_quote(payer, a.value ->> 'model',
      oneai.with_use_of_sources(question, system_prompt, history, p_request, t.value,
        case when documents is not null and a.n = 1 then oneai.max_of_vector(question) end),
      oneai.prompt_tokens(question, system_prompt, history, p_request, t.value)) order by a.n)
    from jsonb_array_elements(p_request -> 'answers') with ordinality as a (value, n)
    join jsonb_array_elements(terms -> 'answers') with ordinality as t (value, n) on t.n = a.n),
    jsonb_path_query_first(terms, '$.answers[*].daily_ceiling_micro_usd')::bigint);
end
$$;
revoke execute on function oneai.quote from public;
grant execute on function oneai.quote to oneai_app;

-- What p_count requests of the one model of p_request would reserve, each as oneai.reserve_request reserves it: as
-- oneai.quote returns it. p_terms as oneai.require_model returned them.
create function oneai.quote_requests(
  payer oneai.workspaces, p_user uuid, p_request oneai.model_request, p_terms oneai.tier_terms, p_count integer,
  p_purpose text)
returns json
language plpgsql stable security definer set search_path = ''
as $$
begin
  return oneai.quote_uses(payer, p_user, null, array[oneai.use_to_quote(
    payer, p_request ->> 'model', p_terms #> '{answers,0}', (p_request ->> 'prompt_tokens')::bigint, p_purpose,
    (p_request ->> 'units')::bigint, p_count)], (p_terms #>> '{answers,0,daily_ceiling_micro_usd}')::bigint);
end
$$;
revoke execute on function oneai.quote_requests from public;
