-- What a chatbot is asked from: the documents and collections that its draft or a version names, by the grant of a member
-- who could read each when they named it. A search for a chatbot uses these grants, and never what its owner reads.

create table oneai.chatbot_grants (
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  workspace_id uuid not null,
  -- A document or a collection. No foreign key, because it is either; what is deleted is not found.
  named_id uuid not null,
  -- Who named it; null once that user is deleted. Only a private document's author grants it.
  user_id uuid references oneai.users (id) on delete set null,
  granted_at timestamptz not null default oneai.now(),
  primary key (chatbot_id, named_id)
);
create index chatbot_grants_of_named on oneai.chatbot_grants (named_id);
create index chatbot_grants_of_workspace on oneai.chatbot_grants (workspace_id);
create index chatbot_grants_of_user on oneai.chatbot_grants (user_id);

alter table oneai.chatbot_grants enable row level security;
revoke all on oneai.chatbot_grants from anon, authenticated, service_role;

-- The field `knowledge` of a version of the chatbot; null: of its draft.
create function oneai.chatbot_knowledge(p_chatbot uuid, p_version integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select case when p_version is null then (select c.draft -> 'knowledge' from oneai.chatbots as c where c.id = p_chatbot)
    else (
      select v.configuration -> 'knowledge' from oneai.chatbot_versions as v
      where v.chatbot_id = p_chatbot and v.version = p_version) end
$$;
revoke execute on function oneai.chatbot_knowledge from public;

-- The documents that a version of the chatbot is asked from; null: its draft. Without those that were deleted or moved,
-- and without those that were made private, unless their author, who is still a member, granted them.
create function oneai.documents_of_chatbot(p_chatbot uuid, p_version integer) returns setof oneai.documents
language sql stable security definer set search_path = '' rows 20
as $$
  select d.* from oneai.chatbots as c
  cross join lateral oneai.chatbot_knowledge(c.id, p_version) as k
  cross join lateral (
    select o.id from oneai.chatbot_grants as g join oneai.documents as o on o.id = g.named_id
    where g.chatbot_id = c.id and k -> 'documents' ? g.named_id::text and (o.visibility = 'workspace' or o.user_id = g.user_id)
    union
    select o.id from oneai.chatbot_grants as g
    join oneai.documents as o on o.workspace_id = c.workspace_id and o.collection_id = g.named_id
    where g.chatbot_id = c.id and k -> 'collections' ? g.named_id::text
      and (o.visibility = 'workspace' or o.user_id = g.user_id)) as n
  join oneai.documents as d on d.id = n.id
  where c.id = p_chatbot and d.workspace_id = c.workspace_id and not d.attached
    and (d.visibility = 'workspace' or exists (
      select from oneai.workspace_members as m where m.workspace_id = d.workspace_id and m.user_id = d.user_id))
$$;
revoke execute on function oneai.documents_of_chatbot from public;

-- Whether the user may name this in a chatbot of the workspace: a document or a collection that they read.
create function oneai.may_name(p_user uuid, p_workspace uuid, p_named uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.documents as d
    where d.id = p_named and d.workspace_id = p_workspace and not d.attached
      and (d.visibility = 'workspace' or d.user_id = p_user))
  or exists (
    select from oneai.collections as k
    where k.id = p_named and k.workspace_id = p_workspace and (k.visibility = 'workspace' or k.user_id = p_user))
$$;
revoke execute on function oneai.may_name from public;

-- What a configuration names, each with its field.
create function oneai.named_knowledge(p_configuration jsonb) returns table (field text, id uuid)
language sql immutable set search_path = ''
as $$
  select f.field, n.named::uuid from (values ('documents'), ('collections')) as f (field)
  cross join lateral jsonb_array_elements_text(p_configuration -> 'knowledge' -> f.field) as n (named)
$$;
revoke execute on function oneai.named_knowledge from public;

-- ON422 unless the user may name each document and collection of a draft that is not granted to the chatbot already
-- (null: a new one). The refusal is the same for what does not exist and for what is private.
create function oneai.require_knowledge(p_user uuid, p_workspace uuid, p_chatbot uuid, p_draft jsonb) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  missing text;
begin
  select n.field into missing from oneai.named_knowledge(p_draft) as n
  where not oneai.may_name(p_user, p_workspace, n.id)
    and not exists (select from oneai.chatbot_grants as g where g.chatbot_id = p_chatbot and g.named_id = n.id)
  limit 1;
  if missing is not null then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
      json_build_array(json_build_object('field', 'knowledge.' || missing, 'code', 'unknown_document')));
  end if;
end
$$;
revoke execute on function oneai.require_knowledge from public;

-- A configuration with only what the user may name in this workspace, or what is granted to the chatbot (null: none)
-- already: for a copy, or for an earlier version.
create function oneai.with_known_knowledge(p_user uuid, p_workspace uuid, p_chatbot uuid, p_configuration jsonb) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select p_configuration || jsonb_build_object('knowledge', (p_configuration -> 'knowledge') || jsonb_build_object(
    'documents', coalesce(jsonb_agg(n.id) filter (where n.field = 'documents'), '[]'),
    'collections', coalesce(jsonb_agg(n.id) filter (where n.field = 'collections'), '[]')))
  from oneai.named_knowledge(p_configuration) as n
  where oneai.may_name(p_user, p_workspace, n.id)
    or exists (select from oneai.chatbot_grants as g where g.chatbot_id = p_chatbot and g.named_id = n.id)
$$;
revoke execute on function oneai.with_known_knowledge from public;

-- After a change of the draft or a publication: the user grants what is named for the first time, and what neither the
-- draft nor the published version names is granted no more.
create function oneai.grant_knowledge(p_user uuid, p_chatbot uuid) returns void
language sql security definer set search_path = ''
as $$
  with named as (
    select n.id, c.workspace_id from oneai.chatbots as c cross join lateral oneai.named_knowledge(c.draft) as n
    where c.id = p_chatbot
    union
    select n.id, c.workspace_id from oneai.chatbots as c
    join oneai.chatbot_versions as v on v.chatbot_id = c.id and v.version = c.published_version
    cross join lateral oneai.named_knowledge(v.configuration) as n
    where c.id = p_chatbot
  ), withdrawn as (
    delete from oneai.chatbot_grants as g where g.chatbot_id = p_chatbot and g.named_id not in (select n.id from named as n)
  )
  insert into oneai.chatbot_grants (chatbot_id, workspace_id, named_id, user_id)
  select p_chatbot, n.workspace_id, n.id, p_user from named as n
  on conflict do nothing
$$;
revoke execute on function oneai.grant_knowledge from public;

-- What the draft and the published version name, as a member sees it: [{id, kind, name, in_draft, in_published, state}].
-- `name` is null for what this user may not read. `state`: `ready`, `processing`, `failed`; `private` if it was made
-- private or its author is gone, so that the chatbot is not asked from it; `gone` if it was deleted.
create function oneai.linked_knowledge(p_user uuid, c oneai.chatbots) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with named as (
    select n.id, n.kind, bool_or(n.draft) as in_draft, bool_or(not n.draft) as in_published from (
      select d.id, d.field as kind, true as draft from oneai.named_knowledge(c.draft) as d
      union all
      select p.id, p.field, false from oneai.chatbot_versions as v
      cross join lateral oneai.named_knowledge(v.configuration) as p
      where v.chatbot_id = c.id and v.version = c.published_version) as n
    group by n.id, n.kind
  ), asked as (
    select d.id from oneai.documents_of_chatbot(c.id, null) as d
    union select d.id from oneai.documents_of_chatbot(c.id, c.published_version) as d where c.published_version is not null
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', n.id, 'kind', rtrim(n.kind, 's'), 'in_draft', n.in_draft, 'in_published', n.in_published,
    'name', case when oneai.may_name(p_user, c.workspace_id, n.id) then coalesce(d.name, k.name) end,
    'state', case
      when d.id is null and k.id is null then 'gone'
      when d.id is not null and d.id not in (select a.id from asked as a) then 'private'
      when k.visibility = 'private' and not exists (
        select from oneai.chatbot_grants as g where g.chatbot_id = c.id and g.named_id = k.id and g.user_id = k.user_id)
        then 'private'
      when d.status in ('ready', 'failed') then d.status
      when d.id is not null then 'processing' else 'ready' end)
    order by n.kind desc, coalesce(d.name, k.name), n.id), '[]')
  from named as n
  left join oneai.documents as d on n.kind = 'documents' and d.id = n.id and d.workspace_id = c.workspace_id
  left join oneai.collections as k on n.kind = 'collections' and k.id = n.id and k.workspace_id = c.workspace_id
$$;
revoke execute on function oneai.linked_knowledge from public;

-- The chatbots that are asked from a document, by its name or its collection's, for the user of the request.
create function oneai.chatbots_of_document(p_document uuid) returns table (id uuid, name text)
language sql stable security definer set search_path = ''
as $$
  select c.id, c.name from oneai.documents as d
  join oneai.chatbot_grants as g on g.named_id in (d.id, d.collection_id)
  join oneai.chatbots as c on c.id = g.chatbot_id
  where d.id = p_document and c.workspace_id = d.workspace_id and c.deletes_at is null
    and c.workspace_id = any (array(select oneai.my_workspaces()))
    and (d.visibility = 'workspace' or d.user_id = (select auth.uid()))
  group by c.id, c.name order by c.name, c.id
$$;
revoke execute on function oneai.chatbots_of_document from public;
grant execute on function oneai.chatbots_of_document to authenticated;

-- The documents that the draft or the published version of a chatbot is asked from, for the user of the request. Row-level
-- security still decides which of them the user reads.
create function oneai.documents_linked_to(p_chatbot uuid) returns setof uuid
language sql stable security definer set search_path = ''
as $$
  select d.id from oneai.chatbots as c
  cross join lateral (
    select n.id from oneai.documents_of_chatbot(c.id, null) as n
    union select n.id from oneai.documents_of_chatbot(c.id, c.published_version) as n where c.published_version is not null) as d
  where c.id = p_chatbot and c.workspace_id = any (array(select oneai.my_workspaces()))
$$;
revoke execute on function oneai.documents_linked_to from public;
grant execute on function oneai.documents_linked_to to authenticated;

-- All passages of the documents that a version of the chatbot (null: its draft) is asked from, in their order; none if
-- they are more than p_most or longer than p_max_bytes together.
create function oneai.whole_documents_of_chatbot(p_chatbot uuid, p_version integer, p_most integer, p_max_bytes integer)
returns table (
  document_id uuid, ordinal integer, name text, page integer, heading text, content text, text_share real)
language sql stable security definer set search_path = ''
as $$
  with asked as materialized (
    select d.id, d.name, d.created_at, d.text_share from oneai.documents_of_chatbot(p_chatbot, p_version) as d
    where d.status in ('embedding', 'ready')
  ), sized as (
    select count(*) as passages, coalesce(sum(octet_length(c.content)), 0) as bytes from (
      select b.content from asked cross join lateral (
        select k.content from oneai.document_chunks as k where k.document_id = asked.id
        order by k.ordinal limit p_most + 1) as b
      limit p_most + 1) as c
  )
  select c.document_id, c.ordinal, a.name, c.page, c.heading, c.content, a.text_share
  from asked as a join oneai.document_chunks as c on c.document_id = a.id
  where (select s.passages <= p_most and s.bytes <= p_max_bytes from sized as s)
  order by a.created_at, a.id, c.ordinal
$$;
revoke execute on function oneai.whole_documents_of_chatbot from public;
grant execute on function oneai.whole_documents_of_chatbot to oneai_service;

-- The passages of these documents that match a question best, with their texts, as oneai.search_documents ranks them. At
-- least one row, which says the embedding model in use. p_answer: the answer to a visitor, for whose question the vector
-- is kept (oneai.keep_question_vector); null: none is.
create function oneai.search_for_chatbot(
  p_chatbot uuid, p_version integer, p_all text, p_terms text[], p_vector text, p_model text, p_exact_up_to integer,
  p_limit integer, p_answer uuid default null)
returns table (
  model text, document_id uuid, ordinal integer, name text, page integer, heading text, content text, text_share real,
  rank double precision)
language plpgsql volatile security definer rows 20
set search_path = '' set enable_seqscan = off set jit = off
as $$
#variable_conflict use_column
declare
  workspace uuid;
  selected uuid[];
  total bigint;
begin
  if p_answer is not null and p_vector is not null then
    perform oneai.keep_question_vector(p_answer, p_chatbot, p_model, p_vector);
  end if;
  select c.workspace_id into workspace from oneai.chatbots as c where c.id = p_chatbot;
  select array_agg(d.id), sum(d.chunks) into selected, total
  from oneai.documents_of_chatbot(p_chatbot, p_version) as d where d.status in ('embedding', 'ready');
  return query
  select m.model, f.document_id, f.ordinal, d.name, c.page, c.heading, c.content, d.text_share, f.rank
  from oneai.embedding_model_in_use(p_model) as m (model)
  left join lateral oneai.rank_passages(
    workspace, selected, total, p_all, p_terms, p_vector, p_model, p_exact_up_to, null, null, null, p_limit) as f on true
  left join oneai.documents as d on d.id = f.document_id
  left join oneai.document_chunks as c on c.document_id = f.document_id and c.ordinal = f.ordinal
  order by f.rank desc, f.document_id, f.ordinal;
end
$$;
revoke execute on function oneai.search_for_chatbot from public;
grant execute on function oneai.search_for_chatbot to oneai_service;
