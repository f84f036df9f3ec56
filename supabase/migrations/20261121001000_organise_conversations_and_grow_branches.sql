-- What people do with conversations beyond asking: name, sort and put them away, compare models, talk off the record.
alter table oneai.conversations
  -- A title a person chose is never replaced by one a model wrote, and a model is asked once.
  add column title_source text not null default 'auto' check (title_source in ('auto', 'person')),
  add column title_asked_at timestamptz,
  add column tags text[] not null default '{}' check (pg_column_size(tags) <= 16000),
  add column folder text check (octet_length(folder) <= 4000),
  add column pinned boolean not null default false,
  add column archived boolean not null default false,
  -- What all answers that were ever written here have cost, those of other branches included.
  add column total_cost_micro_usd bigint not null default 0,
  add column temporary boolean not null default false,
  -- A temporary conversation's end: ten minutes after its last answer ended; null while one is being written.
  add column forget_at timestamptz;

grant update (title_source, tags, folder, pinned, archived) on oneai.conversations to authenticated;

alter table oneai.chat_messages
  -- Answers that were asked for together (compare) share it: the id of the first of them. Null on questions.
  add column turn_id uuid;

create index conversations_to_forget on oneai.conversations (forget_at) where forget_at is not null;
create index chat_messages_of_turn on oneai.chat_messages (turn_id) where turn_id is not null;
