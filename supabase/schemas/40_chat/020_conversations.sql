-- Conversations and their messages.

create table oneai.conversations (
  id uuid primary key default gen_random_uuid(),
  -- Its author. Null once they are erased: only what was shared with a team stays (oneai.on_author_deleted).
  user_id uuid references oneai.users (id),
  -- Or the visitor who asks in it (oneai.chatbot_visitors), and the chatbot that answers: the visitor, or its author in a
  -- preview, which is temporary.
  visitor_id uuid,
  chatbot_id uuid,
  -- What pays for its answers.
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  title oneai.short_text,
  system_prompt oneai.system_prompt,
  model oneai.short_text,
  -- Whether questions that do not say so search the web.
  web_search boolean not null default false,
  -- For questions that do not say so: how freely models choose words, and the most tokens of an answer. Null: the model's own.
  temperature real check (temperature between 0 and 2),
  max_tokens integer check (max_tokens between 1 and 1000000),
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
  -- Who reads it: its author alone, or all members of the workspace. Only the author asks in it and changes it.
  visibility oneai.conversation_visibility not null default 'private',
  pinned boolean not null default false,
  archived boolean not null default false,
  -- The cost of all answers ever written here, including those of other branches.
  total_cost_micro_usd bigint not null default 0,
  temporary boolean not null default false,
  -- For a temporary conversation: `temporary_ttl` after its last answer ended; null while one is running.
  expires_at timestamptz,
  temporary_ttl interval not null default interval '10 minutes',
  check (visibility = 'private' or not temporary),
  check (num_nonnulls(user_id, visitor_id) = 1 or visitor_id is null and visibility = 'workspace'),
  -- Visitors' conversations are read through their chatbot alone.
  check (visitor_id is null or chatbot_id is not null and visibility = 'private'),
  -- A user's are previews.
  check (chatbot_id is null or visitor_id is not null or temporary)
) with (fillfactor = 80);
create index conversations_of_visitor on oneai.conversations (visitor_id, last_message_at) where visitor_id is not null;
create index conversations_of_chatbot on oneai.conversations (chatbot_id, last_message_at desc, id desc)
  where chatbot_id is not null;
create index conversations_expiring on oneai.conversations (expires_at) where expires_at is not null;
-- A list shows either archived conversations or the others, and reads only those.
create index conversations_newest on oneai.conversations (workspace_id, user_id, archived, last_message_at desc, id desc)
  where not temporary;
-- Its author comes first, because it also finds all conversations of a user.
create index conversations_by_creation on oneai.conversations (user_id, workspace_id, archived, created_at desc, id desc);
-- The start of a title, because an index entry has a maximum size.
create index conversations_by_title
  on oneai.conversations (workspace_id, user_id, archived, lower(left(coalesce(title, ''), 200)), id)
  where not temporary;
-- What a team has shared.
create index conversations_shared on oneai.conversations (workspace_id, archived, last_message_at desc, id desc)
  where visibility = 'workspace';
-- For the conversations of a workspace whose size may have changed since a time.
create index conversations_changed on oneai.conversations (workspace_id, updated_at);
-- For the foreign key of messages. Created last: without statistics all indexes of a table cost the same and Postgres
-- uses the newest; with another one every new message would read all conversations of its user.
create unique index conversations_id_workspace_visibility_key on oneai.conversations (id, workspace_id, visibility);
create unique index conversations_id_user_id_key on oneai.conversations (id, user_id);

alter table oneai.conversations enable row level security;
-- Two conditions and not one `or`, which no index serves.
create policy "authors and members see conversations" on oneai.conversations
  for select to authenticated using (
    workspace_id = any (array(select oneai.my_workspaces()))
    and (user_id = (select auth.uid()) or visibility = 'workspace'));
create policy "authors change their conversations" on oneai.conversations
  for update to authenticated
  using (workspace_id = any (array(select oneai.my_writable_workspaces())) and user_id = (select auth.uid()))
  with check (workspace_id = any (array(select oneai.my_writable_workspaces())) and user_id = (select auth.uid()));
create policy "service" on oneai.conversations to oneai_service using (true) with check (true);
revoke all on oneai.conversations from anon, authenticated, service_role;
grant select, update (title, system_prompt, model, web_search, temperature, max_tokens, metadata, updated_at, title_source, tags,
  folder, pinned, archived)
  on oneai.conversations to authenticated;
grant select, insert, update, delete on oneai.conversations to oneai_service;

-- ON409 in a personal workspace, where no other user could read it; ON422 for a temporary conversation.
create function oneai.require_shareable() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if new.temporary then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'visibility', 'code', 'temporary')))::text;
  elsif exists (select from oneai.workspaces as w where w.id = new.workspace_id and w.kind = 'personal') then
    raise exception using errcode = 'ON409', message = 'personal_workspace';
  end if;
  return new;
end
$$;
revoke execute on function oneai.require_shareable from public;

create trigger require_shareable before insert or update of visibility, workspace_id on oneai.conversations
  for each row when (new.visibility = 'workspace') execute function oneai.require_shareable();

-- A user's private conversations go with them. What they shared with a team stays, without its author.
create function oneai.on_author_deleted() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from oneai.shares where user_id = old.id;
  delete from oneai.conversations where user_id = old.id and visibility = 'private';
  update oneai.search_entries as e set user_id = null
  from oneai.conversations as c where c.user_id = old.id and e.conversation_id = c.id;
  -- Keys of files name the folder of the author, which is deleted.
  update oneai.chat_messages set user_id = null, metadata = oneai.without_file_keys(metadata) where user_id = old.id;
  update oneai.documents set stored_in = null where user_id = old.id and stored_in = old.id;
  update oneai.conversations set user_id = null where user_id = old.id;
  return old;
end
$$;
revoke execute on function oneai.on_author_deleted from public;

create trigger oneai_on_author_deleted before delete on oneai.users
  for each row execute function oneai.on_author_deleted();

-- Whether the user may change things in this workspace: their own, or one of oneai.writable_workspaces; and the request has
-- chosen no other one.
create function oneai.may_write(p_user uuid, p_workspace uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select case p_workspace when p_user then p_workspace = coalesce((select oneai.chosen_workspace()), p_workspace)
    else p_workspace in (select oneai.writable_workspaces(p_user)) end
$$;
revoke execute on function oneai.may_write from public;
grant execute on function oneai.may_write to oneai_service;

-- Refuses a change of this conversation by a user who is not its author (ON404 if they cannot read it either, else ON403
-- `forbidden`), or who is, and may no longer write in its workspace (as oneai.require_right). Nothing else is refused.
create function oneai.require_author(p_user uuid, p_conversation uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  conversation oneai.conversations;
begin
  select * into conversation from oneai.conversations as c
  where c.id = p_conversation and coalesce(c.expires_at > oneai.now(), true)
    and c.workspace_id = coalesce((select oneai.chosen_workspace()), c.workspace_id)
    and (c.user_id = p_user or c.visibility = 'workspace')
    and exists (
      select from oneai.workspace_members as m where m.user_id = p_user and m.workspace_id = c.workspace_id);
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.require_right(p_user, conversation.workspace_id, 'read');
  if conversation.user_id is distinct from p_user then
    raise exception using errcode = 'ON403', message = 'forbidden';
  end if;
  perform oneai.require_right(p_user, conversation.workspace_id, 'write');
end
$$;
revoke execute on function oneai.require_author from public;
grant execute on function oneai.require_author to oneai_app;

-- The author of what a team shares: {user_id, name}. A former member has no id. Only for members, or the service.
create function oneai.author_of(p_user uuid, p_workspace uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce((
    select jsonb_build_object('user_id', u.id, 'name', coalesce(nullif(u.name, ''), split_part(u.email, '@', 1)))
    from oneai.workspace_members as m join oneai.users as u on u.id = m.user_id
    where m.user_id = p_user and m.workspace_id = p_workspace
      and ((select auth.uid()) is null or p_workspace = any (array(select oneai.my_workspaces())))
  ), jsonb_build_object('user_id', null, 'name', 'Former member'))
$$;
revoke execute on function oneai.author_of from public;
grant execute on function oneai.author_of to authenticated, oneai_service;

create table oneai.chat_messages (
  id uuid primary key default gen_random_uuid(),
  conversation_id uuid not null,
  -- The author, the workspace and the visibility of the conversation, so that a policy reads no other table for a
  -- message. A change of the conversation changes them here.
  user_id uuid,
  visitor_id uuid,
  workspace_id uuid not null,
  visibility oneai.conversation_visibility not null default 'private',
  role oneai.message_role not null,
  content text not null default '',
  state oneai.message_state not null default 'complete',
  -- The requested model; model_served is the one that answered. `member` where no model is asked: what a member wrote to
  -- a visitor, and what the visitor wrote to members.
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
  check (num_nonnulls(user_id, visitor_id) = 1 or visitor_id is null and visibility = 'workspace'),
  -- Also where the author is erased.
  foreign key (conversation_id, workspace_id, visibility) references oneai.conversations (id, workspace_id, visibility)
    on delete cascade on update cascade,
  unique (conversation_id, sequence_number, revision_number)
) with (fillfactor = 80);
-- With what the policy reads, so that the length of a conversation in a list is read from the index alone. Postgres takes
-- the policy to exclude most messages of a conversation, and would read all of them.
create unique index chat_messages_visible on oneai.chat_messages (conversation_id, sequence_number)
  include (workspace_id, user_id, visibility) where is_latest;
create unique index chat_messages_chosen on oneai.chat_messages
  (conversation_id, coalesce(parent_message_id, '00000000-0000-0000-0000-000000000000'), role) where is_chosen;
create index chat_messages_children on oneai.chat_messages (parent_message_id, role) where parent_message_id is not null;
create index chat_messages_revisions on oneai.chat_messages (original_message_id) where original_message_id is not null;
create index chat_messages_of_user on oneai.chat_messages (user_id, created_at desc);
create index chat_messages_of_turn on oneai.chat_messages (turn_id) where turn_id is not null;

alter table oneai.chat_messages enable row level security;
create policy "authors and members see messages" on oneai.chat_messages
  for select to authenticated using (
    workspace_id = any (array(select oneai.my_workspaces()))
    and (user_id = (select auth.uid()) or visibility = 'workspace'));
create policy "service" on oneai.chat_messages to oneai_service using (true) with check (true);
revoke all on oneai.chat_messages from anon, authenticated, service_role;
grant select on oneai.chat_messages to authenticated;
grant select, insert, update, delete on oneai.chat_messages to oneai_service;

-- For an insert that does not say the workspace and the visibility of its conversation.
create function oneai.complete_message() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  select c.workspace_id, c.visibility into new.workspace_id, new.visibility
  from oneai.conversations as c where c.id = new.conversation_id;
  return new;
end
$$;
revoke execute on function oneai.complete_message from public;

create trigger complete_message before insert on oneai.chat_messages
  for each row when (new.workspace_id is null) execute function oneai.complete_message();
