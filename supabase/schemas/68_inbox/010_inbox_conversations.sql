-- The inbox: what the team of a chatbot knows of its visitors' conversations.
--
-- A conversation's row and its messages are those of the chat. What lists filter and sort by stands beside them, one row
-- for each conversation of a visitor, so that a list reads one table. Triggers fill it; users' own chats fire none of them.

-- Who speaks. `bot`: the chatbot answers; `open`: a person is wanted or writes; `snoozed`: until a time, or until the visitor
-- writes; `resolved`.
create domain oneai.inbox_status as text check (value in ('bot', 'open', 'snoozed', 'resolved'));

-- What a conversation is filtered by besides who speaks, each with its workspace: one index finds any of them in one
-- workspace, however many conversations of others have the same. `pt-BR` is found as `pt` too. The day of the last message, in
-- UTC, is one of them, because a list by charge asks for days and tags, and each alone has many conversations.
create function oneai.inbox_facets(
  p_workspace uuid, p_tags text[], p_language text, p_outcome text, p_page text, p_csat smallint,
  p_at timestamptz) returns text[]
language plpgsql immutable parallel safe set search_path = ''
as $$
declare
  key constant text := encode(substring(uuid_send(p_workspace) from 12), 'base64');
  facets text[] := array_remove(array[
    key || ' language ' || p_language, key || ' language ' || substring(p_language from '^(.*?)-'),
    key || ' outcome ' || p_outcome, key || ' page ' || left(p_page, 500), key || ' csat ' || p_csat,
    key || ' day ' || floor(extract(epoch from p_at) / 86400)], null);
  tag text;
begin
  if p_tags <> '{}' then
    foreach tag in array p_tags loop
      facets := facets || (key || ' tag ' || lower(tag));
    end loop;
  end if;
  return facets;
end
$$;
revoke execute on function oneai.inbox_facets from public;

create table oneai.inbox_conversations (
  conversation_id uuid primary key references oneai.conversations (id) on delete cascade,
  workspace_id uuid not null,
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  visitor_id uuid not null,
  status oneai.inbox_status not null default 'bot',
  -- The status to which a snoozed conversation returns.
  status_before oneai.inbox_status check ((status_before is not null) = (status = 'snoozed') and status_before in ('bot', 'open')),
  -- Null while it is not snoozed, or is until the visitor writes.
  snoozed_until timestamptz check (snoozed_until is null or status = 'snoozed'),
  spam boolean not null default false,
  -- Null: no one. A former member has none.
  assignee_id uuid,
  tags oneai.conversation_tags not null default '{}',
  -- What members think of it.
  member_rating smallint check (member_rating between 1 and 5),
  -- What the visitor thinks of it, why, and who had spoken until then.
  csat smallint check (csat between 1 and 5),
  csat_note text check (octet_length(csat_note) <= 8000),
  csat_of text check (csat_of in ('bot', 'member') and (csat_of is null) = (csat is null)),
  -- Questions and answers, and how many answers the visitor rated good and bad.
  messages integer not null default 0,
  good_ratings integer not null default 0,
  bad_ratings integer not null default 0,
  -- How the last answer turned out; null: it has no verdict.
  last_outcome text,
  -- How many answers in a row found nothing.
  unanswered smallint not null default 0,
  -- Of the last question: its language (BCP 47), the page without its query, where the visitor came from, and on what.
  language text,
  page oneai.short_text,
  referrer oneai.short_text,
  device text check (device in ('phone', 'tablet', 'desktop')),
  cost_micro_usd bigint not null default 0,
  -- The part of the cost that units of the plan or keys of the workspace paid.
  charged_micro_usd bigint not null default 0,
  -- When a person was first asked for, when a member first took it, and when it was resolved; null: it is not.
  handed_off_at timestamptz,
  claimed_at timestamptz,
  resolved_at timestamptz check ((resolved_at is not null) = (status = 'resolved')),
  -- Since when it is open without a member; null: it is not. A trigger sets it.
  waiting_since timestamptz,
  created_at timestamptz not null default oneai.now(),
  last_message_at timestamptz not null default oneai.now(),
  -- Stored, because a list that reads along its order asks each row.
  facets text[] not null generated always as (
    oneai.inbox_facets(workspace_id, tags, language, last_outcome, page, csat, last_message_at)) stored,
  foreign key (assignee_id, workspace_id) references oneai.workspace_members (user_id, workspace_id)
    on delete set null (assignee_id)
) with (fillfactor = 80);
create index inbox_conversations_newest
  on oneai.inbox_conversations (workspace_id, spam, last_message_at desc, conversation_id desc);
create index inbox_conversations_by_status
  on oneai.inbox_conversations (workspace_id, spam, status, last_message_at desc, conversation_id desc);
create index inbox_conversations_of_chatbot
  on oneai.inbox_conversations (chatbot_id, last_message_at desc, conversation_id desc);
create index inbox_conversations_of_assignee
  on oneai.inbox_conversations (assignee_id, workspace_id, last_message_at desc, conversation_id desc)
  where assignee_id is not null;
create index inbox_conversations_unassigned
  on oneai.inbox_conversations (workspace_id, last_message_at desc, conversation_id desc)
  where status = 'open' and assignee_id is null and not spam;
create index inbox_conversations_waiting on oneai.inbox_conversations (waiting_since) where waiting_since is not null;
create index inbox_conversations_snoozed on oneai.inbox_conversations (workspace_id, snoozed_until) where status = 'snoozed';
create index inbox_conversations_of_visitor on oneai.inbox_conversations (visitor_id, last_message_at desc);
create index inbox_conversations_by_charge
  on oneai.inbox_conversations (workspace_id, spam, charged_micro_usd desc, conversation_id desc);
create index inbox_conversations_by_facet on oneai.inbox_conversations using gin (facets);

-- Members read it by functions, which refuse viewers.
alter table oneai.inbox_conversations enable row level security;
create policy "service" on oneai.inbox_conversations to oneai_service using (true) with check (true);
revoke all on oneai.inbox_conversations from anon, authenticated, service_role;
grant select on oneai.inbox_conversations to oneai_service;

-- A visitor's conversation, and when it moves or is asked in. Its cost may change later, when a provider reports it.
create function oneai.follow_conversation_in_inbox() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    insert into oneai.inbox_conversations (
      conversation_id, workspace_id, chatbot_id, visitor_id, cost_micro_usd, created_at, last_message_at)
    values (new.id, new.workspace_id, new.chatbot_id, new.visitor_id, new.total_cost_micro_usd, new.created_at,
      new.last_message_at);
  else
    update oneai.inbox_conversations
    set last_message_at = new.last_message_at, cost_micro_usd = new.total_cost_micro_usd
    where conversation_id = new.id;
  end if;
  return null;
end
$$;
revoke execute on function oneai.follow_conversation_in_inbox from public;

create trigger follow_conversation_in_inbox after insert on oneai.conversations
  for each row when (new.visitor_id is not null) execute function oneai.follow_conversation_in_inbox();
create trigger follow_change_in_inbox after update of last_message_at, total_cost_micro_usd on oneai.conversations
  for each row when (new.visitor_id is not null) execute function oneai.follow_conversation_in_inbox();

-- A message in a visitor's conversation. A question ends a rest: a snoozed conversation has the status again that it had
-- before, and a resolved one is open if a person was asked for in it, else the chatbot's. Where the visitor asks is in the
-- question's metadata: visit {language, page, referrer, device}.
create function oneai.count_message_in_inbox(m oneai.chat_messages) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  visit constant jsonb := m.metadata -> 'visit';
begin
  if m.role = 'assistant' then
    update oneai.inbox_conversations set messages = messages + 1, last_outcome = m.metadata ->> 'outcome'
    where conversation_id = m.conversation_id;
  else
    update oneai.inbox_conversations
    set messages = messages + 1,
        status = case status
          when 'snoozed' then status_before
          when 'resolved' then case when handed_off_at is null then 'bot' else 'open' end
          else status end,
        status_before = null, snoozed_until = null, resolved_at = null,
        language = coalesce(visit ->> 'language', language), page = coalesce(visit ->> 'page', page),
        referrer = coalesce(visit ->> 'referrer', referrer), device = coalesce(visit ->> 'device', device)
    where conversation_id = m.conversation_id;
  end if;
end
$$;
revoke execute on function oneai.count_message_in_inbox from public;

-- How the last answer turned out, when its process or a later one stored it.
create function oneai.follow_outcome_in_inbox(answer oneai.chat_messages) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  outcome constant text := answer.metadata ->> 'outcome';
begin
  update oneai.inbox_conversations as i
  set last_outcome = outcome,
      unanswered = case when outcome = 'not_found' then least(i.unanswered + 1, 100)
        when outcome in ('answered', 'partial') then 0 else i.unanswered end
  where i.conversation_id = answer.conversation_id
    and not exists (
      select from oneai.chat_messages as m
      where m.conversation_id = answer.conversation_id and m.is_latest and m.sequence_number > answer.sequence_number + 1);
end
$$;
revoke execute on function oneai.follow_outcome_in_inbox from public;

-- How the visitor rates an answer, 1 or -1; again: the last one counts.
create function oneai.count_rating_in_inbox(was oneai.chat_messages, answer oneai.chat_messages) returns void
language sql security definer set search_path = ''
as $$
  update oneai.inbox_conversations
  set good_ratings = good_ratings
        + coalesce((answer.metadata ->> 'rating' = '1')::integer, 0) - coalesce((was.metadata ->> 'rating' = '1')::integer, 0),
      bad_ratings = bad_ratings
        + coalesce((answer.metadata ->> 'rating' = '-1')::integer, 0) - coalesce((was.metadata ->> 'rating' = '-1')::integer, 0)
  where conversation_id = answer.conversation_id;
$$;
revoke execute on function oneai.count_rating_in_inbox from public;

-- What the workspace was charged for an answer to a visitor, and for its later correction.
create function oneai.add_charge_to_inbox(spent oneai.usage_events) returns void
language sql security definer set search_path = ''
as $$
  update oneai.inbox_conversations set charged_micro_usd = charged_micro_usd + oneai.charged_part(spent)
  where conversation_id = spent.conversation_id;
$$;
revoke execute on function oneai.add_charge_to_inbox from public;

-- A conversation that moves with its chatbot keeps its assignee only if they are a member there too.
create function oneai.keep_assignee_of_members() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (
    select from oneai.workspace_members as m where m.user_id = new.assignee_id and m.workspace_id = new.workspace_id)
  then
    new.assignee_id := null;
  end if;
  return new;
end
$$;
revoke execute on function oneai.keep_assignee_of_members from public;

create trigger keep_assignee_of_members before update of workspace_id on oneai.inbox_conversations
  for each row when (new.assignee_id is not null and old.workspace_id <> new.workspace_id)
  execute function oneai.keep_assignee_of_members();

-- Since when the conversation waits for a member.
create function oneai.note_waiting_since() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  new.waiting_since := case when new.status = 'open' and new.assignee_id is null then coalesce(old.waiting_since, oneai.now()) end;
  return new;
end
$$;
revoke execute on function oneai.note_waiting_since from public;

create trigger note_waiting_since before update of status, assignee_id on oneai.inbox_conversations
  for each row execute function oneai.note_waiting_since();
