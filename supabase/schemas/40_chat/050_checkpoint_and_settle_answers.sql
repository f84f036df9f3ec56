-- Answers are stored in pieces while they run, and settled one by one; their turn ends with the last of them.
-- Their cost is added to the conversation, which gets a title once, and if it is temporary, expires.

-- `at`: code points of this kind before it; `n`: the order of text and reasoning.
create table oneai.answer_pieces (
  message_id uuid not null references oneai.chat_messages (id) on delete cascade,
  -- Who asked: a user or a visitor.
  user_id uuid not null,
  kind oneai.piece_kind not null,
  at oneai.text_offset not null,
  text text not null,
  n bigint generated always as identity,
  primary key (message_id, kind, at)
);
create index answer_pieces_of_user on oneai.answer_pieces (user_id);

alter table oneai.answer_pieces enable row level security;
create policy "who sees the answer sees its pieces" on oneai.answer_pieces
  for select to authenticated using (exists (select from oneai.chat_messages as m where m.id = message_id));
create policy "service" on oneai.answer_pieces to oneai_service using (true) with check (true);
revoke all on oneai.answer_pieces from anon, authenticated, service_role;
grant select on oneai.answer_pieces to authenticated;
grant select, insert, update, delete on oneai.answer_pieces to oneai_service;

-- Every function that changes a running answer locks in one order, which prevents deadlocks: the workspace (where
-- quotas change), the conversation, the message, the reservation, quotas by key, spend by day, alerts.
-- oneai.admit, which may settle an expired answer, begins with the workspace too, and locks its user next.
create function oneai.lock_turn(p_message uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.workspaces
  where id = (select r.workspace_id from oneai.reservations as r where r.id = p_message) for no key update;
  perform 1 from oneai.conversations
  where id = (select m.conversation_id from oneai.chat_messages as m where m.id = p_message) for update;
end
$$;
revoke execute on function oneai.lock_turn from public;

-- Whether text before these pieces is missing: a crash of Postgres may lose the latest checkpoints of an answer.
create function oneai.misses_text(p_message uuid, p_pieces jsonb) returns boolean
language plpgsql stable
as $$
begin
  return coalesce((
    select bool_or(new.at > coalesce((
      select s.at + length(s.text) from oneai.answer_pieces as s
      where s.message_id = p_message and s.kind = new.kind order by s.at desc limit 1), 0))
    from (
      select p.kind, min(p.at) as at from jsonb_to_recordset(p_pieces) as p (kind text, at integer) group by p.kind
    ) as new), false);
end
$$;
revoke execute on function oneai.misses_text from public;

-- Stores the new pieces of a running answer ([{"at", "kind", "text"}], possibly empty), renews its lease once a tenth
-- of it has passed, and returns whether a stop was requested. A piece sent twice is stored once; the longer one wins,
-- and is new to readers. `p_sent`: the request was sent to the upstream, and `p_unstored`: as in oneai.reservations, which
-- are stored in case the answer expires.
-- The state `incomplete`: text before these pieces is missing, none of them was stored, and the next checkpoint has to
-- bring all there is (`p_all`), which replaces what is stored. `deleted`: there is no such answer any more.
create function oneai.checkpoint(
  p_message uuid, p_pieces jsonb, p_generation text default null, p_sent boolean default false,
  p_all boolean default false, p_unstored integer default null)
returns table (stop_requested boolean, state text)
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  answer oneai.chat_messages;
  lease_end constant timestamptz := oneai.now() + oneai.lease();
  renews boolean;
  incomplete boolean := false;
begin
  -- The process that writes the answer has all of its text until it is settled, so this commit need not wait for the disk.
  perform set_config('synchronous_commit', 'off', true);
  select r.held_until < lease_end - oneai.lease() / 10 into renews
  from oneai.reservations as r where r.id = p_message and coalesce(r.settled_at, 'infinity') = 'infinity';
  if renews then
    update oneai.conversations as c set answering_until = lease_end
    from oneai.chat_messages as m
    where m.id = p_message and m.state = 'streaming' and c.id = m.conversation_id
      and c.answering_message_id = coalesce(m.turn_id, m.id);
  end if;
  select * into answer from oneai.chat_messages as m where m.id = p_message for update;
  if not found or answer.state <> 'streaming' then
    update oneai.reservations
    set sent_at = case when p_sent then coalesce(sent_at, oneai.now()) else sent_at end,
        unstored_tokens = greatest(unstored_tokens, p_unstored)
    where id = p_message and coalesce(settled_at, 'infinity') = 'infinity'
      and (p_sent and sent_at is null or p_unstored > coalesce(unstored_tokens, -1));
    return query select false, coalesce(answer.state, 'deleted');
    return;
  end if;
  if p_all then
    delete from oneai.answer_pieces where message_id = p_message;
  elsif jsonb_path_exists(p_pieces, '$[*] ? (@.at > 0)') then
    incomplete := oneai.misses_text(p_message, p_pieces);
  end if;
  insert into oneai.answer_pieces as stored (message_id, user_id, kind, at, text)
  select p_message, coalesce(answer.user_id, answer.visitor_id), p.kind, p.at, p.text
  from rows from (jsonb_to_recordset(p_pieces) as (at integer, kind text, text text))
    with ordinality as p (at, kind, text, n)
  where not incomplete
  order by p.n
  on conflict (message_id, kind, at) do update set text = excluded.text, n = default
  where length(excluded.text) > length(stored.text);
  if p_generation is not null and answer.generation_id is null then
    update oneai.chat_messages as m set generation_id = p_generation where m.id = p_message;
  end if;
  update oneai.reservations
  set held_until = case when renews then lease_end else held_until end,
      sent_at = case when p_sent then coalesce(sent_at, oneai.now()) else sent_at end,
      unstored_tokens = greatest(unstored_tokens, p_unstored)
  where id = p_message
    and (renews or p_sent and sent_at is null or p_unstored > coalesce(unstored_tokens, -1));
  return query select answer.stop_requested_at is not null,
    case when incomplete then 'incomplete' else answer.state end;
end
$$;
revoke execute on function oneai.checkpoint from public;
grant execute on function oneai.checkpoint to oneai_app;

-- Stores the end of an answer, which is locked. Its pieces and its followers end with it, and its words are queued for
-- the search index, once and if its conversation is stored.
create function oneai.end_answer(answer oneai.chat_messages, p_temporary boolean, p_outcome jsonb)
returns oneai.chat_messages
language plpgsql
as $$
begin
  with followers as (
    delete from oneai.answer_followers as f where f.message_id = answer.id
  ), pieces as (
    delete from oneai.answer_pieces as p where p.message_id = answer.id
  ), queued as (
    insert into oneai.search_queue (user_id, message_id)
    select answer.user_id, answer.id where answer.state = 'streaming' and not p_temporary and answer.visitor_id is null
  )
  update oneai.chat_messages as m
  set content = coalesce(p_outcome ->> 'content', ''), state = p_outcome ->> 'state',
      reasoning = coalesce(p_outcome ->> 'reasoning', m.reasoning),
      reasoning_length = coalesce((p_outcome ->> 'reasoning_length')::integer, m.reasoning_length),
      first_token_ms = coalesce((p_outcome ->> 'first_token_ms')::integer, m.first_token_ms),
      finish_reason = p_outcome ->> 'finish_reason', error_code = p_outcome ->> 'error_code',
      model_served = p_outcome ->> 'model', provider = p_outcome ->> 'provider', usage = p_outcome -> 'usage',
      generation_id = coalesce(p_outcome ->> 'generation_id', m.generation_id),
      metadata = m.metadata || coalesce(p_outcome -> 'metadata', '{}'), ended_at = oneai.now()
  where m.id = answer.id returning m.* into answer;
  return answer;
end
$$;
revoke execute on function oneai.end_answer from public;

-- Whether no model and no user has named a conversation that is stored.
create function oneai.may_be_titled(conversation oneai.conversations) returns boolean
language plpgsql immutable
as $$
begin
  return coalesce(conversation.title_source = 'auto' and conversation.title_requested_at is null and not conversation.temporary, false);
end
$$;
revoke execute on function oneai.may_be_titled from public;

-- The lines that follow an answer with these units, for which credits keep what they hold (oneai.settle_use).
create function oneai.lines_that_follow(conversation oneai.conversations, p_outcome jsonb, p_units integer) returns text[]
language plpgsql immutable set search_path = ''
as $$
begin
  if p_units = 0 then
    return '{}';
  end if;
  return array_remove(array[
    case when (p_outcome ->> 'titles')::boolean and oneai.may_be_titled(conversation) then 'title' end,
    case when (p_outcome ->> 'summarises')::boolean then 'summary' end], null);
end
$$;
revoke execute on function oneai.lines_that_follow from public;

-- Updates the conversation, which is locked, at the end of an answer: the cost of all its answers, whether a title is
-- requested if no model and no user has named it (`titles`) and what pays the answer (`held`) holds its price, and the end of the turn, which the
-- list of conversations shows. Temporary conversations expire `temporary_ttl` later. Returns whether a title is requested.
create function oneai.settle_conversation(
  conversation oneai.conversations, ends_turn boolean, held oneai.reservations, titles boolean, p_cost bigint)
returns boolean
language plpgsql
as $$
declare
  untitled boolean := titles and oneai.may_be_titled(conversation);
begin
  if untitled and held.paid_by = 'credits' then
    untitled := oneai.holds_line(held.id, 'title');
  elsif untitled and held.paid_by = 'own_key' then
    untitled := oneai.hold_key_line(held, 'title', oneai.max_of_key_line(held, 'title'));
  end if;
  if ends_turn then
    update oneai.conversations
    set answering_until = null, answering_message_id = null, last_message_at = oneai.now(), updated_at = oneai.now(),
        expires_at = case when temporary then oneai.now() + temporary_ttl end,
        total_cost_micro_usd = total_cost_micro_usd + coalesce(p_cost, 0),
        title_requested_at = case when untitled then oneai.now() else title_requested_at end
    where id = conversation.id;
  elsif untitled or p_cost <> 0 then
    update oneai.conversations
    set total_cost_micro_usd = total_cost_micro_usd + coalesce(p_cost, 0),
        title_requested_at = case when untitled then oneai.now() else title_requested_at end
    where id = conversation.id;
  end if;
  return untitled;
end
$$;
revoke execute on function oneai.settle_conversation from public;

-- How an answer, or a request without one, has ended, as oneai.settle explains it. Python builds it
-- (oneai/plans/outcome.py), which a test compares; an unknown key is refused.
create domain oneai.answer_outcome as jsonb check (
  value ? 'state'
  and value - array['admission_ms', 'asked_again', 'content', 'error_code', 'finish_reason', 'first_token_ms',
    'generation_id', 'metadata', 'model', 'openrouter_key', 'preparation_ms', 'provider', 'reasoning',
    'reasoning_length', 'sent', 'state', 'summarises', 'titles', 'units', 'usage'] = '{}'
  and coalesce(nullif(value -> 'usage', 'null'), '{}') - array['cached_tokens', 'completion_tokens',
    'cost_micro_usd', 'estimated', 'prompt_tokens', 'reasoning_tokens', 'web_search_requests'] = '{}');

-- How often an answer has searched the web: as the upstream states it, else once for each search that was held, if the
-- answer cites a page, or its user stopped it after the request was sent: the upstream may have searched then.
-- Only those two read what was held, and most answers are neither.
create function oneai.web_searches_done(p_message uuid, p_outcome jsonb, p_metadata jsonb) returns bigint
language plpgsql stable set search_path = ''
as $$
begin
  return coalesce((p_outcome #>> '{usage,web_search_requests}')::bigint,
    case when jsonb_path_exists(coalesce(p_metadata, '{}') || coalesce(p_outcome -> 'metadata', '{}'),
        '$ ? (exists (@.sources[*].url) || exists (@.annotations[*].url_citation))')
      or p_outcome ->> 'state' = 'stopped' and (p_outcome ->> 'sent')::boolean then (
        select l.held from oneai.reservation_lines as l
        where l.reservation_id = p_message and l.quota_key = 'web_searches') end, 0);
end
$$;
revoke execute on function oneai.web_searches_done from public;

-- What paid an answer that is settled, and what it was charged in micro-dollars: the price in credits, what the provider takes
-- from the owner of the key (null: it is not known), else its cost if it took units of the plan. p_charge: what credits were charged
-- with its end (null: it had ended before).
create function oneai.bill_of_answer(held oneai.reservations, p_units integer, p_cost bigint, p_charge bigint) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  charge bigint;
begin
  if held.paid_by = 'credits' then
    charge := coalesce(p_charge, (select h.priced_micro_usd from oneai.credit_holds as h where h.id = held.id), 0);
    return jsonb_build_object(
      'charged_micro_usd', charge, 'paid_by', jsonb_build_object('source', 'credits', 'units', null, 'micro_usd', charge));
  end if;
  if held.paid_by = 'own_key' then
    return oneai.bill_of_own_key(p_cost, held.price_version);
  end if;
  return jsonb_build_object('charged_micro_usd', case when p_units > 0 then coalesce(p_cost, 0) else 0 end,
    'paid_by', jsonb_build_object('source', 'plan', 'units', p_units, 'micro_usd', null));
end
$$;
revoke execute on function oneai.bill_of_answer from public;

-- The end of an answer: text, usage, cost and reservation together. Returns the content of `done`, and `untitled`:
-- whether a model should write the conversation's title, once in its life and only to a caller that sent `titles`. Credits give back what
-- they hold for a title, and for a summary unless the caller sent `summarises`, if these are not to be written.
-- p_outcome: content, reasoning (what is kept of it) and reasoning_length (of all of it), state, sent (the request was
-- sent to the upstream), finish_reason, error_code, model, provider,
-- generation_id, asked_again (usage is that of several generations), openrouter_key, metadata, first_token_ms, titles,
-- units (of embeddings; null: one), usage {prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens,
-- cost_micro_usd, estimated, web_search_requests (null: the upstream does not state it)}.
-- A second call, or one after expire_answer, may lengthen the text, add images, correct the cost, and change
-- `truncated` to `complete` or `stopped` for the same text; nothing is charged twice.
-- A unit is charged for text, an image or a tool call, for an answer that ended by itself (`complete`, perhaps only with
-- a tool call), and for one that its user stopped (`stopped`), or whose process died (`truncated`), after the request
-- was sent. `failed` is never charged. Searches of the web (oneai.web_searches_done) are charged with the unit, never
-- more than held.
create function oneai.settle(p_message uuid, p_outcome oneai.answer_outcome) returns json
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  conversation oneai.conversations;
  answer oneai.chat_messages;
  settled record;
  reservation oneai.reservations;
  quota oneai.usage_quotas;
  unit_key text;
  u jsonb := p_outcome -> 'usage';
  txt text := coalesce(p_outcome ->> 'content', '');
  images boolean := coalesce(p_outcome #> '{metadata,images}', '[]') <> '[]';
  units integer := coalesce((p_outcome ->> 'units')::integer, 1) * (
    images or txt <> '' or p_outcome #> '{metadata,tool_calls}' is not null or p_outcome ->> 'state' = 'complete'
    or (p_outcome ->> 'state' in ('stopped', 'truncated')
      and coalesce((p_outcome ->> 'sent')::boolean, false)))::integer;
  searches bigint;
  first boolean;
  ends_turn boolean := false;
  bill jsonb;
begin
  -- In the order of oneai.lock_turn.
  select * into reservation from oneai.reservations where id = p_message;
  perform 1 from oneai.workspaces where id = reservation.workspace_id for no key update;
  select * into conversation from oneai.conversations
  where id = (select m.conversation_id from oneai.chat_messages as m where m.id = p_message) for update;
  select * into answer from oneai.chat_messages where id = p_message for update;
  if txt <> '' and not images and reservation.text_key is not null then
    perform oneai.move_unit_to_text(p_message);
  end if;
  searches := oneai.web_searches_done(p_message, p_outcome, answer.metadata);
  settled := oneai.settle_lines(p_message, units,
    coalesce((u ->> 'prompt_tokens')::bigint, 0) + coalesce((u ->> 'completion_tokens')::bigint, 0),
    coalesce((u ->> 'cost_micro_usd')::bigint, 0), case when units > 0 then searches else 0 end, p_outcome ->> 'model',
    reservation.paid_by, oneai.lines_that_follow(conversation, p_outcome, units));
  first := (settled.held).id is not null;
  if first then
    reservation := settled.held;
    quota := settled.quota;
  else
    -- The workspace may have been erased while this waited.
    select * into reservation from oneai.reservations where id = p_message;
  end if;
  if reservation.id is not null then
    bill := oneai.bill_of_answer(reservation, units, (u ->> 'cost_micro_usd')::bigint, settled.charge);
  end if;
  unit_key := quota.quota_key;
  if unit_key is null and reservation.paid_by is distinct from 'credits' then
    -- It was already settled, or the window of its line has ended.
    select l.quota_key into unit_key from oneai.reservation_lines as l
    where l.reservation_id = p_message and oneai.unit_of(l.quota_key) = 'messages';
    select * into quota from oneai.usage_quotas as q
    where q.workspace_id = reservation.workspace_id and q.quota_key = unit_key;
  end if;
  if answer.id is not null and (first or length(txt) > length(answer.content)
    or (txt = answer.content and (
      (images and not answer.metadata ? 'images')
      or (answer.state = 'truncated' and p_outcome ->> 'state' in ('complete', 'stopped')))))
  then
    answer := oneai.end_answer(
      answer, conversation.temporary, p_outcome || jsonb_build_object('usage', coalesce(nullif(u, 'null'), '{}') || coalesce(bill, '{}')));
    -- The turn ends with the last of its answers.
    ends_turn := conversation.answering_message_id = coalesce(answer.turn_id, answer.id)
      and not exists (select from oneai.chat_messages as m where m.turn_id = answer.turn_id and m.state = 'streaming');
  elsif answer.id is null then
    delete from oneai.answer_followers where message_id = p_message;
  end if;
  return json_build_object('state', coalesce(answer.state, p_outcome ->> 'state'), 'first', first,
    'untitled', oneai.settle_conversation(conversation, ends_turn, reservation,
      first and units > 0 and coalesce((p_outcome ->> 'titles')::boolean, false), oneai.record_usage(
        reservation, answer, unit_key, p_outcome, units, searches, settled.searches, first, settled.charge)),
    'quota', case when quota.workspace_id is not null then oneai.quota_json(quota) end, 'bill', bill);
end
$$;
revoke execute on function oneai.settle from public;
grant execute on function oneai.settle to oneai_app;
