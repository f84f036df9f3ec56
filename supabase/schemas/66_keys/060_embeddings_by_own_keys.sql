-- Embeddings that a workspace's own key pays.

-- Reserves p_request of the workspace's own key of p_way, as oneai.keys_of_answers returns it. Returns {token_limit, own_key (as
-- oneai.way_of_key does)}. ON403 `own_key_not_usable`; ON429 `own_key_limit_reached`.
create function oneai.reserve_request_by_own_key(
  payer oneai.workspaces, p_user uuid, p_id uuid, p_purpose text, p_request oneai.model_request, p_way jsonb, p_api_key uuid)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  terms constant oneai.answer_terms := p_way -> 'terms';
  estimate record;
  key oneai.provider_keys;
  token_limit json;
begin
  estimate := oneai.estimate_answer(payer.id, terms, (p_request ->> 'prompt_tokens')::bigint);
  insert into oneai.reservations (
    id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    held_micro_usd, spend_day, purpose, api_key_id, prompt_tokens, paid_by)
  values (
    p_id, payer.id, p_user, oneai.now() + interval '5 minutes', payer.subscription_tier, p_request ->> 'model',
    terms ->> 'price_version', estimate.prompt_cost, estimate.cost, oneai.today(), p_purpose, p_api_key,
    estimate.prompt_tokens, 'own_key');
  key := oneai.hold_provider_key(
    payer, p_id, (p_way ->> 'key')::uuid, case when oneai.has_known_price(terms) then estimate.cost end);
  if p_api_key is not null then
    token_limit := oneai.reserve_api_key(p_id, estimate.prompt_tokens, estimate.answer_tokens);
  end if;
  return jsonb_build_object('token_limit', token_limit, 'own_key', oneai.way_of_key(key, p_way));
end
$$;
revoke execute on function oneai.reserve_request_by_own_key from public;

-- Reserves embeddings of the first source of the workspace that has them. An own key counts where its provider has the model; one
-- that refuses leaves them to no other source. Returns {token_limit, own_key (null: another source pays)}.
create function oneai.reserve_embeddings(
  payer oneai.workspaces, p_user uuid, p_id uuid, p_request oneai.model_request, p_terms jsonb, p_api_key uuid)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  sources constant text[] := oneai.payment_sources(payer, null);
  earlier constant text[] := sources[:array_position(sources, 'own_key') - 1];
  way constant jsonb := case when 'own_key' = any (sources)
    then nullif(oneai.keys_of_answers(payer, p_request, p_terms -> 'own_key') -> 0, 'null') end;
  terms oneai.tier_terms;
  usable text[];
  refusal text;
  refusal_detail text;
begin
  if way is null then
    terms := oneai.require_model(payer, p_request, p_terms, p_api_key);
    perform oneai.check_uncharged_answers(p_user);
    return jsonb_build_object('token_limit', oneai.reserve_request(payer, p_user, p_id, 'embedding', p_request, terms, p_api_key));
  end if;
  perform oneai.require_models_allowed(p_api_key, p_request);
  if earlier <> '{}' then
    begin
      terms := oneai.require_model(payer, p_request, p_terms, p_api_key);
      usable := array(select s.value from jsonb_array_elements_text(coalesce(terms #> '{answers,0,sources}', '["plan"]'))
        with ordinality as s (value, n) where s.value = any (earlier) order by s.n);
      if usable <> '{}' then
        perform oneai.check_uncharged_answers(p_user);
        return jsonb_build_object('token_limit', oneai.reserve_request(payer, p_user, p_id, 'embedding', p_request,
          jsonb_set(terms, '{answers,0,sources}', to_jsonb(usable)), p_api_key));
      end if;
    exception when sqlstate 'ON402' or sqlstate 'ON403' or sqlstate 'ON429' or sqlstate 'ON503' then
      get stacked diagnostics refusal = message_text, refusal_detail = pg_exception_detail;
      if refusal not in ('credits_exhausted', 'model_not_in_plan', 'not_sold_for_credits', 'service_paused')
        and not oneai.leaves_to_credits(refusal, refusal_detail::jsonb, p_user)
      then
        raise;
      end if;
    end;
  end if;
  return oneai.reserve_request_by_own_key(payer, p_user, p_id, 'embedding', p_request, way, p_api_key);
end
$$;
revoke execute on function oneai.reserve_embeddings from public;
