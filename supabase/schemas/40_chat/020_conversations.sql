-- Conversations and their messages.

create table oneai.conversations (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- What pays for its answers.
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  title oneai.short_text,
  system_prompt oneai.system_prompt,
  model oneai.short_text,
  -- Whether questions that do not say so search the web.
  web_search boolean not null default false,
  metadata oneai.conversation_metadata not null default '{}',
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  last_message_at timestamptz not null default oneai.now(),
  -- Busy means exactly: answering_until > oneai.now().
  answering_until timestamptz,
  answering_message_id uuid,
  -- The first words of the first question until a model has written a title, which is requested once and never replaces
  -- one that the user chose. Null before the first question, and in temporary conversations.
  title_source oneai.title_source not null default 'auto',
  title_requested_at timestamptz,
  tags oneai.conversation_tags not null default '{}',
  folder oneai.short_text,
  pinned boolean not null default false,
  archived boolean not null default false,
  -- The cost of all answers ever written here, including those of other branches.
  total_cost_micro_usd bigint not null default 0,
  temporary boolean not null default false,
  -- For a temporary conversation: `temporary_ttl` after its last answer ended; null while one is running.
  expires_at timestamptz,
  temporary_ttl interval not null default interval '10 minutes'
) with (fillfactor = 80);
create index conversations_expiring on oneai.conversations (expires_at) where expires_at is not null;
-- A list shows either archived conversations or the others, and reads only those.
create index conversations_newest on oneai.conversations (user_id, archived, last_message_at desc, id desc)
  where not temporary;
create index conversations_by_creation on oneai.conversations (user_id, archived, created_at desc, id desc);
-- The start of a title, because an index entry has a maximum size.
create index conversations_by_title on oneai.conversations (user_id, archived, lower(left(coalesce(title, ''), 200)), id)
  where not temporary;
-- For the conversations of a workspace whose size may have changed since a time.
create index conversations_changed on oneai.conversations (workspace_id, updated_at);
-- For the foreign key of messages. Created last: without statistics all indexes of a table cost the same and Postgres
-- uses the newest; with another one every new message would read all conversations of its user.
create unique index conversations_id_user_id_key on oneai.conversations (id, user_id);

alter table oneai.conversations enable row level security;
create policy "people see their conversations" on oneai.conversations
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "people change their conversations" on oneai.conversations
  for update to authenticated using ((select auth.uid()) = user_id) with check ((select auth.uid()) = user_id);
create policy "service" on oneai.conversations to oneai_service using (true) with check (true);
revoke all on oneai.conversations from anon, authenticated, service_role;
grant select, update (title, system_prompt, model, web_search, metadata, updated_at, title_source, tags, folder, pinned, archived)
  on oneai.conversations to authenticated;
grant select, insert, update, delete on oneai.conversations to oneai_service;

create table oneai.chat_messages (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid not null,
  user_id uuid not null,
  role oneai.message_role not null,
  content text not null default '',
  state oneai.message_state not null default 'complete',
  -- The requested model; model_served is the one that answered.
  model_id text not null,
  model_served text,
  provider text,
  finish_reason oneai.finish_reason,
  usage jsonb,
  error_code text,
  generation_id text,
  sequence_number integer not null,
  parent_message_id uuid references oneai.chat_messages (id) on delete cascade,
  original_message_id uuid references oneai.chat_messages (id) on delete set null,
  revision_number integer not null default 0,
  revision_type oneai.revision_type,
  is_chosen boolean not null default true,
  is_latest boolean not null default true,
  metadata jsonb not null default '{}',
  -- The question's fingerprint: the same id with another question is refused.
  fingerprint text,
  stop_requested_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  ended_at timestamptz,
  -- Answers of one request (compare) share it: the id of the first one. Null for questions.
  turn_id uuid,
  -- When its user chose this answer from several versions. None of the answers of a turn has it: they are compared.
  chosen_at timestamptz,
  first_token_ms integer,
  -- The model's thoughts, cut where they are longer than what is kept; their whole length in code points.
  reasoning oneai.reasoning_text,
  reasoning_length integer check ((reasoning_length >= char_length(reasoning)) is not false),
  -- Prevents a message in another user's conversation, even by the service.
  foreign key (conversation_id, user_id) references oneai.conversations (id, user_id) on delete cascade,
  unique (conversation_id, sequence_number, revision_number)
) with (fillfactor = 80);
create unique index chat_messages_visible on oneai.chat_messages (conversation_id, sequence_number) where is_latest;
create unique index chat_messages_chosen on oneai.chat_messages
  (conversation_id, coalesce(parent_message_id, '00000000-0000-0000-0000-000000000000'), role) where is_chosen;
create index chat_messages_children on oneai.chat_messages (parent_message_id, role);
create index chat_messages_revisions on oneai.chat_messages (original_message_id);
create index chat_messages_of_user on oneai.chat_messages (user_id, created_at desc);
create index chat_messages_of_turn on oneai.chat_messages (turn_id) where turn_id is not null;
-- The pages of one conversation. Row-level security adds user_id to conversation_id; Postgres, which does not know that
-- one follows from the other, would intersect all messages of a long conversation with all of its user.
create index chat_messages_pages on oneai.chat_messages (conversation_id, user_id, sequence_number) where is_latest;

alter table oneai.chat_messages enable row level security;
create policy "people see their messages" on oneai.chat_messages
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.chat_messages to oneai_service using (true) with check (true);
revoke all on oneai.chat_messages from anon, authenticated, service_role;
grant select on oneai.chat_messages to authenticated;
grant select, insert, update, delete on oneai.chat_messages to oneai_service;
