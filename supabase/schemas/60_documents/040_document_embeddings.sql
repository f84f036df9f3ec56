-- Chunks of documents and their embeddings.

-- The model of each column of oneai.document_vectors; one row, created with the first use.
create table oneai.embedding_models (
  single boolean primary key default true check (single),
  model text not null,
  -- The number of the column that searches read.
  active smallint not null default 1 check (active in (1, 2)),
  -- The model whose vectors fill the other column; null while it is emptied, and afterwards.
  next_model text
);

alter table oneai.embedding_models enable row level security;
revoke all on oneai.embedding_models from anon, authenticated, service_role;

-- Writes chunks (page, heading, content, tokens each) of a document, numbered from p_first, and counts their bytes;
-- returns how many. None if the document is gone.
create function oneai.append_document_chunks(p_document uuid, p_first integer, p_chunks jsonb) returns integer
language sql security definer set search_path = ''
as $$
  with written as (
    insert into oneai.document_chunks (document_id, ordinal, workspace_id, page, heading, content, tokens, words)
    select d.id, p_first + (c.number - 1)::integer, d.workspace_id, (c.chunk ->> 'page')::integer,
      c.chunk ->> 'heading',
      c.chunk ->> 'content', (c.chunk ->> 'tokens')::integer, oneai.search_vector(d.workspace_id, c.chunk ->> 'content')
    from oneai.documents as d cross join jsonb_array_elements(p_chunks) with ordinality as c (chunk, number)
    where d.id = p_document
    returning octet_length(content) as bytes
  ), counted as (
    update oneai.documents as d set text_bytes = d.text_bytes + (select coalesce(sum(w.bytes), 0) from written as w)
    where d.id = p_document
  )
  select count(*)::integer from written
$$;
revoke execute on function oneai.append_document_chunks from public;

-- The model whose vectors searches read; p_model if nothing is embedded yet.
create function oneai.embedding_model_in_use(p_model text) returns text
language sql stable security definer set search_path = ''
as $$ select coalesce((select model from oneai.embedding_models), p_model) $$;
revoke execute on function oneai.embedding_model_in_use from public;
grant execute on function oneai.embedding_model_in_use to authenticated;

-- The row of oneai.embedding_models, created with p_model, locked until the transaction ends.
create function oneai.lock_embedding_models(p_model text) returns oneai.embedding_models
language plpgsql security definer set search_path = ''
as $$
declare
  models oneai.embedding_models;
begin
  insert into oneai.embedding_models (model) values (p_model) on conflict do nothing;
  select * into models from oneai.embedding_models for share;
  return models;
end
$$;
revoke execute on function oneai.lock_embedding_models from public;

-- A document's chunks, in order, without a vector in this column.
create function oneai.chunks_to_embed(p_document uuid, p_column integer) returns setof oneai.document_chunks
language sql stable security definer set search_path = ''
as $$
  select c.* from oneai.document_chunks as c
  where c.document_id = p_document and not exists (
    select from oneai.document_vectors as v
    where v.document_id = c.document_id and v.ordinal = c.ordinal and v.filled & p_column > 0)
  order by c.ordinal
$$;
revoke execute on function oneai.chunks_to_embed from public;

-- Starts a request for the next p_limit chunks of a document, by the model in use (p_model if there is none yet) or, with
-- p_reembed, by the next one. It is sent next, and the operator pays, or credits with the pages that they paid: its estimated cost is
-- held from the day's spend, and settled by oneai.store_embeddings, or at that estimate when its lease ends. p_prices: {model: {version, micro_usd_per_token}}.
-- Returns {id, model, name, chunks: [{ordinal, page, heading, content}]}; null if none is left, or if credits that paid the pages do not cover
-- their vectors: they are found by their words then. ON503 if the daily
-- limit (micro-dollars) pauses free plans.
create function oneai.claim_embedding_batch(
  p_document uuid, p_model text, p_reembed boolean, p_limit integer, p_spend_limit bigint, p_prices jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  models oneai.embedding_models := oneai.lock_embedding_models(p_model);
  asked text := case when p_reembed then models.next_model else models.model end;
  document oneai.documents;
  payer oneai.workspaces;
  member uuid;
  next_chunks json;
  tokens bigint;
  cost bigint;
  batch constant uuid := gen_random_uuid();
  in_credits boolean;
begin
  select * into document from oneai.documents where id = p_document;
  -- A token for every three bytes at least, as of a prompt, and eight for what stands between a text's parts.
  select json_agg(json_build_object('ordinal', c.ordinal, 'page', c.page, 'heading', c.heading, 'content', c.content)),
    greatest(sum(c.tokens), ceil(sum(octet_length(concat(document.name, c.heading, c.content))) / 3.0)) + 8 * count(*)
  into next_chunks, tokens
  from (
    select * from oneai.chunks_to_embed(p_document, case when p_reembed then 3 - models.active else models.active end)
    limit p_limit) as c;
  if next_chunks is null or asked is null then
    return null;
  end if;
  perform oneai.check_spend_limit(p_spend_limit, true);
  select * into payer from oneai.workspaces where id = document.workspace_id for no key update;
  member := case when payer.personal_of is null then document.user_id end;
  cost := ceil(tokens * coalesce((p_prices #>> array[asked, 'micro_usd_per_token'])::numeric, 0));
  if not p_reembed then
    in_credits := oneai.hold_embedding(document, batch, cost);
    if not in_credits then
      return null;
    end if;
  end if;
  insert into oneai.reservations (
    id, workspace_id, user_id, held_until, subscription_tier, model_asked, price_version, prompt_micro_usd,
    held_micro_usd, spend_day, purpose, prompt_tokens, sent_at, counts_member, paid_by)
  values (
    batch, payer.id, coalesce(document.user_id, payer.id), oneai.now() + interval '5 minutes', payer.subscription_tier,
    asked,
    coalesce(p_prices #>> array[asked, 'version'], 'unknown'), cost, cost, oneai.today(), 'document_embedding', tokens,
    oneai.now(), member is not null and in_credits is not true, case when in_credits then 'credits' else 'plan' end);
  if in_credits then
    perform oneai.add_credit_spend(payer.id, oneai.today(), cost, 0);
  else
    perform oneai.reserve_spend(payer.id, cost, null, member);
  end if;
  return json_build_object('id', batch, 'model', asked, 'name', document.name, 'chunks', next_chunks);
end
$$;
revoke execute on function oneai.claim_embedding_batch from public;
grant execute on function oneai.claim_embedding_batch to oneai_app;

-- Records the cost of a question's embedding for the operator: no unit, but the day's spend. If it is for an answer that credits
-- pay (p_answer; null: a search), they pay it with that. p_usage: outcome, model_asked, model, provider, provider_key (the own
-- key that was asked with, which pays it with its answer), generation_id, openrouter_key, price_version, prompt_tokens,
-- cost_micro_usd, estimated. Once for each p_id. If the user was erased meanwhile, the cost has no user.
create function oneai.record_embedding_usage(p_user uuid, p_workspace uuid, p_id uuid, p_usage jsonb, p_answer uuid)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  cost bigint := (p_usage ->> 'cost_micro_usd')::bigint;
  own_key constant uuid := (p_usage ->> 'provider_key')::uuid;
  payer oneai.workspaces;
  answer oneai.reservations;
  charge bigint := 0;
begin
  select * into payer from oneai.workspaces where id = p_workspace for no key update;
  if exists (select from oneai.usage_events as e where e.message_id = p_id and e.purpose = 'document_embedding') then
    return;
  end if;
  if p_answer is not null then
    select * into answer from oneai.reservations where id = p_answer and workspace_id = payer.id and paid_by = 'credits';
  end if;
  if own_key is not null then
    perform oneai.add_step_of_own_key(p_answer, coalesce(cost, 0));
  elsif answer.paid_by = 'credits' then
    charge := oneai.add_step_of_use(answer, coalesce(cost, 0));
  elsif cost > 0 then
    perform oneai.add_spend(payer.id, null, 0, cost, case when payer.personal_of is null then p_user end);
  end if;
  insert into oneai.usage_events (
    workspace_id, user_id, message_id, purpose, outcome, subscription_tier, model_asked, model_served, provider, generation_id,
    prompt_tokens, cost_micro_usd, estimated, price_version, openrouter_key, paid_by, credits_micro_usd,
    provider_key_id)
  values (
    payer.id, case when payer.id is not null then p_user end, p_id, 'document_embedding', p_usage ->> 'outcome',
    coalesce(payer.subscription_tier, 'free'),
    p_usage ->> 'model_asked', p_usage ->> 'model', p_usage ->> 'provider', p_usage ->> 'generation_id',
    (p_usage ->> 'prompt_tokens')::integer, cost, (p_usage ->> 'estimated')::boolean, p_usage ->> 'price_version',
    p_usage ->> 'openrouter_key', case when own_key is not null then 'own_key' else coalesce(answer.paid_by, 'plan') end, charge,
    own_key)
  on conflict do nothing;
end
$$;
revoke execute on function oneai.record_embedding_usage from public;
grant execute on function oneai.record_embedding_usage to oneai_app;

-- Gives back what claim_embedding_batch held for a request that was not sent.
create function oneai.release_embedding_request(p_id uuid, p_document uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.reservations;
begin
  perform 1 from oneai.workspaces
  where id = (select r.workspace_id from oneai.reservations as r where r.id = p_id) for no key update;
  delete from oneai.reservations where id = p_id and coalesce(settled_at, 'infinity') = 'infinity' returning * into held;
  if held.paid_by = 'credits' then
    perform oneai.add_credit_spend(held.workspace_id, held.spend_day, -held.held_micro_usd, 0);
    perform oneai.settle_embedding(held.workspace_id, p_document, p_id);
  elsif held.id is not null then
    perform oneai.add_spend(held.workspace_id, held.spend_day, -held.held_micro_usd, 0,
      case when held.counts_member then held.user_id end);
  end if;
end
$$;
revoke execute on function oneai.release_embedding_request from public;

-- Ends the request that claim_embedding_batch began: stores the vectors (as text; none where they were of another
-- length) of these chunks, as far as they are still there, and settles it with p_outcome, as oneai.settle does; null:
-- nothing was sent, and nothing is recorded. Vectors of a model that has no column any more are dropped. Returns whether
-- chunks of the document are left without one.
create function oneai.store_embeddings(
  p_id uuid, p_document uuid, p_model text, p_ordinals integer[], p_vectors text[], p_outcome jsonb)
returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  models oneai.embedding_models := oneai.lock_embedding_models(p_model);
  number integer := case p_model when models.model then models.active when models.next_model then 3 - models.active end;
begin
  insert into oneai.document_vectors as stored (document_id, ordinal, workspace_id, embedding_1, embedding_2)
  select c.document_id, c.ordinal, c.workspace_id, case when number = 1 then v.vector::extensions.halfvec end,
    case when number = 2 then v.vector::extensions.halfvec end
  from unnest(p_ordinals, p_vectors) as v (ordinal, vector)
  join oneai.document_chunks as c on c.document_id = p_document and c.ordinal = v.ordinal
  where number is not null
  order by c.ordinal for key share of c
  on conflict (document_id, ordinal) do update
  set embedding_1 = coalesce(excluded.embedding_1, stored.embedding_1),
      embedding_2 = coalesce(excluded.embedding_2, stored.embedding_2);
  if p_outcome is null then
    perform oneai.release_embedding_request(p_id, p_document);
  else
    if (oneai.settle(p_id, p_outcome) ->> 'first')::boolean then
      perform oneai.settle_embedding(r.workspace_id, p_document, p_id) from oneai.reservations as r
      where r.id = p_id and r.paid_by = 'credits';
    end if;
  end if;
  return exists (select from oneai.chunks_to_embed(p_document, coalesce(number, models.active::integer)));
end
$$;
revoke execute on function oneai.store_embeddings from public;
grant execute on function oneai.store_embeddings to oneai_app;

-- The next step of the change to p_model: {"state": "current"} if it is in use and the other column is empty;
-- "emptying" if rows of the other column were emptied, at most p_limit; "filling" with a document_id whose chunks have
-- no vector of it yet; "switched" if searches read its column from now on.
create function oneai.change_embedding_model(p_model text, p_limit integer) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  models oneai.embedding_models;
  document uuid;
  emptied integer;
begin
  insert into oneai.embedding_models (model) values (p_model) on conflict do nothing;
  select * into models from oneai.embedding_models for update;
  if models.next_model = p_model and models.model <> p_model then
    select v.document_id into document from oneai.document_vectors as v where v.filled = models.active limit 1;
    if found then
      return json_build_object('state', 'filling', 'document_id', document);
    end if;
    update oneai.embedding_models set model = p_model, active = 3 - active, next_model = null;
    return json_build_object('state', 'switched');
  end if;
  update oneai.embedding_models set next_model = null where next_model is not null;
  update oneai.document_vectors as v
  set embedding_1 = case models.active when 1 then v.embedding_1 end,
      embedding_2 = case models.active when 2 then v.embedding_2 end
  where (v.document_id, v.ordinal) in (
    select o.document_id, o.ordinal from oneai.document_vectors as o
    where o.filled in (3, 3 - models.active) limit p_limit);
  get diagnostics emptied = row_count;
  if emptied = 0 and models.model <> p_model then
    update oneai.embedding_models set next_model = p_model;
  end if;
  return json_build_object('state', case when emptied = 0 and models.model = p_model then 'current' else 'emptying' end);
end
$$;
revoke execute on function oneai.change_embedding_model from public;
grant execute on function oneai.change_embedding_model to oneai_app;
