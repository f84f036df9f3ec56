-- Documents: files that a person keeps to ask about, in collections, with the text that was read from them.
--
-- `owner_id` alone says whose a document is, and oneai.may_read_documents_of who may read what an owner has: a person
-- now. Chunks and vectors carry it too, so that each table's own index begins with it.

-- Vectors of half precision, and their indexes.
create extension if not exists vector with schema extensions;

-- Whether who is asking may read the documents of this owner.
create function oneai.may_read_documents_of(p_owner uuid) returns boolean
language sql stable parallel safe set search_path = ''
as $$ select p_owner = (select auth.uid()) $$;
revoke execute on function oneai.may_read_documents_of from public;
grant execute on function oneai.may_read_documents_of to authenticated, oneai_service;

create table oneai.collections (
  id uuid primary key default gen_random_uuid(),
  owner_id uuid not null references oneai.users (id) on delete cascade,
  name text not null check (name <> '' and octet_length(name) <= 1000),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  unique (owner_id, id)
);
create unique index collections_by_name on oneai.collections (owner_id, lower(name));

-- A document lies in the bucket at `documents/{owner_id}/{id}`.
create table oneai.documents (
  id uuid primary key,
  owner_id uuid not null references oneai.users (id) on delete cascade,
  collection_id uuid,
  -- Of a file attached to a conversation: in no list, and it goes with the conversation.
  conversation_id uuid references oneai.conversations (id) on delete cascade,
  name text not null check (name <> '' and octet_length(name) <= 4000),
  media_type text not null,
  size bigint not null check (size > 0),
  description text not null default '' check (octet_length(description) <= 8000),
  tags text[] not null default '{}' check (pg_column_size(tags) <= 16000),
  status text not null default 'waiting'
    check (status in ('waiting', 'scanning', 'extracting', 'embedding', 'ready', 'failed')),
  progress real not null default 0 check (progress between 0 and 1),
  -- A sentence for who uploaded it; of a failed document alone.
  problem text check ((problem is not null) = (status = 'failed')),
  pages integer,
  pages_without_text integer not null default 0,
  chunks integer not null default 0,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  -- Until when the file may arrive, and when it did.
  upload_expires_at timestamptz not null,
  arrived_at timestamptz,
  ready_at timestamptz,
  -- The job's own: where reading goes on, how often it was begun in vain since it last got further, and from when on a
  -- run may take it.
  position jsonb,
  attempts integer not null default 0,
  next_attempt_at timestamptz not null default oneai.now(),
  foreign key (owner_id, collection_id) references oneai.collections (owner_id, id) on delete set null (collection_id)
);
create index documents_newest on oneai.documents (owner_id, created_at desc, id desc) where conversation_id is null;
create index documents_of_collection on oneai.documents (owner_id, collection_id);
create index documents_of_conversation on oneai.documents (conversation_id) where conversation_id is not null;
create index documents_to_process on oneai.documents (next_attempt_at)
  where status in ('waiting', 'scanning', 'extracting', 'embedding');

-- Texts of 300 to 500 tokens, in the document's order from 1.
create table oneai.document_chunks (
  document_id uuid not null references oneai.documents (id) on delete cascade,
  ordinal integer not null,
  owner_id uuid not null,
  page integer,
  heading text,
  content text not null,
  tokens integer not null,
  -- As oneai.search_vector makes it, with the owner's key.
  words tsvector not null,
  primary key (document_id, ordinal)
);
create index document_chunks_words on oneai.document_chunks using gin (words) with (fastupdate = off);

-- Apart from the texts, whose readers must not read them.
create table oneai.document_vectors (
  document_id uuid not null,
  ordinal integer not null,
  owner_id uuid not null,
  model text not null,
  embedding extensions.halfvec(1024) not null,
  primary key (document_id, ordinal),
  foreign key (document_id, ordinal) references oneai.document_chunks (document_id, ordinal) on delete cascade
);
create index document_vectors_of_owner on oneai.document_vectors (owner_id);

alter table oneai.collections enable row level security;
alter table oneai.documents enable row level security;
alter table oneai.document_chunks enable row level security;
alter table oneai.document_vectors enable row level security;
create policy "readers" on oneai.collections for select to authenticated using (oneai.may_read_documents_of(owner_id));
create policy "readers" on oneai.documents for select to authenticated using (oneai.may_read_documents_of(owner_id));
create policy "readers" on oneai.document_chunks for select to authenticated using (oneai.may_read_documents_of(owner_id));
create policy "service" on oneai.collections to oneai_service using (true) with check (true);
create policy "service" on oneai.documents to oneai_service using (true) with check (true);
create policy "service" on oneai.document_chunks to oneai_service using (true) with check (true);
create policy "service" on oneai.document_vectors to oneai_service using (true) with check (true);
revoke all on oneai.collections, oneai.documents, oneai.document_chunks, oneai.document_vectors
  from anon, authenticated, service_role;
grant select on oneai.collections, oneai.documents, oneai.document_chunks to authenticated;
grant select, insert, update, delete on oneai.collections, oneai.documents, oneai.document_chunks, oneai.document_vectors
  to oneai_service;
