-- Background completions after an answer, and their cost: a title, and a summary of the messages of a long conversation
-- that a model no longer reads. A summary belongs to the last message it covers: branches through that message share it,
-- and an edit before that message has another.

create table oneai.conversation_summaries (
  message_id uuid primary key references oneai.chat_messages (id) on delete cascade,
  conversation_id uuid not null,
  user_id uuid not null,
  content text not null check (content <> ''),
  -- The model that wrote it.
  model text not null,
  created_at timestamptz not null default oneai.now()
);
create index conversation_summaries_of_conversation on oneai.conversation_summaries (conversation_id);
create index conversation_summaries_of_user on oneai.conversation_summaries (user_id);

alter table oneai.conversation_summaries enable row level security;
create policy "who sees the message sees its summary" on oneai.conversation_summaries
  for select to authenticated using (exists (select from oneai.chat_messages as m where m.id = message_id));
create policy "service" on oneai.conversation_summaries to oneai_service using (true) with check (true);
revoke all on oneai.conversation_summaries from anon, authenticated, service_role;
grant select on oneai.conversation_summaries to authenticated;
grant select, delete on oneai.conversation_summaries to oneai_service;

-- Whether a conversation may be summarised: it is stored, and its user has not disabled summaries.
create function oneai.may_be_summarised(conversation oneai.conversations) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return not conversation.temporary and coalesce(
    (select p.summarise_conversations from oneai.preferences as p where p.user_id = conversation.user_id), true);
end
$$;
revoke execute on function oneai.may_be_summarised from public;

-- The visible branch before message number p_before: {messages (their number), summary {content, sequence_number} (the
-- one that covers most of them, or null), may_be_summarised (false if there are none)}.
create function oneai.branch_before(conversation oneai.conversations, p_before integer) returns json
language plpgsql stable security definer set search_path = ''
as $$
declare
  summary json;
begin
  if p_before > 1 then
    -- The conversation's few summaries first (`offset 0`), and then their messages.
    summary := (
      select json_build_object('content', s.content, 'sequence_number', m.sequence_number)
      from (
        select c.message_id, c.content from oneai.conversation_summaries as c
        where c.conversation_id = conversation.id offset 0
      ) as s join oneai.chat_messages as m on m.id = s.message_id
      where m.is_latest and m.sequence_number < p_before
      order by m.sequence_number desc limit 1);
  end if;
  return json_build_object('messages', p_before - 1,
    'may_be_summarised', p_before > 1 and oneai.may_be_summarised(conversation),
    'summary', summary);
end
$$;
revoke execute on function oneai.branch_before from public;

-- The messages before the question of p_answer that a summary may cover, oldest first: those after number p_after up to
-- p_until that fit in p_bytes, at least one, ending with an answer. [{sequence_number, role, content}]; empty if there
-- is none, if the daily limit pauses free plans (p_spend_limit, micro-dollars; null: none), or if the
-- workspace's daily ceiling (p_ceiling; null: none) is reached. Where credits or an own key paid the answer, they hold the
-- summary's price instead, credits from its admission on, and it is left out if they do not. If there is no message, that comes back.
create function oneai.messages_to_summarise(
  p_answer uuid, p_after integer, p_until integer, p_bytes bigint, p_spend_limit bigint, p_ceiling bigint) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  reservation oneai.reservations;
  found_messages json;
begin
  select * into reservation from oneai.reservations where id = p_answer;
  if reservation.paid_by = 'credits' then
    perform oneai.lock_turn(p_answer);
    if not oneai.holds_line(p_answer, 'summary') then
      return '[]';
    end if;
  elsif reservation.paid_by = 'own_key' then
    if not oneai.hold_key_line(reservation, 'summary', oneai.max_of_key_line(reservation, 'summary')) then
      return '[]';
    end if;
  else
    perform oneai.check_spend_limit(p_spend_limit, true);
  end if;
  found_messages := (
    with recursive branch as (
      select m.* from oneai.chat_messages as m where m.id = p_answer
      union all
      select m.* from branch as b join oneai.chat_messages as m on m.id = b.parent_message_id
      where m.sequence_number > p_after
    ), covered as (
      select b.sequence_number, b.role, b.content,
        sum(octet_length(b.content)) over (order by b.sequence_number) as bytes,
        min(b.sequence_number) over () + 1 as first_answer
      from branch as b where b.sequence_number > p_after and b.sequence_number <= p_until
    ), fitting as (
      select c.* from covered as c where c.bytes <= p_bytes or c.sequence_number <= c.first_answer
    )
    select coalesce(json_agg(json_build_object(
      'sequence_number', f.sequence_number, 'role', f.role, 'content', left(f.content, p_bytes::integer))
      order by f.sequence_number), '[]')
    from fitting as f
    where f.sequence_number <= (select max(a.sequence_number) from fitting as a where a.role = 'assistant')
      and not exists (
        select from oneai.chat_messages as m join oneai.conversations as c on c.id = m.conversation_id
        join oneai.workspaces as w on w.id = c.workspace_id
        where m.id = p_answer and coalesce(reservation.paid_by, 'plan') = 'plan' and w.spend_day = oneai.today() and w.spend_micro_usd >= p_ceiling));
  if reservation.paid_by = 'credits' and json_array_length(found_messages) = 0 then
    perform oneai.release_line(p_answer, 'summary');
  end if;
  return found_messages;
end
$$;
revoke execute on function oneai.messages_to_summarise from public;
grant execute on function oneai.messages_to_summarise to oneai_app;

-- Stores the summary that a model wrote after p_answer, of its branch up to number p_until, and records its cost;
-- p_content null: the model wrote none. p_completion: as in oneai.record_operator_usage. Stores nothing if the
-- conversation was deleted or may no longer be summarised.
create function oneai.write_summary(p_answer uuid, p_until integer, p_content text, p_completion jsonb) returns void
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  reservation oneai.reservations;
  conversation oneai.conversations;
begin
  perform oneai.lock_turn(p_answer);
  select * into reservation from oneai.reservations where id = p_answer for share;
  select c.* into conversation from oneai.conversations as c
  where c.id = (select m.conversation_id from oneai.chat_messages as m where m.id = p_answer);
  if conversation.id is not null and p_content is not null and oneai.may_be_summarised(conversation) then
    with recursive branch as (
      select m.* from oneai.chat_messages as m where m.id = p_answer
      union all
      select m.* from branch as b join oneai.chat_messages as m on m.id = b.parent_message_id
      where m.sequence_number >= p_until
    )
    insert into oneai.conversation_summaries (message_id, conversation_id, user_id, content, model)
    select b.id, conversation.id, conversation.user_id, p_content,
      coalesce(p_completion ->> 'model', p_completion ->> 'model_asked')
    from branch as b where b.sequence_number = p_until
    on conflict (message_id) do update
    set content = excluded.content, model = excluded.model, created_at = oneai.now();
  end if;
  perform oneai.record_operator_usage(p_answer, reservation, conversation.id, 'conversation_summary', p_completion);
end
$$;
revoke execute on function oneai.write_summary from public;
grant execute on function oneai.write_summary to oneai_app;

-- Records the cost of a background completion after an answer, once for each purpose. The user is charged no unit; what paid the
-- answer, credits or an own key, pays this too. If the user was erased meanwhile, and the reservation with them, the cost has no
-- user. p_completion: model_asked, model, provider, generation_id, openrouter_key, price_version, outcome, usage as in settle.
create function oneai.record_operator_usage(
  p_answer uuid, reservation oneai.reservations, p_conversation uuid, p_purpose text, p_completion jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  u constant jsonb := p_completion -> 'usage';
  cost constant bigint := coalesce((u ->> 'cost_micro_usd')::bigint, 0);
  line constant text := case p_purpose when 'title' then 'title' else 'summary' end;
  charge bigint := 0;
begin
  if reservation.paid_by = 'credits' then
    if exists (select from oneai.usage_events as e where e.message_id = p_answer and e.purpose = p_purpose) then
      perform oneai.add_use(p_answer, 0, line);
      return;
    end if;
    charge := oneai.add_step_of_use(reservation, cost, line);
  elsif reservation.paid_by = 'own_key' then
    perform oneai.settle_key_line(reservation, line, cost);
  end if;
  insert into oneai.usage_events (
    workspace_id, user_id, conversation_id, message_id, purpose, outcome, subscription_tier, model_asked, model_served,
    provider, generation_id, prompt_tokens, completion_tokens, reasoning_tokens, cached_tokens, cost_micro_usd,
    estimated,
    price_version, openrouter_key, paid_by, credits_micro_usd, provider_key_id)
  values (
    reservation.workspace_id, reservation.user_id, p_conversation, p_answer, p_purpose, p_completion ->> 'outcome',
    coalesce(reservation.subscription_tier, 'free'), p_completion ->> 'model_asked',
    p_completion ->> 'model', p_completion ->> 'provider', p_completion ->> 'generation_id',
    coalesce((u ->> 'prompt_tokens')::integer, 0), coalesce((u ->> 'completion_tokens')::integer, 0),
    coalesce((u ->> 'reasoning_tokens')::integer, 0), coalesce((u ->> 'cached_tokens')::integer, 0),
    cost, coalesce((u ->> 'estimated')::boolean, true),
    p_completion ->> 'price_version', p_completion ->> 'openrouter_key', coalesce(reservation.paid_by, 'plan'), charge,
    case when reservation.paid_by = 'own_key' then oneai.key_of_reservation(p_answer) end)
  on conflict do nothing;
  if found and coalesce(reservation.paid_by, 'plan') = 'plan' then
    perform oneai.add_spend(reservation.workspace_id, null, 0, cost,
      case when reservation.counts_member then reservation.user_id end);
  end if;
end
$$;
revoke execute on function oneai.record_operator_usage from public;

-- Stores the title a model wrote after an answer in place of the first words of the question, unless the user has chosen
-- one meanwhile, and records its cost. p_title null: the model wrote no valid title. p_completion: as in
-- oneai.record_operator_usage.
create function oneai.write_title(p_message uuid, p_title text, p_completion jsonb) returns void
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  reservation oneai.reservations;
  conversation uuid := (select conversation_id from oneai.chat_messages where id = p_message);
begin
  perform oneai.lock_turn(p_message);
  -- Locked, so that erasing the user waits for the usage that is written here.
  select * into reservation from oneai.reservations where id = p_message for share;
  update oneai.conversations set title = p_title
  where id = conversation and p_title is not null and title_source = 'auto';
  perform oneai.record_operator_usage(p_message, reservation, conversation, 'title', p_completion);
end
$$;
revoke execute on function oneai.write_title from public;
grant execute on function oneai.write_title to oneai_app;
