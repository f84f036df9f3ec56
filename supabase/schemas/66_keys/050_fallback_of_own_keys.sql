-- Another source pays an answer of an own key whose provider was busy or broken before the first piece.

-- How an answer is asked of a chatbot, from its reservation, for what another source holds.
create function oneai.visit_of(held oneai.reservations) returns oneai.visit
language plpgsql stable security definer set search_path = ''
as $$
begin
  if held.chatbot_id is null then
    return null;
  end if;
  return row(held.workspace_id, held.chatbot_id, held.visitor_id,
    coalesce((select h.stranger from oneai.chatbot_holds as h where h.reservation_id = held.id), false),
    (select c.limits from oneai.chatbots as c where c.id = held.chatbot_id), 0)::oneai.visit;
end
$$;
revoke execute on function oneai.visit_of from public;

-- Ends what an answer holds of its own key, of its chatbot's budget and of its API key, with what the key's provider has taken for
-- it (p_cost, micro-dollars), so that another source can hold it. The caller has locked the workspace.
create function oneai.release_own_key(held oneai.reservations, p_cost bigint) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.settle_provider_key(held.id, p_cost > 0, p_cost);
  perform oneai.count_chatbot_answer(h.reservation_id, 0, h.prepared_micro_usd)
  from oneai.chatbot_holds as h where h.reservation_id = held.id and held.user_id is null;
  -- A draft for a member keeps its part of the budget.
  delete from oneai.chatbot_holds where reservation_id = held.id and held.user_id is null;
  if held.api_key_id is not null then
    perform oneai.settle_api_key(held, 0, p_cost);
  end if;
  delete from oneai.reservations where id = held.id;
end
$$;
revoke execute on function oneai.release_own_key from public;

-- The tokens of the prompt with these terms, as oneai.prompt_tokens counts them, of an answer that was held for an own key, which
-- sends as much of the history as the model takes. p_fixed: those that every source sends.
create function oneai.prompt_tokens_after_own_key(p_held bigint, p_fixed bigint, p_terms jsonb) returns bigint
language sql immutable
as $$
  select least(p_held, greatest(coalesce((p_terms ->> 'input_tokens')::bigint, p_held), coalesce(p_fixed, p_held)))
$$;
revoke execute on function oneai.prompt_tokens_after_own_key from public;

-- The terms of an answer that what p_sources names may pay after its own key: the search of the web only if it was held.
-- p_fixed: as for oneai.prompt_tokens_after_own_key.
create function oneai.terms_after_own_key(
  payer oneai.workspaces, held oneai.reservations, p_fixed bigint, p_sources text[], p_request jsonb, p_terms jsonb)
returns oneai.answer_terms
language plpgsql stable security definer set search_path = ''
as $$
declare
  of_plan jsonb := p_terms -> payer.subscription_tier;
  opened record;
  terms jsonb;
begin
  opened := oneai.open_sources(p_sources, p_request, (of_plan ->> 'free')::boolean);
  if (select length(q.content) from oneai.chat_messages as m join oneai.chat_messages as q on q.id = m.parent_message_id
    where m.id = held.id) > (of_plan ->> 'message_characters')::bigint
  then
    opened.sources := array_remove(opened.sources, 'plan');
  end if;
  terms := oneai.answers_with_sources(payer, opened.sources,
    case when 'plan' = any (opened.sources) then of_plan end, p_terms -> 'credits', 1) -> 0;
  if held.web_search_micro_usd is null then
    terms := (terms - 'web_searches') #- '{credits,web_searches}';
  end if;
  return terms || case when terms ? 'credits' then jsonb_build_object('credits', (terms -> 'credits')
    || jsonb_build_object('preparation_micro_usd', 0, 'prompt_tokens',
      oneai.prompt_tokens_after_own_key(held.prompt_tokens, p_fixed, terms -> 'credits'))) else '{}' end;
end
$$;
revoke execute on function oneai.terms_after_own_key from public;

-- Holds an answer of an own key with the source that its owner chose for when the provider fails, instead of the key, and counts
-- it in the key's daily limit of such answers. Returns what oneai.reserve_answer does, and the `tier`; null where the owner chose
-- none, the key was deleted, or the answer has ended. Refuses as oneai.reserve_answer, and with ON429 `own_key_limit_reached`:
-- then the key holds the answer as before. p_request: spend_limit_micro_usd, credit_limit_micro_usd. p_terms: as oneai.admit,
-- of this one answer. p_cost: what the provider has taken for it so far.
create function oneai.fall_back_from_key(p_message uuid, p_request jsonb, p_terms jsonb, p_cost bigint) returns jsonb
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  payer oneai.workspaces;
  held oneai.reservations;
  key oneai.provider_keys;
  visit oneai.visit;
  reserved jsonb;
  fixed_tokens bigint;
  terms oneai.answer_terms;
begin
  perform oneai.lock_turn(p_message);
  select * into held from oneai.reservations
  where id = p_message and coalesce(settled_at, 'infinity') = 'infinity' for update;
  select * into payer from oneai.workspaces where id = held.workspace_id;
  select k.* into key from oneai.provider_key_holds as h
  join oneai.provider_keys as k on k.id = h.provider_key_id and k.workspace_id = payer.id
  where h.reservation_id = p_message;
  if held.paid_by is distinct from 'own_key' or held.deleted_at is not null or coalesce(key.fallback, 'none') = 'none' then
    return null;
  end if;
  perform oneai.count_provider_key_fallback(payer, key.id);
  visit := oneai.visit_of(held);
  fixed_tokens := (select h.fixed_tokens from oneai.provider_key_holds as h where h.reservation_id = p_message);
  perform oneai.release_own_key(held, p_cost);
  terms := oneai.terms_after_own_key(
    payer, held, fixed_tokens, string_to_array(replace(key.fallback, '_then_', ','), ','), p_request, p_terms);
  reserved := oneai.reserve_answer(payer, held.user_id, p_message, held.model_asked, terms,
    oneai.prompt_tokens_after_own_key(held.prompt_tokens, fixed_tokens, terms), held.api_key_id, visit);
  update oneai.reservations set held_until = greatest(held_until, held.held_until), in_background = held.in_background
  where id = p_message;
  return reserved || jsonb_build_object('tier', payer.subscription_tier);
end
$$;
revoke execute on function oneai.fall_back_from_key from public;
grant execute on function oneai.fall_back_from_key to oneai_app;
