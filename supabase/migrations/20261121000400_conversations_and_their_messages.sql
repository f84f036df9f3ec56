-- Conversations are trees of messages; the running text of an answer is kept in pieces until it is settled.
create table oneai.conversations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- Bounds of what people may write themselves, above those of the API (20,000 characters of a system prompt), which are
  -- in characters. These are in bytes and read no stored text: they are looked at with every change of a row.
  title text check (octet_length(title) <= 4000),
  system_prompt text check (octet_length(system_prompt) <= 80000),
  model text check (octet_length(model) <= 4000),
  metadata jsonb not null default '{}' check (pg_column_size(metadata) <= 64000),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  last_message_at timestamptz not null default oneai.now(),
  -- Busy means exactly: answering_until > oneai.now().
  answering_until timestamptz,
  answering_message_id uuid,
  unique (id, user_id)
);
create index conversations_newest on oneai.conversations (user_id, last_message_at desc, id desc);

create table oneai.chat_messages (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid not null,
  user_id uuid not null,
  role text not null check (role in ('user', 'assistant')),
  content text not null default '',
  state text not null default 'complete'
    check (state in ('streaming', 'complete', 'stopped', 'truncated', 'failed')),
  -- The model asked for; the one that served is model_served.
  model_id text not null,
  model_served text,
  provider text,
  finish_reason text
    check (finish_reason in ('stop', 'length', 'tool_calls', 'content_filter', 'error', 'cancelled', 'budget')),
  usage jsonb,
  error_code text,
  generation_id text,
  sequence_number integer not null,
  parent_message_id uuid references oneai.chat_messages (id) on delete cascade,
  original_message_id uuid references oneai.chat_messages (id) on delete set null,
  revision_number integer not null default 0,
  revision_type text check (revision_type in ('user_edit', 'regeneration')),
  is_chosen boolean not null default true,
  is_latest boolean not null default true,
  metadata jsonb not null default '{}',
  -- Of the question this answers: the same id with another question is refused.
  fingerprint text,
  stop_requested_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  ended_at timestamptz,
  -- A message in another person's conversation is impossible, whoever writes it.
  foreign key (conversation_id, user_id) references oneai.conversations (id, user_id) on delete cascade,
  unique (conversation_id, sequence_number, revision_number)
);
create unique index chat_messages_visible on oneai.chat_messages (conversation_id, sequence_number) where is_latest;
create unique index chat_messages_chosen on oneai.chat_messages
  (conversation_id, coalesce(parent_message_id, '00000000-0000-0000-0000-000000000000'), role) where is_chosen;
create index chat_messages_children on oneai.chat_messages (parent_message_id, role);
create index chat_messages_revisions on oneai.chat_messages (original_message_id);
create index chat_messages_of_person on oneai.chat_messages (user_id, created_at desc);

-- `at`: code points of this kind that came before; `n` keeps the order in which text and reasoning came.
create table oneai.answer_pieces (
  message_id uuid not null references oneai.chat_messages (id) on delete cascade,
  user_id uuid not null,
  kind text not null check (kind in ('text', 'reasoning')),
  at integer not null check (at >= 0),
  text text not null,
  n bigint generated always as identity,
  primary key (message_id, kind, at)
);
create index answer_pieces_of_person on oneai.answer_pieces (user_id);

alter table oneai.conversations enable row level security;
alter table oneai.chat_messages enable row level security;
alter table oneai.answer_pieces enable row level security;

create policy "people see their conversations" on oneai.conversations
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "people change their conversations" on oneai.conversations
  for update to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy "service" on oneai.conversations to oneai_service using (true) with check (true);
create policy "people see their messages" on oneai.chat_messages
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.chat_messages to oneai_service using (true) with check (true);
create policy "people see their answers' pieces" on oneai.answer_pieces
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.answer_pieces to oneai_service using (true) with check (true);

revoke all on oneai.conversations, oneai.chat_messages, oneai.answer_pieces from anon, authenticated, service_role;
grant select, update (title, system_prompt, model, metadata, updated_at) on oneai.conversations to authenticated;
grant select on oneai.chat_messages, oneai.answer_pieces to authenticated;
grant select, insert, update, delete on oneai.conversations, oneai.chat_messages, oneai.answer_pieces to oneai_service;
