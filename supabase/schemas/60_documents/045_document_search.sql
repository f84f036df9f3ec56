-- Search in documents by words and by meaning.

-- The nearest of these documents' chunks, all compared. The sum keeps Postgres from using the index for neighbours.
create function oneai.nearest_exactly(
  p_column text, p_workspace uuid, p_documents uuid[], p_vector text, p_limit integer)
returns table (document_id uuid, ordinal integer, distance double precision)
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set jit = off
as $$
begin
  return query execute format(
    'select v.document_id, v.ordinal, (v.%1$I operator(extensions.<=>) $3::extensions.halfvec) + 0.0 as distance
     from oneai.document_vectors as v
     where v.workspace_id = $1 and v.document_id = any ($2) and v.%1$I is not null
     order by distance limit $4', p_column)
    using p_workspace, p_documents, p_vector, p_limit;
end
$$;
revoke execute on function oneai.nearest_exactly from public;

-- The nearest chunks by the index for neighbours, which is read until there are enough of these documents. Its order is
-- approximate.
create function oneai.nearest_by_index(
  p_column text, p_workspace uuid, p_documents uuid[], p_vector text, p_limit integer)
returns table (document_id uuid, ordinal integer, distance double precision)
language plpgsql stable security definer
set search_path = '' set enable_seqscan = off set enable_bitmapscan = off set enable_sort = off set jit = off
as $$
begin
  -- Not in the settings of the function, because settings of an extension that is not loaded yet are not allowed there.
  perform set_config('hnsw.iterative_scan', 'relaxed_order', true), set_config('hnsw.ef_search', '200', true);
  return query execute format(
    'select v.document_id, v.ordinal, v.%1$I operator(extensions.<=>) $3::extensions.halfvec
     from oneai.document_vectors as v
     where v.workspace_id = $1 and v.document_id = any ($2)
     order by v.%1$I operator(extensions.<=>) $3::extensions.halfvec limit $4', p_column)
    using p_workspace, p_documents, p_vector, p_limit;
end
$$;
revoke execute on function oneai.nearest_by_index from public;

-- A query that any of these matches (texts as in oneai.search_query), without those that occur in more than p_common of
-- the workspace's chunks, because reading and ranking them would take too long. Null if none is left.
create function oneai.any_rare(p_workspace uuid, p_terms text[], p_common integer) returns tsquery
language sql stable security definer set search_path = '' set enable_seqscan = off
as $$
  select string_agg(q.query::text, ' | ')::tsquery
  from unnest(p_terms) as t (term)
  cross join lateral (select oneai.search_query(t.term, p_workspace) as query offset 0) as q
  where (
    select count(*) from (
      select from oneai.document_chunks as c
      where c.words @@ q.query and c.workspace_id = p_workspace limit p_common + 1) as found) <= p_common
$$;
revoke execute on function oneai.any_rare from public;

-- The workspace of the first of these documents and collections that the user of the request may read; null if there is
-- none.
create function oneai.workspace_of_named(p_documents uuid[], p_collections uuid[]) returns uuid
language sql stable security definer set search_path = ''
as $$
  select coalesce((
    select d.workspace_id from unnest(p_documents) with ordinality as n (id, place) join oneai.documents as d using (id)
    where d.workspace_id = any (array(select oneai.my_workspaces()))
      and (d.user_id = (select auth.uid()) or d.visibility = 'workspace')
    order by n.place limit 1
  ), (
    select k.workspace_id from unnest(p_collections) with ordinality as n (id, place)
    join oneai.collections as k using (id)
    where k.workspace_id = any (array(select oneai.my_workspaces()))
      and (k.user_id = (select auth.uid()) or k.visibility = 'workspace')
    order by n.place limit 1
  ))
$$;
revoke execute on function oneai.workspace_of_named from public;

-- The passages of the selected documents of a workspace, which have p_total chunks, that match a question best: by words,
-- with passages that match all of them (p_all) before those that match any (p_terms), and by meaning (p_vector, as text,
-- by p_model; null, or by a model that is not in use: only by words), joined by reciprocal ranks. Compares each vector if
-- p_total is up to p_exact_up_to, else uses the index for neighbours. After (p_rank, p_document, p_ordinal) if given.
create function oneai.rank_passages(
  workspace uuid, selected uuid[], p_total bigint, p_all text, p_terms text[], p_vector text, p_model text,
  p_exact_up_to integer, p_rank double precision, p_document uuid, p_ordinal integer, p_limit integer
) returns table (document_id uuid, ordinal integer, rank double precision)
language plpgsql stable security definer rows 20
set search_path = '' set enable_seqscan = off set jit = off
as $$
#variable_conflict use_column
declare
  -- The length of each list to join: all pages come from the same list. With 60 the first rank counts about twice the
  -- last, as in the paper that proposed it (Cormack, Clarke and Büttcher 2009).
  depth constant integer := 60;
  -- A greater distance means that the passage is unrelated to the question.
  farthest constant double precision := 0.9;
  every tsquery := oneai.search_query(p_all, workspace);
  wanted tsquery := concat_ws(' | ', every::text, oneai.any_rare(workspace, p_terms, 2000)::text)::tsquery;
  columns text := (
    select 'embedding_' || m.active from oneai.embedding_models as m where m.model = p_model and p_vector is not null);
begin
  return query
  with by_words as (
    select w.document_id, w.ordinal, row_number() over (order by w.complete desc, w.rank desc, w.document_id, w.ordinal) as n
    from (
      select c.document_id, c.ordinal, c.words @@ every as complete, ts_rank(c.words, wanted, 1) as rank
      from oneai.document_chunks as c
      where c.words @@ wanted and c.workspace_id = workspace and c.document_id = any (selected)) as w
    order by n limit depth
  ), nearest as (
    select * from oneai.nearest_exactly(columns, workspace, selected, p_vector, depth)
    where columns is not null and p_total <= p_exact_up_to
    union all
    select * from oneai.nearest_by_index(columns, workspace, selected, p_vector, depth)
    where columns is not null and p_total > p_exact_up_to
  ), by_meaning as (
    select v.document_id, v.ordinal, row_number() over (order by v.distance, v.document_id, v.ordinal) as n
    from nearest as v where v.distance < farthest
  ), fused as (
    select f.document_id, f.ordinal, sum(1.0::double precision / (depth + f.n)) as rank
    from (select * from by_words union all select * from by_meaning) as f
    group by f.document_id, f.ordinal
  )
  select f.document_id, f.ordinal, f.rank from fused as f
  where p_rank is null or f.rank < p_rank or f.rank = p_rank and (f.document_id, f.ordinal) > (p_document, p_ordinal)
  order by f.rank desc, f.document_id, f.ordinal
  limit p_limit;
end
$$;
revoke execute on function oneai.rank_passages from public;

-- The passages that match a question best, as oneai.rank_passages. Only of p_documents and p_collections; both null: of
-- all documents except those of a conversation. Without a workspace of the request, what is named first decides it. Private
-- documents and collections of other users are left out. Filters by the workspace itself, as oneai.search does by user,
-- and claims a search slot.
create function oneai.search_documents(
  p_all text, p_terms text[], p_vector text, p_model text, p_documents uuid[], p_collections uuid[],
  p_exact_up_to integer, p_rank double precision, p_document uuid, p_ordinal integer, p_limit integer
) returns table (document_id uuid, ordinal integer, rank double precision)
language plpgsql security definer rows 20
set search_path = '' set enable_seqscan = off set jit = off
as $$
declare
  workspace constant uuid := coalesce(
    oneai.chosen_workspace(), oneai.workspace_of_named(p_documents, p_collections), oneai.request_user_id());
  selected uuid[];
  total bigint;
begin
  perform oneai.claim_search_slot();
  select array_agg(d.id), sum(d.chunks) into selected, total
  from oneai.documents as d
  where d.workspace_id = workspace and (d.user_id = (select auth.uid()) or d.visibility = 'workspace')
    and case when p_documents is null and p_collections is null then not d.attached
      else d.id = any (coalesce(p_documents, '{}')) or d.collection_id = any (coalesce(p_collections, '{}')) end;
  return query select r.* from oneai.rank_passages(
    workspace, selected, total, p_all, p_terms, p_vector, p_model, p_exact_up_to, p_rank, p_document, p_ordinal, p_limit) as r;
end
$$;
revoke execute on function oneai.search_documents from public;
grant execute on function oneai.search_documents to authenticated;
