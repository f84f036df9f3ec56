-- Answers that a workspace's own key pays: no unit, no credit, no share of the day. Its own limits hold, and those of API keys
-- and chatbots, which the workspace has set itself.

-- Whether a workspace has a key of its own, usable or not: one that is refused is not passed over for another source.
create function oneai.has_provider_key(p_workspace uuid) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (select from oneai.provider_keys as k where k.workspace_id = p_workspace);
end
$$;
revoke execute on function oneai.has_provider_key from public;

-- For each answer the workspace's key that would pay it (null: it has none): {key, provider, model, long, at_once, terms}, where
-- `terms` are those of the answer. p_own: the terms `own_key` of p_terms, whose answers have `routes` [{provider, model, key
-- (null: any of the provider), terms, long, at_once (of a workspace's own server: oneai.take_custom_slot)}] in their order. Of
-- several keys of a provider the oldest usable one pays, first those whose account has credit. A search of the web
-- that the question asks for is made by OpenRouter alone.
create function oneai.keys_of_answers(payer oneai.workspaces, p_request jsonb, p_own jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select jsonb_agg(found.way order by a.n)
    from jsonb_array_elements(p_own -> 'answers') with ordinality as a (value, n)
    left join lateral (
      select r.value - 'terms' || jsonb_build_object('key', k.id, 'terms', a.value - 'routes' || (r.value -> 'terms')) as way
      from jsonb_array_elements(a.value -> 'routes') with ordinality as r (value, n)
      join oneai.provider_keys as k on k.workspace_id = payer.id and k.provider = r.value ->> 'provider'
        and k.id = coalesce((r.value ->> 'key')::uuid, k.id)
      where r.value ->> 'provider' = 'openrouter' or (p_request ->> 'web_search')::boolean is not true
      order by r.n, k.revoked_at is not null or k.refused_at is not null, oneai.is_exhausted_key(k), k.created_at, k.id limit 1
    ) as found on true);
end
$$;
revoke execute on function oneai.keys_of_answers from public;

-- The terms of an answer by a key with the prices that hold for p_prompt_tokens: `long` has those of long prompts.
create function oneai.key_terms(p_way jsonb, p_prompt_tokens bigint) returns oneai.answer_terms
language plpgsql immutable set search_path = ''
as $$
begin
  return (p_way -> 'terms') || case when p_prompt_tokens > (p_way #>> '{long,above_tokens}')::bigint
    then (p_way -> 'long') - 'above_tokens' else '{}' end;
end
$$;
revoke execute on function oneai.key_terms from public;

-- Whether the price of the key's model is known.
create function oneai.has_known_price(p_terms jsonb) returns boolean
language sql immutable
as $$ select p_terms ->> 'price_version' <> 'unknown' $$;
revoke execute on function oneai.has_known_price from public;

-- What the process needs that asks with a key: the sealed key, with the model's name at its provider and what pays where the
-- provider fails.
create function oneai.way_of_key(p_key oneai.provider_keys, p_way jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return oneai.sealed_provider_key(p_key) || jsonb_build_object(
    'model', p_way ->> 'model', 'fallback', p_key.fallback, 'problem', p_key.problem);
end
$$;
revoke execute on function oneai.way_of_key from public;

-- The most that preparing an answer costs by a key (micro-dollars): the vector of its question, and of a chatbot's question its
-- rewriting by the model that answers (chatbots/answering/rewriting.py), where it is prepared at all.
create function oneai.preparation_by_key(p_way jsonb, p_terms oneai.answer_terms, p_visit oneai.visit) returns bigint
language sql immutable
as $$
  select coalesce((p_way ->> 'preparation_micro_usd')::bigint, 0) + case when p_visit.preparation_micro_usd > 0
    then ceil(2500 * coalesce((p_terms ->> 'prompt_micro_usd_per_token')::numeric, 0)
      + 1080 * coalesce((p_terms ->> 'completion_micro_usd_per_token')::numeric, 0))::bigint else 0 end
$$;
revoke execute on function oneai.preparation_by_key from public;

-- Reserves what one answer needs, paid by the workspace's own key of p_way, as oneai.with_use_of_sources returns it. Returns what
-- oneai.reserve_answer returns, and `own_key` as oneai.way_of_key does. ON403 `own_key_not_usable`; ON429
-- `own_key_limit_reached`; ON429 and ON503 as oneai.take_custom_slot.
create function oneai.reserve_by_own_key(
  payer oneai.workspaces, p_user uuid, p_message uuid, p_model text, p_way jsonb, p_api_key uuid, p_visit oneai.visit)
returns json
language plpgsql security definer set search_path = ''
as $$
declare
  p_terms constant oneai.answer_terms := oneai.key_terms(p_way, (p_way ->> 'prompt_tokens')::bigint);
  key oneai.provider_keys;
  estimate record;
  token_limit json;
begin
  estimate := oneai.estimate_answer(payer.id, p_terms, (p_way ->> 'prompt_tokens')::bigint);
  insert into oneai.reservations (
    id, workspace_id, user_id, visitor_id, chatbot_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    completion_micro_usd_per_token, held_micro_usd, spend_day, api_key_id, prompt_tokens, web_search_micro_usd, paid_by)
  values (
    p_message, payer.id, p_user, p_visit.visitor_id, p_visit.chatbot_id, oneai.now() + oneai.lease(), payer.subscription_tier, p_model,
    p_terms ->> 'price_version', estimate.prompt_cost,
    coalesce((p_terms ->> 'completion_micro_usd_per_token')::numeric, 0), estimate.cost, oneai.today(), p_api_key,
    estimate.prompt_tokens, case when estimate.searches > 0 then (p_terms ->> 'web_search_micro_usd')::bigint end, 'own_key');
  key := oneai.hold_provider_key(payer, p_message, (p_way ->> 'key')::uuid, case when oneai.has_known_price(p_terms)
    then estimate.cost + oneai.preparation_by_key(p_way, p_terms, p_visit) end, 1, (p_way ->> 'fixed_tokens')::bigint);
  if p_way ? 'at_once' then
    perform oneai.take_custom_slot(payer, p_message, p_way -> 'at_once');
  end if;
  if p_api_key is not null then
    token_limit := oneai.reserve_api_key(
      p_message, estimate.prompt_tokens + estimate.search_tokens, estimate.answer_tokens);
  end if;
  if p_user is null then
    perform oneai.hold_chatbot_answer(payer, p_message, p_visit, estimate.cost, estimate.cost);
  end if;
  return json_build_object(
    'prompt_tokens', estimate.prompt_tokens, 'budget', estimate.answer_tokens, 'web_searches', estimate.searches,
    'quota', null, 'token_limit', token_limit, 'paid_by', 'own_key', 'own_key', oneai.way_of_key(key, p_way));
end
$$;
revoke execute on function oneai.reserve_by_own_key from public;

-- A reservation (oneai.reserve_answer) that is stored until its answer is asked, without the sealed key.
create function oneai.without_sealed_key(p_reserved json) returns json
language plpgsql immutable set search_path = ''
as $$
begin
  return case when p_reserved -> 'own_key' is null then p_reserved else (p_reserved::jsonb || jsonb_build_object('own_key',
    jsonb_build_object('id', p_reserved #> '{own_key,id}', 'model', p_reserved #> '{own_key,model}')))::json end;
end
$$;
revoke execute on function oneai.without_sealed_key from public;

-- The same with the key as it is sealed now.
create function oneai.with_sealed_key(p_reserved json) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return p_reserved::jsonb || case when p_reserved -> 'own_key' is null then '{}' else jsonb_build_object('own_key', (
    select oneai.way_of_key(k, p_reserved::jsonb -> 'own_key') from oneai.provider_keys as k
    where k.id = (p_reserved #>> '{own_key,id}')::uuid)) end;
end
$$;
revoke execute on function oneai.with_sealed_key from public;

-- Whether the key that holds this can no longer be used.
create function oneai.lost_its_key(held oneai.reservations) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return held.paid_by = 'own_key' and not exists (
    select from oneai.provider_keys as k
    where k.id = oneai.key_of_reservation(held.id) and k.revoked_at is null and k.refused_at is null);
end
$$;
revoke execute on function oneai.lost_its_key from public;

-- Why a key cannot pay these answers now, as a quote says it: `own_key`; null if it can. p_use: {answers, micro_usd (their cost),
-- unknown (whether the price of one is not known)}.
create function oneai.exhausted_key(payer oneai.workspaces, p_key uuid, p_use jsonb) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  key oneai.provider_keys;
  day oneai.provider_key_sums;
  month oneai.provider_key_sums;
begin
  select * into key from oneai.provider_keys where id = p_key and workspace_id = payer.id;
  select * into day from oneai.provider_key_sums as s where s.workspace_id = payer.id and s.provider_key_id = p_key
    and s.period = 'day' and s.starts_at = date_trunc('day', at, payer.time_zone);
  select * into month from oneai.provider_key_sums as s where s.workspace_id = payer.id and s.provider_key_id = p_key
    and s.period = 'month' and s.starts_at = date_trunc('month', at, payer.time_zone);
  return case when key.id is null or key.revoked_at is not null or key.refused_at is not null
      or coalesce(day.answers, 0) + (p_use ->> 'answers')::bigint
        > coalesce(key.answers_per_day, case when (p_use ->> 'unknown')::boolean then 200 end)
      or coalesce(day.micro_usd, 0) + (p_use ->> 'micro_usd')::bigint > key.micro_usd_per_day
      or coalesce(month.micro_usd, 0) + (p_use ->> 'micro_usd')::bigint > key.micro_usd_per_month then 'own_key' end;
end
$$;
revoke execute on function oneai.exhausted_key from public;

-- Settles what an answer that is settled now holds of its key. What the provider was asked for counts, also without an answer.
create function oneai.settle_own_key(held oneai.reservations, p_units bigint, p_cost bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.settle_provider_key(held.id, p_units > 0 or p_cost > 0, p_cost);
end
$$;
revoke execute on function oneai.settle_own_key from public;

-- Adds a correction of the cost of an answer that is settled (micro-dollars) to the sums of its key.
create function oneai.correct_own_key(p_reservation uuid, p_more bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.settle_provider_key(
    p_reservation, h.answers > 0 or h.micro_usd + p_more > 0, h.micro_usd - h.steps_micro_usd + p_more)
  from oneai.provider_key_holds as h where h.reservation_id = p_reservation;
end
$$;
revoke execute on function oneai.correct_own_key from public;

-- Adds what a step of an answer cost, such as a vector: what is held covers it until the answer is settled with it.
create function oneai.add_step_of_own_key(p_reservation uuid, p_cost bigint) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  kept oneai.provider_key_holds;
begin
  update oneai.provider_key_holds set steps_micro_usd = steps_micro_usd + p_cost
  where reservation_id = p_reservation returning * into kept;
  if kept.settled_at is not null then
    perform oneai.settle_provider_key(p_reservation, kept.answers > 0, kept.micro_usd - kept.steps_micro_usd + p_cost);
  end if;
end
$$;
revoke execute on function oneai.add_step_of_own_key from public;

-- The key that pays a reservation; null if none does.
create function oneai.key_of_reservation(p_reservation uuid) returns uuid
language sql stable security definer set search_path = ''
as $$ select h.provider_key_id from oneai.provider_key_holds as h where h.reservation_id = p_reservation $$;
revoke execute on function oneai.key_of_reservation from public;

-- The bill of an answer that a key paid: what its provider takes for it by our table of prices (null: it has no price).
create function oneai.bill_of_own_key(p_cost bigint, p_price_version text) returns jsonb
language sql immutable
as $$
  select jsonb_build_object('charged_micro_usd', coalesce(p_cost, 0), 'paid_by', jsonb_build_object(
    'source', 'own_key', 'units', null, 'micro_usd', case when p_price_version <> 'unknown' then coalesce(p_cost, 0) end))
$$;
revoke execute on function oneai.bill_of_own_key from public;

-- The most that what follows an answer costs, by the model that answered (chat/turn/titles.py and summaries.py).
create function oneai.max_of_key_line(held oneai.reservations, p_line text) returns bigint
language sql immutable
as $$
  select ceil(case p_line when 'title' then 2000 else 64000 end * held.prompt_micro_usd / greatest(held.prompt_tokens, 1)::numeric
    + case p_line when 'title' then 1040 else 1800 end * held.completion_micro_usd_per_token)::bigint
$$;
revoke execute on function oneai.max_of_key_line from public;

-- The id of the hold for what follows an answer (`title`, `summary`).
create function oneai.key_line_id(p_answer uuid, p_line text) returns uuid
language sql immutable
as $$ select pg_catalog.md5(concat_ws(':', p_answer, p_line))::uuid $$;
revoke execute on function oneai.key_line_id from public;

-- Holds p_cost (micro-dollars) for what follows an answer that a key paid (`title`, `summary`); false if a limit of the key does
-- not allow it, the key cannot be used any more, or its server writes as many answers as it may, and it is left out. It counts as
-- no answer.
create function oneai.hold_key_line(held oneai.reservations, p_line text, p_cost bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces;
  of_answer oneai.provider_key_holds;
begin
  select * into payer from oneai.workspaces where id = held.workspace_id for no key update;
  select * into of_answer from oneai.provider_key_holds where reservation_id = held.id;
  if not found then
    return false;
  end if;
  perform oneai.hold_provider_key(payer, oneai.key_line_id(held.id, p_line), of_answer.provider_key_id, p_cost, 0);
  if of_answer.at_once is not null then
    perform oneai.take_custom_slot(payer, oneai.key_line_id(held.id, p_line), of_answer.at_once);
  end if;
  return true;
exception when sqlstate 'ON403' or sqlstate 'ON404' or sqlstate 'ON429' or sqlstate 'ON503' then
  return false;
end
$$;
revoke execute on function oneai.hold_key_line from public;

-- Ends such a hold with what it cost.
create function oneai.settle_key_line(held oneai.reservations, p_line text, p_cost bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.settle_provider_key(oneai.key_line_id(held.id, p_line), false, p_cost);
end
$$;
revoke execute on function oneai.settle_key_line from public;

-- Settles up to p_limit holds whose process died before it settled them, and that no open reservation has: an answer counts with
-- what is held, since its provider may have been paid, and what followed one too. Returns how many.
create function oneai.settle_lost_key_holds(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  lost oneai.provider_key_holds;
  settled integer := 0;
begin
  for lost in
    select h.* from oneai.provider_key_holds as h
    where h.settled_at is null and h.held_at < oneai.now() - interval '15 minutes' and not exists (
      select from oneai.reservations as r where r.id = h.reservation_id and coalesce(r.settled_at, 'infinity') = 'infinity')
    order by h.held_at limit p_limit
  loop
    perform 1 from oneai.workspaces where id = lost.workspace_id for no key update;
    perform oneai.settle_provider_key(lost.reservation_id, lost.answers > 0, null);
    settled := settled + 1;
  end loop;
  return settled;
end
$$;
revoke execute on function oneai.settle_lost_key_holds from public;
grant execute on function oneai.settle_lost_key_holds to oneai_app;
