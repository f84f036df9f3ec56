-- Documents: files that users store to ask about, in collections, with the text that was read from them.
--
-- A document belongs to a workspace; `user_id` is its author. Its members read it, or with the visibility `private` its
-- author alone. Chunks and vectors have the workspace's column too, so that each table's index starts with it.

-- Vectors of half precision, and their indexes.
create extension if not exists vector with schema extensions;

create table oneai.collections (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  user_id uuid references oneai.users (id) on delete set null,
  name text not null check (name <> '' and octet_length(name) <= 1000),
  -- Who reads its name. A private one holds only private documents of its author (oneai.follow_collection).
  visibility oneai.conversation_visibility not null default 'workspace',
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  unique (workspace_id, id)
);
create index collections_of_user on oneai.collections (user_id);
create index collections_listed on oneai.collections (workspace_id, lower(name));
create unique index collections_by_name on oneai.collections (workspace_id, lower(name)) where visibility = 'workspace';
-- A private name must not show by a refusal that it is taken.
create unique index collections_by_private_name on oneai.collections (workspace_id, user_id, lower(name))
  where visibility = 'private';

-- The storage key of a document's file is `documents/{stored_in or workspace_id}/{id}`.
create table oneai.documents (
  id uuid primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- The workspace in which its file was uploaded, if it has moved since.
  stored_in uuid,
  user_id uuid references oneai.users (id) on delete set null,
  -- Who reads it: all members of the workspace, or its author alone. An attached file is as visible as its conversation.
  visibility oneai.conversation_visibility not null default 'workspace',
  collection_id uuid,
  -- A file attached to a question, under the id of its upload; it is in no list. It is deleted with the conversation
  -- that uses it, or a day after its upload if no question uses it.
  attached boolean not null default false,
  conversation_id uuid references oneai.conversations (id) on delete cascade check (conversation_id is null or attached),
  name text not null check (name <> '' and octet_length(name) <= 4000),
  media_type text not null,
  size bigint not null check (size > 0),
  description text not null default '' check (octet_length(description) <= 8000),
  tags text[] not null default '{}' check (pg_column_size(tags) <= 16000),
  status text not null default 'waiting'
    check (status in ('waiting', 'scanning', 'extracting', 'embedding', 'ready', 'failed')),
  progress real not null default 0 check (progress between 0 and 1),
  -- A sentence for its readers: why it failed, or which pages a model could not read.
  problem text check (status <> 'failed' or problem is not null),
  pages integer,
  pages_without_text integer not null default 0,
  chunks integer not null default 0,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  -- Until when the file may arrive, and when it arrived.
  upload_expires_at timestamptz not null,
  arrived_at timestamptz,
  ready_at timestamptz,
  -- The job's state: the position of the next part, the number of attempts without progress, and when a run may
  -- continue it.
  position jsonb,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default oneai.now(),
  -- When a run last processed it; it decides whose turn is next.
  claimed_at timestamptz,
  -- The lease of the current run; a run whose lease was taken over makes no more changes.
  lease uuid,
  -- What was read so far: characters, and the pages counted for it.
  characters bigint not null default 0,
  counted_pages integer not null default 0,
  -- The hold of credits of the pages among them that the plan did not have (oneai.sell_document_pages).
  pages_hold uuid,
  -- Answers that have it as a source, and when the last of them was requested.
  answers integer not null default 0,
  last_used_at timestamptz,
  -- The pages on which text was found, and those that a model has read.
  pages_with_text int4multirange not null default '{}',
  pages_read int4multirange not null default '{}',
  -- The pages that are pictures with few or no words: their words are stored, and a model may read the rest.
  picture_pages int4multirange not null default '{}',
  -- Bytes of its chunks, which count as storage besides the file.
  text_bytes bigint not null default 0,
  -- The share of the file's letters that the chunks contain; null: not known for this format, or not read to the end.
  text_share real check (text_share between 0 and 1),
  -- Why chunks of it have no vectors, so that they are found by their words alone; null: they have them, or soon will.
  words_only text check (words_only in ('credits_exhausted', 'service_paused', 'unavailable')),
  -- While a model reads the pages without text: the model, the user and the API key of the request, and the reservation
  -- of the next page.
  reading_model text,
  reading_user_id uuid references oneai.users (id) on delete set null,
  reading_api_key uuid,
  reading_reservation uuid,
  foreign key (workspace_id, collection_id) references oneai.collections (workspace_id, id)
    on delete set null (collection_id)
);
create index documents_of_user on oneai.documents (user_id);
create index documents_read_for on oneai.documents (reading_user_id) where reading_user_id is not null;
create index documents_newest on oneai.documents (workspace_id, created_at desc, id desc) where not attached;
create index documents_by_size on oneai.documents (workspace_id, size desc, id desc) where not attached;
create index documents_by_status on oneai.documents (workspace_id, status, id) where not attached;
create index documents_of_collection on oneai.documents (workspace_id, collection_id);
create index documents_of_conversation on oneai.documents (conversation_id) where conversation_id is not null;
create index documents_last_claimed on oneai.documents (workspace_id, claimed_at);
create index documents_unused on oneai.documents (created_at) where attached and conversation_id is null;
create index documents_to_process on oneai.documents (workspace_id, next_attempt_at)
  where status in ('waiting', 'scanning', 'extracting', 'embedding');

-- Texts of 300 to 500 tokens, in the document's order from 1.
create table oneai.document_chunks (
  document_id uuid not null references oneai.documents (id) on delete cascade,
  ordinal integer not null,
  workspace_id uuid not null,
  page integer,
  heading text,
  content text not null,
  tokens integer not null,
  -- The result of oneai.search_vector, with the workspace's key.
  words tsvector not null,
  primary key (document_id, ordinal)
);
create index document_chunks_words on oneai.document_chunks using gin (words) with (fastupdate = off);

-- Separate from the texts, so that reading these does not read the vectors. At most two models: while all documents are
-- embedded again, searches read the column of the previous one (oneai.embedding_models).
create table oneai.document_vectors (
  document_id uuid not null,
  ordinal integer not null,
  workspace_id uuid not null,
  -- Stored in the row: an exact search reads hundreds of vectors, and 2 kB would be stored out of line, a lookup each.
  embedding_1 extensions.halfvec(1024) storage plain,
  embedding_2 extensions.halfvec(1024) storage plain,
  -- The sum of the numbers of the columns that are filled.
  filled smallint not null generated always as (
    case when embedding_1 is null then 0 else 1 end + case when embedding_2 is null then 0 else 2 end) stored,
  primary key (document_id, ordinal),
  foreign key (document_id, ordinal) references oneai.document_chunks (document_id, ordinal) on delete cascade
);
create index document_vectors_of_workspace on oneai.document_vectors (workspace_id);
create index document_vectors_by_filled on oneai.document_vectors (filled, document_id);
create index document_vectors_nearest_1 on oneai.document_vectors using hnsw (embedding_1 extensions.halfvec_cosine_ops);
create index document_vectors_nearest_2 on oneai.document_vectors using hnsw (embedding_2 extensions.halfvec_cosine_ops);

-- Pages that documents may be read with in a month: 90_operations/100_plan_numbers.sql has the numbers.
create table oneai.plan_document_pages (
  tier text primary key,
  pages_per_month integer not null check (pages_per_month >= 0)
);

-- Pages that were read in a UTC month.
create table oneai.document_page_counts (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  month date not null,
  pages integer not null default 0 check (pages >= 0),
  primary key (workspace_id, month)
);

alter table oneai.collections enable row level security;
alter table oneai.documents enable row level security;
alter table oneai.document_chunks enable row level security;
alter table oneai.document_vectors enable row level security;
alter table oneai.plan_document_pages enable row level security;
alter table oneai.document_page_counts enable row level security;
create policy "readers" on oneai.collections for select to authenticated
  using (
    workspace_id = any (array(select oneai.my_workspaces()))
    and (user_id = (select auth.uid()) or visibility = 'workspace'));
create policy "readers" on oneai.documents for select to authenticated
  using (
    workspace_id = any (array(select oneai.my_workspaces()))
    and (user_id = (select auth.uid()) or visibility = 'workspace'));
-- A change of the visibility must not write each chunk again, so the document decides.
create policy "readers" on oneai.document_chunks for select to authenticated
  using (
    workspace_id = any (array(select oneai.my_workspaces()))
    and exists (select from oneai.documents as d where d.id = document_id));
create policy "readers" on oneai.document_page_counts for select to authenticated
  using (workspace_id = any (array(select oneai.my_workspaces())));
create policy "service" on oneai.collections to oneai_service using (true) with check (true);
create policy "service" on oneai.documents to oneai_service using (true) with check (true);
create policy "service" on oneai.document_chunks to oneai_service using (true) with check (true);
create policy "service" on oneai.document_vectors to oneai_service using (true) with check (true);
revoke all on oneai.collections, oneai.documents, oneai.document_chunks, oneai.document_vectors, oneai.plan_document_pages,
  oneai.document_page_counts from anon, authenticated, service_role;
grant select on oneai.collections, oneai.documents, oneai.document_chunks, oneai.document_page_counts to authenticated;
grant select, insert, update, delete on oneai.collections, oneai.documents, oneai.document_chunks, oneai.document_vectors
  to oneai_service;

-- What a user made private goes with them; what their teams read stays, without its author.
create function oneai.on_documents_author_deleted() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from oneai.documents where user_id = old.id and visibility = 'private';
  delete from oneai.collections where user_id = old.id and visibility = 'private';
  return old;
end
$$;
revoke execute on function oneai.on_documents_author_deleted from public;

create trigger oneai_on_documents_author_deleted before delete on oneai.users
  for each row execute function oneai.on_documents_author_deleted();

-- A document in a private collection is private: it becomes so when it is put there, and leaves the collection when it is
-- shared. ON404 for the private collection of another user.
create function oneai.follow_collection() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  holder oneai.collections;
begin
  select * into holder from oneai.collections where id = new.collection_id and visibility = 'private' for key share;
  if not found then
    return new;
  end if;
  if holder.user_id is distinct from new.user_id then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if tg_op = 'UPDATE' and old.collection_id = new.collection_id and old.visibility = 'private'
    and new.visibility = 'workspace'
  then
    new.collection_id := null;
  else
    new.visibility := 'private';
  end if;
  return new;
end
$$;
revoke execute on function oneai.follow_collection from public;

create trigger follow_collection before insert or update of collection_id, visibility on oneai.documents
  for each row when (new.collection_id is not null) execute function oneai.follow_collection();

-- Files attached to a conversation are as visible as it is.
create function oneai.show_attached_documents() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.documents set visibility = new.visibility where conversation_id = new.id;
  return null;
end
$$;
revoke execute on function oneai.show_attached_documents from public;

create trigger show_attached_documents after update of visibility on oneai.conversations
  for each row when (old.visibility <> new.visibility) execute function oneai.show_attached_documents();

-- A workspace's storage in bytes: conversations as last counted, documents with their texts, reservations of running
-- imports and, in a personal one, its user's prompts and unused uploads.
create function oneai.storage_of(p_workspace uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select (
    coalesce((select sum(s.bytes) from oneai.conversation_sizes as s where s.workspace_id = p_workspace), 0)
    + coalesce((select sum(p.bytes) from oneai.prompts as p where p.user_id = p_workspace), 0)
    + coalesce((select sum(d.size + d.text_bytes) from oneai.documents as d where d.workspace_id = p_workspace), 0)
    + coalesce((
      select sum(u.size) from oneai.uploads as u
      where u.user_id = p_workspace and u.used_at is null and u.expires_at > oneai.now()), 0)
    + coalesce((
      select sum(i.reserved_bytes) from oneai.imports as i
      where i.workspace_id = p_workspace and i.state in ('queued', 'running')), 0)
  )::bigint
$$;
revoke execute on function oneai.storage_of from public;

-- The same for a member, who may not read all that it counts; null for others.
create function oneai.storage_used(p_workspace uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select oneai.storage_of(p_workspace) where p_workspace = any (array(select oneai.my_workspaces()))
$$;
revoke execute on function oneai.storage_used from public;
grant execute on function oneai.storage_used to authenticated;

-- Bytes of what a member made in a team: their conversations, their documents and what their imports there reserve.
create function oneai.member_storage_used(p_workspace uuid, p_user uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select (
    coalesce((
      select sum(s.bytes) from oneai.conversation_sizes as s join oneai.conversations as c on c.id = s.conversation_id
      where s.workspace_id = p_workspace and c.user_id = p_user), 0)
    + coalesce((
      select sum(d.size + d.text_bytes) from oneai.documents as d
      where d.workspace_id = p_workspace and d.user_id = p_user), 0)
    + coalesce((
      select sum(i.reserved_bytes) from oneai.imports as i
      where i.workspace_id = p_workspace and i.user_id = p_user and i.state in ('queued', 'running')), 0)
  )::bigint
$$;
revoke execute on function oneai.member_storage_used from public;

-- Its file is removed too, once the address for its upload is no longer valid.
create function oneai.enqueue_document_file() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.files_to_remove (key, requested_at)
  values ('documents/' || coalesce(old.stored_in, old.workspace_id) || '/' || old.id, greatest(oneai.now(), old.upload_expires_at))
  on conflict do nothing;
  return null;
end
$$;
revoke execute on function oneai.enqueue_document_file from public;

create trigger enqueue_document_file after delete on oneai.documents
  for each row execute function oneai.enqueue_document_file();
