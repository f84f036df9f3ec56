-- Usage and cost of every answer, and of background completions paid by the operator.

-- Append-only: one row per answer and call, corrections as rows of their own. No foreign keys: usage
-- outlives deleted conversations and users.
create table oneai.usage_events (
  id bigint generated always as identity primary key,
  created_at timestamptz not null default oneai.now(),
  -- What paid, and who asked.
  workspace_id uuid,
  user_id uuid,
  api_key_id uuid,
  conversation_id uuid,
  message_id uuid,
  -- The chatbot that a visitor asked; with a user: it was asked in a preview.
  chatbot_id uuid,
  purpose oneai.usage_purpose not null,
  outcome oneai.usage_outcome not null,
  error_code text,
  subscription_tier text not null,
  quota_key text,
  charged integer not null default 0,
  model_asked text not null,
  model_served text,
  provider text,
  generation_id text,
  prompt_tokens integer not null default 0,
  completion_tokens integer not null default 0,
  reasoning_tokens integer not null default 0,
  cached_tokens integer not null default 0,
  cost_micro_usd bigint not null default 0,
  estimated boolean not null default false,
  price_version text not null,
  first_token_ms integer,
  -- Whether it is included in oneai.usage_rollups.
  rolled_up boolean not null default false,
  -- An answer may have several corrections, each computed from all before it. Two computed from the same state have the
  -- same number, and the unique index rejects the second.
  corrections_before smallint not null default 0,
  -- Which of our keys was used: the start of its SHA-256. Null if the process died before it recorded the key.
  openrouter_key text,
  -- From the admission of a complete answer to its end.
  duration_ms integer,
  -- From the arrival of the request until its question was admitted.
  admission_ms integer,
  -- From then until the model was asked: passages of documents, files and pictures.
  preparation_ms integer,
  -- Searches of the web: how many were made, how many of them were charged, and their share of the cost.
  web_search_requests integer not null default 0,
  web_searches_charged integer not null default 0,
  web_search_micro_usd bigint not null default 0,
  -- What paid it, and what it was charged in credits; `charged` counts units.
  paid_by oneai.payment_source not null default 'plan',
  credits_micro_usd bigint not null default 0,
  -- The workspace's own key that paid it.
  provider_key_id uuid
);
create unique index usage_events_one_per_answer on oneai.usage_events (message_id)
  where purpose in ('answer', 'document_embedding', 'embedding', 'page_reading', 'rewriting', 'summary');
create index usage_events_of_workspace on oneai.usage_events (workspace_id, created_at);
create index usage_events_of_chatbot on oneai.usage_events (chatbot_id, created_at) where chatbot_id is not null;
create index usage_events_of_credits on oneai.usage_events (workspace_id, created_at) where paid_by = 'credits';
create index usage_events_of_provider_key on oneai.usage_events (provider_key_id, created_at) where provider_key_id is not null;
create index usage_events_by_time on oneai.usage_events (created_at);
-- What a user caused in teams, for the erasure of the user.
create index usage_events_of_member on oneai.usage_events (user_id) where user_id <> workspace_id;
create unique index usage_events_one_title on oneai.usage_events (message_id) where purpose = 'title';
create unique index usage_events_one_summary on oneai.usage_events (message_id) where purpose = 'conversation_summary';
create index usage_events_to_roll_up on oneai.usage_events (id) where not rolled_up;
create index usage_events_of_workspace_to_roll_up on oneai.usage_events (workspace_id) where not rolled_up;
create unique index usage_events_one_correction on oneai.usage_events (message_id, corrections_before)
  where purpose = 'correction';

-- Whether the operator pays for it: titles, summaries of conversations, visitors' questions that are made whole, and
-- embeddings of documents and of searches in them. Users are neither charged for it nor see it.
create function oneai.is_paid_by_operator(p_purpose text) returns boolean
language sql immutable parallel safe
as $$ select p_purpose in ('conversation_summary', 'document_embedding', 'rewriting', 'title') $$;
revoke execute on function oneai.is_paid_by_operator from public;
grant execute on function oneai.is_paid_by_operator to authenticated, oneai_service;

alter table oneai.usage_events enable row level security;
-- What others asked is for those who manage the workspace: a line says who asked which model in which conversation.
create policy "members see their usage" on oneai.usage_events
  for select to authenticated using (
    workspace_id = any (array(select oneai.my_workspaces())) and user_id = (select auth.uid()));
create policy "managers see the usage of all members" on oneai.usage_events
  for select to authenticated using (workspace_id = any (array(select oneai.my_managed_workspaces())));
create policy "service" on oneai.usage_events to oneai_service using (true) with check (true);
revoke all on oneai.usage_events from anon, authenticated, service_role;
grant select on oneai.usage_events to authenticated;
grant select, insert on oneai.usage_events to oneai_service;

-- The events of an answer that the user may read, or asked for in a workspace that they may read. An answer keeps what it
-- cost where it was paid, so the workspace of its conversation, which may have moved, decides who reads its receipt.
create function oneai.receipt_of(p_conversation uuid, p_message uuid) returns setof oneai.usage_events
language sql stable security definer set search_path = '' rows 1
as $$
  select e.* from oneai.usage_events as e
  where e.conversation_id = p_conversation
    and (
      e.user_id = (select auth.uid()) and e.workspace_id = any (array(select oneai.my_workspaces()))
      or exists (
        select from oneai.chat_messages as m
        where m.id = e.message_id and m.workspace_id = any (array(select oneai.my_workspaces()))
          and (m.user_id = (select auth.uid()) or m.visibility = 'workspace')))
    -- Each arm has its own partial index.
    and ((e.message_id = p_message and e.purpose = 'answer') or (e.message_id = p_message and e.purpose = 'correction'))
$$;
revoke execute on function oneai.receipt_of from public;
grant execute on function oneai.receipt_of to authenticated;

-- Records one usage event per answer, embeddings request or page that was read, with its searches of the web (those
-- that were made, and those that count against the quota), and returns the cost for its
-- conversation; a later call with the actual cost corrects an estimate, unless it was already corrected, and returns
-- null. A cost that the provider did not report is an estimate, and a cost check is queued. p_charge: what credits were
-- charged (null: the plan pays).
create function oneai.record_usage(
  held oneai.reservations, answer oneai.chat_messages, quota text, p_outcome jsonb, units integer, p_searches bigint,
  p_searches_charged bigint, first boolean, p_charge bigint
) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  u jsonb := p_outcome -> 'usage';
  cost bigint := coalesce((u ->> 'cost_micro_usd')::bigint, 0);
  exact boolean := u ->> 'cost_micro_usd' is not null and not coalesce((u ->> 'estimated')::boolean, true);
  -- The statistics of one generation cannot correct the cost of several.
  generation text := case when (p_outcome ->> 'asked_again')::boolean is true then null
    else coalesce(p_outcome ->> 'generation_id', answer.generation_id) end;
  known oneai.usage_events;
begin
  if held.id is null then
    return null;
  end if;
  if not first then
    select * into known from oneai.usage_events where message_id = held.id and purpose = 'answer' for update;
    if known.estimated and not exists (
      select from oneai.usage_events where message_id = held.id and purpose = 'correction')
    then
      perform oneai.correct_usage(held.id, p_outcome);
    end if;
    return null;
  end if;
  insert into oneai.usage_events (
    workspace_id, user_id, api_key_id, conversation_id, message_id, chatbot_id, purpose, outcome, error_code,
    subscription_tier, quota_key, charged, model_asked, model_served, provider, generation_id, prompt_tokens, completion_tokens,
    reasoning_tokens,
    cached_tokens, cost_micro_usd, estimated, price_version, first_token_ms, openrouter_key, duration_ms,
    admission_ms, preparation_ms, web_search_requests, web_searches_charged, web_search_micro_usd, paid_by,
    credits_micro_usd, provider_key_id)
  values (
    held.workspace_id, held.user_id, held.api_key_id, answer.conversation_id, held.id, held.chatbot_id, held.purpose,
    p_outcome ->> 'state',
    p_outcome ->> 'error_code',
    held.subscription_tier, quota,
    case when held.paid_by = 'plan' then units else 0 end, held.model_asked, p_outcome ->> 'model', p_outcome ->> 'provider', generation,
    coalesce((u ->> 'prompt_tokens')::integer, 0), coalesce((u ->> 'completion_tokens')::integer, 0),
    coalesce((u ->> 'reasoning_tokens')::integer, 0), coalesce((u ->> 'cached_tokens')::integer, 0),
    cost, not exact, held.price_version, (p_outcome ->> 'first_token_ms')::integer, p_outcome ->> 'openrouter_key',
    case when p_outcome ->> 'state' = 'complete'
      then least(extract(epoch from oneai.now() - held.created_at) * 1000, 86400000)::integer end,
    (p_outcome ->> 'admission_ms')::integer, (p_outcome ->> 'preparation_ms')::integer,
    p_searches, p_searches_charged, least(p_searches * coalesce(held.web_search_micro_usd, 0), cost), held.paid_by,
    coalesce(p_charge, 0), case when held.paid_by = 'own_key' then oneai.key_of_reservation(held.id) end)
  on conflict do nothing;
  if not found then
    return null;
  end if;
  perform oneai.end_spend(held, cost);
  if units = 0 and cost > 0 and held.paid_by <> 'own_key' and not oneai.is_paid_by_operator(held.purpose) then
    update oneai.reservations set uncharged_cost_at = oneai.now() where id = held.id;
  elsif units > 0 and held.uncharged_cost_at is not null then
    -- The unit pays for the preparation of a preview too.
    update oneai.reservations set uncharged_cost_at = null where id = held.id;
  end if;
  if not exact and generation is not null and held.paid_by <> 'own_key' then
    insert into oneai.pending_cost_checks (message_id, generation_id) values (held.id, generation) on conflict do nothing;
  end if;
  return cost;
end
$$;
revoke execute on function oneai.record_usage from public;
