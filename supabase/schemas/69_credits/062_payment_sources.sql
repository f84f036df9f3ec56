-- Which source pays an answer: the workspace's own key, units of the plan, or credits. It is chosen when the answer is admitted
-- and kept with its reservation; one answer is paid whole by one source. docs/decisions/credits.md has the reasons.

-- Whether a workspace has credits that are not held. What ends meanwhile is found when they are held.
create function oneai.has_credits(p_workspace uuid) returns boolean
language plpgsql stable
as $$
begin
  return exists (select from oneai.credit_balances as b
    where b.workspace_id = p_workspace and b.paid_micro_usd + b.promotional_micro_usd > b.held_micro_usd);
end
$$;
revoke execute on function oneai.has_credits from public;

-- The sources of a workspace's answers in their order, or of one of its chatbots that has one source only. Own keys come first
-- where the order does not name them, and are left out where there are none. Credits are left out where there are none and the
-- plan may pay.
create function oneai.payment_sources(payer oneai.workspaces, p_chatbot uuid) returns text[]
language plpgsql stable
as $$
declare
  sources text[] := string_to_array(payer.payment_sources, ',');
  alone text;
begin
  if p_chatbot is not null then
    alone := (select c.payment_source from oneai.chatbots as c where c.id = p_chatbot);
  end if;
  if alone is not null then
    return array[alone];
  end if;
  if sources <> '{own_key}' and not oneai.has_provider_key(payer.id) then
    sources := array_remove(sources, 'own_key');
  elsif 'own_key' <> all (sources) then
    sources := array_prepend('own_key', sources);
  end if;
  return case when 'plan' = any (sources) and 'credits' = any (sources) and not oneai.has_credits(payer.id)
    then array_remove(sources, 'credits') else sources end;
end
$$;
revoke execute on function oneai.payment_sources from public;

-- Each answer's terms with its sources ([`own_key`, `plan`, `credits`]), and, if an own key or credits may pay, with the terms
-- `own_key` and `credits` of that. A source that refuses the model is left out. ON403 if none is left (`own_key_missing` where own
-- keys alone pay), ON402 if credits were the only one and are used up. p_keys: as oneai.keys_of_answers returns them.
create function oneai.answers_with_sources(
  payer oneai.workspaces, p_sources text[], p_plan jsonb, p_credits jsonb, p_count integer, p_keys jsonb default null)
returns jsonb
language plpgsql stable
as $$
declare
  answers jsonb := '[]';
  of_plan jsonb;
  of_credits jsonb;
  of_key jsonb;
  sources text[];
begin
  for n in 0 .. p_count - 1 loop
    of_plan := p_plan #> array['answers', n::text];
    of_credits := p_credits #> array['answers', n::text];
    of_key := nullif(p_keys -> n, 'null');
    sources := array_remove(array_remove(array_remove(p_sources,
      case when of_plan is null or of_plan ->> 'refusal' is not null then 'plan' end),
      case when of_credits is null or of_credits ->> 'refusal' is not null then 'credits' end),
      case when of_key is null then 'own_key' end);
    if sources = '{}' then
      raise exception using errcode = 'ON403', message = coalesce(
        case when p_sources = '{own_key}' then 'own_key_missing' end,
        case when 'credits' = any (p_sources) then of_credits ->> 'refusal' end, of_plan ->> 'refusal', 'model_not_in_plan'), detail = jsonb_build_object('tier', payer.subscription_tier)::text;
    end if;
    answers := answers || (coalesce(of_plan, of_credits) - 'refusal'
      || jsonb_build_object('sources', to_jsonb(sources))
      || case when 'credits' = any (sources) then jsonb_build_object('credits', of_credits) else '{}' end
      || case when 'own_key' = any (sources) then jsonb_build_object('own_key', of_key) else '{}' end);
  end loop;
  return answers;
end
$$;
revoke execute on function oneai.answers_with_sources from public;

-- The sources of these that are not paused by their daily limit (`spend_limit_micro_usd` and `credit_limit_micro_usd` of
-- p_request), and how much of it is spent, in percent. Own keys have none. ON503 if none is left.
create function oneai.open_sources(
  p_sources text[], p_request jsonb, p_free boolean, out sources text[], out spend_percent integer,
  out credit_percent integer)
language plpgsql stable
as $$
begin
  sources := p_sources;
  credit_percent := 0;
  spend_percent := 0;
  if 'credits' = any (sources) then
    credit_percent := oneai.credit_spend_percent((p_request ->> 'credit_limit_micro_usd')::bigint);
    if credit_percent >= 100 then
      sources := array_remove(sources, 'credits');
    end if;
  end if;
  if sources = array['plan'] then
    spend_percent := oneai.check_spend_limit((p_request ->> 'spend_limit_micro_usd')::bigint, p_free);
  elsif 'plan' = any (sources) then
    begin
      spend_percent := oneai.check_spend_limit((p_request ->> 'spend_limit_micro_usd')::bigint, p_free);
    exception when sqlstate 'ON503' then
      sources := array_remove(sources, 'plan');
    end;
  elsif sources = '{}' then
    raise exception using errcode = 'ON503', message = 'service_paused', detail = jsonb_build_object('source', 'credits',
      'retry_after', oneai.seconds_until_tomorrow())::text;
  end if;
end
$$;
revoke execute on function oneai.open_sources from public;

-- The terms of a question: those of the plan, as oneai.plan_terms returns them, or, where an own key or credits may pay, of all
-- sources (oneai.answers_with_sources), with `spend_percent` and `credit_percent`. Refuses as oneai.plan_terms, if no other
-- source can pay either.
create function oneai.terms_of_question(
  payer oneai.workspaces, p_chatbot uuid, p_request jsonb, p_terms jsonb, p_question uuid) returns oneai.tier_terms
language plpgsql stable security definer set search_path = ''
as $$
declare
  wanted text[] := oneai.payment_sources(payer, p_chatbot);
  of_plan jsonb := p_terms -> payer.subscription_tier;
  of_credits constant jsonb := p_terms -> 'credits';
  keys jsonb;
  opened record;
begin
  if 'own_key' = any (wanted) then
    keys := oneai.keys_of_answers(payer, p_request, p_terms -> 'own_key');
    if wanted <> '{own_key}' and not jsonb_path_exists(keys, '$[*] ? (@ != null)') is true then
      wanted := array_remove(wanted, 'own_key');
    end if;
  end if;
  if wanted = array['plan'] or coalesce(of_credits ->> 'refusal', of_plan ->> 'refusal') is not null then
    return oneai.plan_terms(payer.subscription_tier, p_request, p_terms, p_question);
  end if;
  opened := oneai.open_sources(wanted, p_request, (of_plan ->> 'free')::boolean);
  if 'plan' = any (opened.sources) and oneai.question_length(p_request, p_question)
    > (of_plan ->> 'message_characters')::bigint
  then
    opened.sources := array_remove(opened.sources, 'plan');
  end if;
  return of_plan || jsonb_build_object('message_characters', null, 'spend_percent', opened.spend_percent,
    'credit_percent', opened.credit_percent,
    'history_bytes', greatest((of_plan ->> 'history_bytes')::bigint, (of_credits ->> 'history_bytes')::bigint),
    'answers', oneai.answers_with_sources(payer, opened.sources,
      case when 'plan' = any (opened.sources) then of_plan end, of_credits,
      jsonb_array_length(of_plan -> 'answers'), keys));
end
$$;
revoke execute on function oneai.terms_of_question from public;

-- Whether a refusal of the plan leaves the answer to credits: its units or its day are used up. What an admin lets a
-- member use is a decision, and does not.
create function oneai.leaves_to_credits(p_refusal text, p_detail jsonb, p_user uuid) returns boolean
language sql immutable
as $$
  select p_refusal in ('quota_exceeded', 'rate_limited', 'chatbot_spent')
    and (p_user is null or p_detail ->> 'of' is distinct from 'member')
$$;
revoke execute on function oneai.leaves_to_credits from public;
