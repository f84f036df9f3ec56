-- What an open answer reserves of its workspace's quotas, until it is settled or released.

-- What requests of models hold, as Python builds them (oneai/plans/request_terms.py, chat/turn/question_request.py), which a
-- test compares. A key that is unknown or misspelt is refused, where it would otherwise read as null.

-- p_request of oneai.admit and oneai.quote, whose keys oneai.admit explains.
create domain oneai.question_request as jsonb check (
  value - array['adjust', 'answers', 'any_model', 'attached', 'begins_conversation', 'chosen_model', 'collections',
    'conversation_id', 'credit_limit_micro_usd', 'documents', 'edit_of', 'fingerprint', 'has_prompt', 'is_retry', 'max_tokens',
    'message', 'metadata', 'passages_bytes', 'prompt_bytes_extra', 'question_id', 'regenerate_of', 'require_confirmed', 'spend_limit_micro_usd',
    'summaries', 'team_rate', 'temporary', 'temporary_seconds', 'title', 'titles', 'web_search'] = '{}'
  and not jsonb_path_exists(value,
    '$.answers[*].keyvalue() ? (@.key != "id" && @.key != "model" && @.key != "fallbacks")')
  and not jsonb_path_exists(value, '$.attached[*].keyvalue() ? (@.key != "id" && @.key != "field")')
  and not jsonb_path_exists(value, '$.adjust.keyvalue() ? (@.key != "kind" && @.key != "language")'));

-- p_request of a request of one model without a conversation: embeddings, pages, summaries.
create domain oneai.model_request as jsonb check (
  value - array['answers', 'credit_limit_micro_usd', 'model', 'part_tokens', 'prompt_tokens', 'require_confirmed',
    'spend_limit_micro_usd', 'tokens_per_unit', 'units'] = '{}');

-- The terms of one answer in one plan, an element of the answers in oneai.tier_terms.
create domain oneai.answer_terms as jsonb check (
  value - array['answer_tokens', 'completion_micro_usd_per_token', 'context_tokens', 'daily_ceiling_micro_usd',
    'input_tokens', 'models', 'price_version', 'prompt_micro_usd_per_token', 'quota_key', 'refusal', 'routes', 'text_key',
    'web_search_micro_usd', 'web_search_tokens', 'web_searches']
    -- As oneai.answers_with_sources adds them.
    - array['credits', 'own_key', 'sources'] = '{}');

-- The terms of a request in the plan of its workspace, chosen from p_terms.
create domain oneai.tier_terms as jsonb check (
  value - array['answers', 'answers_at_once', 'free', 'history_bytes', 'message_characters', 'refusal',
    'team_answers_at_once']
    -- As oneai.terms_of_question adds them.
    - array['credit_percent', 'spend_percent'] = '{}');

-- The functions with which answers are admitted, checkpointed and settled look rows up by their keys, and say so by
-- `set enable_seqscan = off`. A connection keeps the plans of its functions: one that was made while a table was small
-- read all of it for each answer, as it grew.

create table oneai.reservations (
  -- The answer's id: one reservation per answer.
  id uuid primary key,
  -- What pays, and who asked. No foreign keys: an answer that is open when they are deleted is still settled, with its
  -- cost.
  workspace_id uuid not null,
  user_id uuid,
  -- A visitor asked, of this chatbot; with a user: it was asked in a preview.
  visitor_id uuid,
  chatbot_id uuid,
  -- Whether a member's line is held beside each line of the pool, as in a team. So a personal workspace, which has
  -- none, need not look for them.
  counts_member boolean not null default false,
  created_at timestamptz not null default oneai.now(),
  -- The lease: renewed by every checkpoint.
  held_until timestamptz not null,
  settled_at timestamptz,
  -- Data for the usage event, so that any process can settle the answer.
  subscription_tier text not null,
  model_asked text not null,
  price_version text not null,
  prompt_micro_usd bigint not null default 0,
  completion_micro_usd_per_token numeric not null default 0,
  held_micro_usd bigint not null default 0,
  spend_day date not null,
  -- For image_generation: the text quota of the model's price, to which the unit of an answer without images moves.
  text_key text,
  -- The price of one search of the web, where searches are held.
  web_search_micro_usd bigint,
  -- Held for an evaluation, which a job asks: it takes no place among the answers that a user may have at once.
  in_background boolean not null default false,
  -- When the request was sent to OpenRouter: from then on a stopped answer costs a unit.
  sent_at timestamptz,
  -- Tokens, by estimate, of tool calls, which are stored with the answer's end; null while neither a tool call nor a
  -- picture has come.
  unstored_tokens integer,
  -- When the message was deleted while streaming, which stops the answer.
  deleted_at timestamptz,
  -- When a cost was recorded although no unit was charged: of the answer, or of making a preview's question whole.
  uncharged_cost_at timestamptz,
  purpose oneai.reservation_purpose not null default 'answer',
  -- The API key that the answer was requested with. No foreign key: usage outlives keys.
  api_key_id uuid,
  -- The tokens that were consumed of the key's tokens per minute, and when, in microseconds since 1970, the last of
  -- them leaves the queue of that limit.
  api_key_tokens bigint,
  api_key_tokens_until bigint,
  -- The tokens that were held for the prompt.
  prompt_tokens bigint not null default 0,
  -- The usage of answered parts of the request, for the process that settles it.
  spent_prompt_tokens bigint not null default 0,
  spent_completion_tokens bigint not null default 0,
  spent_micro_usd bigint not null default 0,
  spent_estimated boolean not null default false,
  -- The source that pays. With `credits` and `own_key` it has no lines: oneai.credit_holds or oneai.provider_key_holds has what
  -- is held.
  paid_by oneai.payment_source not null default 'plan',
  check (num_nonnulls(user_id, visitor_id) = 1)
) with (fillfactor = 70);
create index reservations_uncharged on oneai.reservations (user_id, uncharged_cost_at)
  where uncharged_cost_at is not null;
-- The open ones, of one user or of all. The lease is not indexed, so that its renewal by a checkpoint changes no index.
-- A statement that reads one by its id must not use `settled_at is null`, but `coalesce(settled_at, 'infinity') =
-- 'infinity'`: Postgres chooses the smallest index whose condition is met, and would read all open ones for it.
create index reservations_open on oneai.reservations (user_id) where settled_at is null;
create index reservations_open_of_team on oneai.reservations (workspace_id)
  where settled_at is null and user_id <> workspace_id;
create index reservations_open_of_visitor on oneai.reservations (visitor_id)
  where settled_at is null and visitor_id is not null;
create index reservations_settled on oneai.reservations (settled_at) where settled_at is not null;
-- For the workspace's latest answers when a window starts.
create index reservations_of_workspace on oneai.reservations (workspace_id, created_at);
-- What a user asked in teams, for the erasure of the user.
create index reservations_of_member on oneai.reservations (user_id) where user_id <> workspace_id;

alter table oneai.reservations enable row level security;
create policy "service" on oneai.reservations to oneai_service using (true) with check (true);
revoke all on oneai.reservations from anon, authenticated, service_role;
grant select, insert, update, delete on oneai.reservations to oneai_service;

-- Whose line is held beside that of the pool: the member's, or that of all visitors.
create function oneai.member_of(held oneai.reservations) returns uuid
language sql immutable
as $$ select case when held.visitor_id is null then held.user_id else oneai.all_visitors() end $$;
revoke execute on function oneai.member_of from public;

-- In the unit of their quota (oneai.unit_of).
create table oneai.reservation_lines (
  reservation_id uuid not null references oneai.reservations (id) on delete cascade,
  quota_key text not null,
  held oneai.non_negative not null,
  settled oneai.non_negative,
  -- The window in which the reservation was made; it never moves by itself.
  window_start timestamptz not null,
  primary key (reservation_id, quota_key)
) with (fillfactor = 70);

alter table oneai.reservation_lines enable row level security;
create policy "service" on oneai.reservation_lines to oneai_service using (true) with check (true);
revoke all on oneai.reservation_lines from anon, authenticated, service_role;
grant select, insert, update, delete on oneai.reservation_lines to oneai_service;

-- Completes a sign-up that found no plans; whether the personal workspace has quotas now that it had not.
create function oneai.add_missing_quotas(p_workspace uuid) returns boolean
language plpgsql
as $$
begin
  if exists (select from oneai.usage_quotas where workspace_id = p_workspace) then
    return false;
  end if;
  perform oneai.ensure_user(p_workspace);
  return exists (select from oneai.usage_quotas where workspace_id = p_workspace);
end
$$;
revoke execute on function oneai.add_missing_quotas from public;

-- Reserves one line of `p_id` in the current window, with that of `p_member`, if any, and returns its quota; tokens and
-- cost only if they are limited. A quota that the plan does not have refuses messages and searches. If the pool and the
-- member's limit are both exhausted, the pool is named.
create function oneai.reserve_line(p_workspace uuid, p_id uuid, p_key text, p_held bigint, p_member uuid)
returns oneai.usage_quotas
language plpgsql
as $$
declare
  at timestamptz := oneai.now();
  quota oneai.usage_quotas;
  most bigint;
begin
  loop
    with held as (
      update oneai.usage_quotas as q set reserved = q.reserved + p_held, updated_at = at
      where q.workspace_id = p_workspace and q.quota_key = p_key and q.next_reset_at > at
        and q.used + q.reserved + p_held <= oneai.effective_limit(q, at) + q.grace_units
      returning q.*
    ), line as (
      insert into oneai.reservation_lines (reservation_id, quota_key, held, window_start)
      select p_id, p_key, p_held, held.window_start from held
    )
    select * into quota from held;
    if found then
      if p_member is not null then
        perform oneai.reserve_member_line(quota, p_member, p_held);
      end if;
      return quota;
    end if;
    select * into quota from oneai.usage_quotas as q where q.workspace_id = p_workspace and q.quota_key = p_key;
    most := oneai.effective_limit(quota, at);
    if quota.next_reset_at <= at then
      perform oneai.roll_windows(p_workspace);
    elsif most is null and p_key in ('tokens', 'cost') then
      return quota;
    elsif quota.workspace_id is null and oneai.add_missing_quotas(p_workspace) then
      continue;
    elsif (quota.used + quota.reserved + p_held <= most + quota.grace_units) is not true then
      raise exception using errcode = 'ON429', message = 'quota_exceeded', detail = (jsonb_build_object(
        'quota_key', p_key, 'used', coalesce(quota.used, 0), 'reserved', coalesce(quota.reserved, 0),
        'limit', coalesce(most, 0), 'frequency', quota.reset_frequency,
        'units', p_held, 'workspace_id', p_workspace,
        'resets_at', to_char(quota.next_reset_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
        'retry_after', ceil(extract(epoch from quota.next_reset_at - at)))
        || oneai.refused_share('workspace', p_member is not null))::text;
    end if;
    -- A window was rolled, or units were released concurrently: try again.
  end loop;
end
$$;
revoke execute on function oneai.reserve_line from public;

-- Reserves all lines ([{"quota_key", "held"}]) of `p_id` or none, in key order, and returns the quota of the
-- messages, if they are among them. ON429 names the first line that does not fit. Functions that lock several quotas
-- lock the workspace first, which prevents deadlocks. A single line needs no such lock: it waits for one row
-- of quotas, and for its member's row only while it holds that.
-- p_member: whose lines are held beside those of a team; null: no user's.
create function oneai.reserve(p_workspace uuid, p_id uuid, p_lines jsonb, p_member uuid default null)
returns oneai.usage_quotas
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  line record;
  quota oneai.usage_quotas;
  of_messages oneai.usage_quotas;
begin
  if jsonb_array_length(p_lines) = 1 then
    return oneai.reserve_line(
      p_workspace, p_id, p_lines #>> '{0,quota_key}', (p_lines #>> '{0,held}')::bigint, p_member);
  end if;
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  for line in
    select l.quota_key, l.held
    from jsonb_to_recordset(p_lines) as l (quota_key text, held bigint) order by l.quota_key
  loop
    quota := oneai.reserve_line(p_workspace, p_id, line.quota_key, line.held, p_member);
    if oneai.unit_of(line.quota_key) = 'messages' then
      of_messages := quota;
    end if;
  end loop;
  return of_messages;
end
$$;
revoke execute on function oneai.reserve from public;
grant execute on function oneai.reserve to oneai_app;

-- Settles a reservation that is open (`held`, with all columns null if it is not) and converts its lines into
-- usage, each in its unit: messages and searches, never more than held; tokens and cost (micro-dollars) as they were,
-- and the `searches` that were counted are returned. The counters
-- change only while the quota is still in the line's window; the `quota` of its messages is returned then. The lines of
-- a team's member are settled with them. Where credits pay, they are charged (`charge`, else null) as oneai.settle_use says.
-- The caller has locked the workspace. p_model: what answered. p_paid_by: the reservation's source, if it is known; with credits it
-- has no lines. p_keep: as in oneai.settle_use.
create function oneai.settle_lines(
  p_id uuid, p_units bigint, p_tokens bigint, p_cost bigint, p_searches bigint, p_model text default null,
  p_paid_by oneai.payment_source default null, p_keep text[] default '{}',
  out held oneai.reservations, out quota oneai.usage_quotas, out searches bigint, out charge bigint)
language plpgsql
as $$
declare
  at constant timestamptz := oneai.now();
  ended record;
  member uuid;
begin
  if p_paid_by = 'credits' then
    update oneai.reservations as r set settled_at = at
    where r.id = p_id and coalesce(r.settled_at, 'infinity') = 'infinity' returning r.* into held;
    searches := 0;
  else
    with reservation as (
      update oneai.reservations as r set settled_at = at
      where r.id = p_id and coalesce(r.settled_at, 'infinity') = 'infinity' returning r as held
    ), line as (
      update oneai.reservation_lines as l
      set settled = case l.quota_key
            when 'tokens' then p_tokens when 'cost' then p_cost when 'web_searches' then least(p_searches, l.held)
            else least(p_units, l.held) end
      from reservation where l.reservation_id = p_id
      returning (reservation.held).workspace_id, l.quota_key, l.window_start, l.held, l.settled
    ), counted as (
      update oneai.usage_quotas as q
      set reserved = q.reserved - line.held, used = q.used + line.settled, updated_at = at,
          last_usage_at = case when line.settled > 0 then at else q.last_usage_at end
      from line
      where q.workspace_id = line.workspace_id and q.quota_key = line.quota_key and q.window_start = line.window_start
      returning q.quota_key, q as quota
    )
    select reservation.held, counted.quota,
      (select line.settled from line where line.quota_key = 'web_searches') as searches into ended
    from reservation left join counted on oneai.unit_of(counted.quota_key) = 'messages';
    held := ended.held;
    quota := ended.quota;
    searches := coalesce(ended.searches, 0);
  end if;
  member := oneai.member_of(held);
  if held.counts_member then
    update oneai.member_usage as m set reserved = m.reserved - l.held, used = m.used + l.settled
    from oneai.reservation_lines as l
    where l.reservation_id = held.id and m.workspace_id = held.workspace_id and m.user_id = member
      and m.quota_key = l.quota_key and m.window_start = l.window_start;
  end if;
  if held.paid_by = 'credits' then
    charge := oneai.settle_use(held, p_units, p_cost, p_model, p_keep);
  elsif held.paid_by = 'own_key' then
    perform oneai.settle_own_key(held, p_units, p_cost);
  end if;
  -- An answer for a member can hold a part of a chatbot's budget too: a drafted reply does, a preview does not.
  if held.chatbot_id is not null then
    perform oneai.settle_chatbot_hold(held.id, p_units, p_cost, charge);
  end if;
  if held.api_key_id is not null then
    perform oneai.settle_api_key(held, p_tokens, p_cost);
  end if;
end
$$;
revoke execute on function oneai.settle_lines from public;

-- Converts the reservation into usage, as oneai.settle_lines does. The first call settles; false if it was already
-- settled.
-- Locks the workspace first, as set_entitled_plan does, which moves open lines between windows: this prevents
-- deadlocks.
create function oneai.settle_reservation(
  p_id uuid, p_units bigint, p_tokens bigint default 0, p_cost bigint default 0, p_searches bigint default 0)
returns boolean
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  settled record;
begin
  perform 1 from oneai.workspaces
  where id = (select r.workspace_id from oneai.reservations as r where r.id = p_id) for no key update;
  settled := oneai.settle_lines(p_id, p_units, p_tokens, p_cost, p_searches);
  return (settled.held).id is not null;
end
$$;
revoke execute on function oneai.settle_reservation from public;
grant execute on function oneai.settle_reservation to oneai_app;

-- Moves the unit of an image model's answer without images to the text quota of the model's price, during settlement,
-- if a unit is left there, in the pool and within a member's limit, in a window that was open when the question was
-- asked. Locks the workspace first: several quotas.
create function oneai.move_unit_to_text(p_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.reservations;
  line oneai.reservation_lines;
  text_quota oneai.usage_quotas;
begin
  select * into held from oneai.reservations
  where id = p_id and coalesce(settled_at, 'infinity') = 'infinity' for update;
  if not found then
    return;
  end if;
  perform oneai.roll_windows(held.workspace_id);
  select * into line from oneai.reservation_lines
  where reservation_id = p_id and oneai.unit_of(quota_key) = 'messages' for update;
  update oneai.usage_quotas as q set reserved = q.reserved + line.held, updated_at = oneai.now()
  where q.workspace_id = held.workspace_id and q.quota_key = held.text_key and q.quota_key <> line.quota_key
    and q.window_start <= held.created_at
    and q.used + q.reserved + line.held <= oneai.effective_limit(q, oneai.now()) + q.grace_units
  returning q.* into text_quota;
  if not found then
    return;
  end if;
  if held.counts_member and not oneai.hold_of_member(text_quota, oneai.member_of(held), line.held) then
    update oneai.usage_quotas set reserved = reserved - line.held
    where workspace_id = held.workspace_id and quota_key = held.text_key;
    return;
  end if;
  update oneai.usage_quotas as q set reserved = q.reserved - line.held, updated_at = oneai.now()
  where q.workspace_id = held.workspace_id and q.quota_key = line.quota_key and q.window_start = line.window_start;
  if held.counts_member then
    update oneai.member_usage as m set reserved = m.reserved - line.held
    where m.workspace_id = held.workspace_id and m.user_id = oneai.member_of(held) and m.quota_key = line.quota_key
      and m.window_start = line.window_start;
  end if;
  update oneai.reservation_lines set quota_key = held.text_key, window_start = text_quota.window_start
  where reservation_id = p_id and quota_key = line.quota_key;
end
$$;
revoke execute on function oneai.move_unit_to_text from public;
