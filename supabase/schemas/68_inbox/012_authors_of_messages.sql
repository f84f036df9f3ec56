-- Who of the workspace wrote a message to a visitor. No column of oneai.chat_messages, because each index and reference of
-- that table costs every message of every user; it refers to the conversation for the same reason, since the messages of
-- a visitor's conversation are deleted with it.
create table oneai.member_messages (
  message_id uuid primary key,
  conversation_id uuid not null references oneai.inbox_conversations (conversation_id) on delete cascade,
  -- Null once they are erased.
  member_id uuid references oneai.users (id) on delete set null
);
create index member_messages_of_conversation on oneai.member_messages (conversation_id);
create index member_messages_of_member on oneai.member_messages (member_id) where member_id is not null;

alter table oneai.member_messages enable row level security;
create policy "service" on oneai.member_messages to oneai_service using (true) with check (true);
revoke all on oneai.member_messages from anon, authenticated, service_role;
grant select on oneai.member_messages to oneai_service;

-- Who wrote a message of a visitor's conversation: {kind: `bot`, `member` or `visitor`, name}. p_bot and p_visitor are the
-- names of the chatbot and of the visitor.
create function oneai.message_author(m oneai.chat_messages, p_bot text, p_visitor text) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select case when m.role = 'user' then jsonb_build_object('kind', 'visitor', 'name', p_visitor)
    when m.model_id = 'member' then jsonb_build_object('kind', 'member', 'name', oneai.member_name((
      select w.member_id from oneai.member_messages as w where w.message_id = m.id), m.workspace_id))
    else jsonb_build_object('kind', 'bot', 'name', p_bot) end
$$;
revoke execute on function oneai.message_author from public;
