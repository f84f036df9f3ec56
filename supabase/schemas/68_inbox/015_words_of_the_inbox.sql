-- The words of visitors' conversations, for the search of their team. The index that people search their own chats in has
-- none of them.

-- One row for each final text. As in oneai.search_entries, each word has the key of its workspace before it.
create table oneai.inbox_texts (
  message_id uuid primary key references oneai.chat_messages (id) on delete cascade,
  conversation_id uuid not null,
  workspace_id uuid not null,
  words tsvector not null
);
create index inbox_texts_of_conversation on oneai.inbox_texts (conversation_id);
create index inbox_texts_of_workspace on oneai.inbox_texts (workspace_id);
create index inbox_texts_words on oneai.inbox_texts using gin (words);

-- Only functions read it.
alter table oneai.inbox_texts enable row level security;
revoke all on oneai.inbox_texts from anon, authenticated, service_role;

-- Stores the words of these messages, again if they changed; a text without words is none.
create function oneai.index_for_inbox(p_messages uuid[]) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.inbox_texts as t (message_id, conversation_id, workspace_id, words)
  select n.* from (
    select m.id, m.conversation_id, m.workspace_id, oneai.search_vector(m.workspace_id, m.content) as words
    from oneai.chat_messages as m where m.id = any (p_messages) and m.content <> '') as n
  where n.words <> ''
  on conflict (message_id) do update set words = excluded.words where t.words <> excluded.words;
end
$$;
revoke execute on function oneai.index_for_inbox from public;

-- A question is indexed when its answer has ended, so that no visitor waits for it. What no answer follows, in a
-- conversation that a person has, is indexed when it is written.
create function oneai.index_message_for_inbox(m oneai.chat_messages) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if m.role = 'assistant' or exists (
    select from oneai.inbox_conversations as i where i.conversation_id = m.conversation_id and i.status = 'open')
  then
    perform oneai.index_for_inbox(array[m.id]);
  end if;
end
$$;
revoke execute on function oneai.index_message_for_inbox from public;

-- A conversation that moves with its chatbot takes its words along.
create function oneai.move_texts_of_inbox() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.inbox_texts
  set workspace_id = new.workspace_id, words = oneai.with_search_key(words, new.workspace_id)
  where conversation_id = new.conversation_id;
  return null;
end
$$;
revoke execute on function oneai.move_texts_of_inbox from public;

create trigger move_texts_of_inbox after update of workspace_id on oneai.inbox_conversations
  for each row when (old.workspace_id <> new.workspace_id) execute function oneai.move_texts_of_inbox();
