-- Uploads of documents, collections, and decisions of the document job that need a lock.

-- The workspace of a document that the user may read, in which they have this right. Refuses as oneai.require_named.
create function oneai.require_document(p_user uuid, p_document uuid, p_right text) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  workspace constant uuid := (
    select d.workspace_id from oneai.documents as d
    where d.id = p_document and (d.user_id = p_user or d.visibility = 'workspace'));
begin
  perform oneai.require_named(p_user, workspace, p_right);
  return workspace;
end
$$;
revoke execute on function oneai.require_document from public;
grant execute on function oneai.require_document to oneai_app;

-- Who changes and deletes what belongs to a team: its author, and those who manage the workspace. Refuses others with
-- ON403 `role_insufficient`, as oneai.require_right.
create function oneai.require_change(p_user uuid, p_author uuid, p_workspace uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform oneai.require_named(
    p_user, p_workspace, case when p_author is not distinct from p_user then 'write' else 'manage' end);
end
$$;
revoke execute on function oneai.require_change from public;

-- Refuses a user who may not change this document: ON404 as oneai.require_document, ON403 as oneai.require_change.
create function oneai.require_document_change(p_user uuid, p_document uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform oneai.require_change(p_user, (select d.user_id from oneai.documents as d where d.id = p_document),
    oneai.require_document(p_user, p_document, 'read'));
end
$$;
revoke execute on function oneai.require_document_change from public;
grant execute on function oneai.require_document_change to oneai_app;

-- Whether the user may change a document or a collection of this author, workspace and visibility, for statements that
-- leave out what they may not change.
create function oneai.may_change(p_user uuid, p_author uuid, p_workspace uuid, p_visibility text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
    where m.user_id = p_user and m.workspace_id = p_workspace
      and w.id = coalesce((select oneai.chosen_workspace()), w.id) and w.suspended_at is null and w.deletes_at is null
      and (not w.require_second_factor or oneai.has_second_factor(p_user))
      and case when p_author = p_user then oneai.role_has_right(m.role, 'write')
        else p_visibility = 'workspace' and oneai.role_has_right(m.role, 'manage') end)
$$;
revoke execute on function oneai.may_change from public;
grant execute on function oneai.may_change to oneai_service;

-- As oneai.require_document for a collection.
create function oneai.require_collection(p_user uuid, p_collection uuid, p_right text) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  workspace constant uuid := (
    select c.workspace_id from oneai.collections as c
    where c.id = p_collection and (c.user_id = p_user or c.visibility = 'workspace'));
begin
  perform oneai.require_named(p_user, workspace, p_right);
  return workspace;
end
$$;
revoke execute on function oneai.require_collection from public;

-- As oneai.require_document_change for a collection; returns its workspace.
create function oneai.require_collection_change(p_user uuid, p_collection uuid) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  workspace constant uuid := oneai.require_collection(p_user, p_collection, 'read');
begin
  perform oneai.require_change(
    p_user, (select c.user_id from oneai.collections as c where c.id = p_collection), workspace);
  return workspace;
end
$$;
revoke execute on function oneai.require_collection_change from public;
grant execute on function oneai.require_collection_change to oneai_app;

-- Creates a document whose file may be uploaded, serialized per workspace: at most `p_max_waiting` may wait for their
-- files, and its size counts immediately. Returns the time from which its URL is valid. ON404 for an unknown
-- collection, ON429 with the seconds until the first waiting document expires, ON413 if it does not fit into the
-- storage.
create function oneai.open_document(
  p_user uuid, p_workspace uuid, p_id uuid, p_name text, p_media_type text, p_size bigint, p_collection uuid,
  p_tags text[], p_visibility text, p_seconds integer, p_max_waiting integer)
returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  waiting integer;
  first timestamptz;
begin
  perform oneai.require_active_user(p_user, p_workspace, false);
  if p_collection is not null then
    perform 1 from oneai.collections
    where workspace_id = p_workspace and id = p_collection and (user_id = p_user or visibility = 'workspace')
    for key share;
    if not found then
      raise exception using errcode = 'ON404', message = 'not_found';
    end if;
  end if;
  select count(*), min(upload_expires_at) into waiting, first from oneai.documents
  where workspace_id = p_workspace and status = 'waiting' and arrived_at is null;
  if waiting >= p_max_waiting then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object(
      'retry_after', greatest(ceil(extract(epoch from first - oneai.now())), 60))::text;
  end if;
  insert into oneai.documents (
    id, workspace_id, user_id, visibility, collection_id, name, media_type, size, tags, upload_expires_at)
  values (
    p_id, p_workspace, p_user, p_visibility, p_collection, p_name, p_media_type, p_size, p_tags,
    oneai.now() + make_interval(secs => p_seconds));
  perform oneai.require_storage(p_workspace, p_size, true, p_user);
  return oneai.now();
end
$$;
revoke execute on function oneai.open_document from public;
grant execute on function oneai.open_document to oneai_app;

-- Creates a collection, or with `p_id` changes one of whichever workspace; null leaves the name or the visibility (new:
-- `workspace`). Returns its id, null if the name is taken among the team's or the user's private ones. Its documents are as
-- visible as it is; those of other users leave a collection that becomes private. Refuses a collection that the user may
-- not change as oneai.require_collection_change, and with ON403 `forbidden` to hide that of another user; at most `p_most`
-- are created.
create function oneai.save_collection(
  p_user uuid, p_workspace uuid, p_id uuid, p_name text, p_visibility text, p_most integer)
returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  saved oneai.collections;
  before oneai.collections;
begin
  if p_id is not null then
    p_workspace := oneai.require_collection_change(p_user, p_id);
  end if;
  perform oneai.require_active_user(p_user, p_workspace, false);
  if p_id is null then
    if (select count(*) from oneai.collections where workspace_id = p_workspace) >= p_most then
      raise exception using errcode = 'ON429', message = 'rate_limited';
    end if;
    insert into oneai.collections (workspace_id, user_id, name, visibility)
    values (p_workspace, p_user, p_name, coalesce(p_visibility, 'workspace')) returning * into saved;
    return saved.id;
  end if;
  select * into before from oneai.collections where workspace_id = p_workspace and id = p_id for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  -- Again, because it may have become private before the lock.
  perform oneai.require_collection_change(p_user, p_id);
  if p_visibility <> before.visibility and before.user_id is distinct from p_user then
    raise exception using errcode = 'ON403', message = 'forbidden';
  end if;
  update oneai.collections set name = coalesce(p_name, name), visibility = coalesce(p_visibility, visibility),
    updated_at = oneai.now()
  where id = p_id returning * into saved;
  if saved.visibility <> before.visibility then
    -- After the collection: oneai.follow_collection takes what is shared out of a private one.
    update oneai.documents set updated_at = oneai.now(),
      visibility = case when user_id = p_user then saved.visibility else visibility end,
      collection_id = case when user_id = p_user or saved.visibility = 'workspace' then collection_id end
    where workspace_id = p_workspace and collection_id = p_id;
  end if;
  return saved.id;
exception when unique_violation then
  return null;
end
$$;
revoke execute on function oneai.save_collection from public;
grant execute on function oneai.save_collection to oneai_app;

-- Starts to read these documents of the user's workspaces again, and deletes their texts and vectors; returns the ids of
-- those that the user may change. A document whose file has not arrived yet is unchanged. Locks in the order of ids, before it reads any
-- text.
create function oneai.reprocess_documents(p_user uuid, p_ids uuid[]) returns setof uuid
language plpgsql security definer set search_path = ''
as $$
declare
  found_ids uuid[];
begin
  select coalesce(array_agg(l.id), '{}') into found_ids from (
    select d.id from oneai.documents as d
    where d.id = any (p_ids) and d.workspace_id = any (array(select oneai.writable_workspaces(p_user)))
      and oneai.may_change(p_user, d.user_id, d.workspace_id, d.visibility)
    order by d.id for update
  ) as l;
  delete from oneai.document_chunks where document_id = any (found_ids);
  update oneai.documents set status = 'waiting', progress = 0, problem = null, pages = null, pages_without_text = 0,
    chunks = 0, text_bytes = 0, text_share = null, words_only = null, ready_at = null, position = null, attempts = 0, lease = null, characters = 0, counted_pages = 0,
    pages_hold = null,
    pages_with_text = '{}', pages_read = '{}', picture_pages = '{}', reading_model = null, reading_user_id = null, reading_api_key = null, reading_reservation = null,
    next_attempt_at = oneai.now(), updated_at = oneai.now()
  where id = any (found_ids) and arrived_at is not null;
  return query select unnest(found_ids);
end
$$;
revoke execute on function oneai.reprocess_documents from public;
grant execute on function oneai.reprocess_documents to oneai_app;

-- Workspaces with due documents, least recently served first, so that many files of one do not block those of others.
-- Steps from one to the next in the index, so the cost depends on the number of workspaces, not of documents.
create function oneai.document_turns() returns setof uuid
language sql stable security definer set search_path = ''
as $$
  with recursive workspaces_due as (
    (select d.workspace_id from oneai.documents as d
      where d.status in ('waiting', 'scanning', 'extracting', 'embedding') order by d.workspace_id limit 1)
    union all
    select (
      select d.workspace_id from oneai.documents as d
      where d.status in ('waiting', 'scanning', 'extracting', 'embedding') and d.workspace_id > o.workspace_id
      order by d.workspace_id limit 1)
    from workspaces_due as o where o.workspace_id is not null
  )
  select o.workspace_id from workspaces_due as o
  cross join lateral (
    select d.next_attempt_at from oneai.documents as d
    where d.status in ('waiting', 'scanning', 'extracting', 'embedding') and d.workspace_id = o.workspace_id
      and d.next_attempt_at <= oneai.now()
    order by d.next_attempt_at limit 1
  ) as due
  order by (select max(d.claimed_at) from oneai.documents as d where d.workspace_id = o.workspace_id) nulls first,
    due.next_attempt_at
$$;
revoke execute on function oneai.document_turns from public;

-- The document of the next workspace that has been due longest, leased for `p_seconds`; none if nothing is due. The
-- attempt to read a part of it is counted before it is made.
create function oneai.claim_document(p_seconds integer) returns setof oneai.documents
language plpgsql security definer set search_path = ''
as $$
declare
  turn uuid;
begin
  for turn in select * from oneai.document_turns() loop
    return query
      update oneai.documents as d set lease = gen_random_uuid(), claimed_at = oneai.now(),
        next_attempt_at = oneai.now() + make_interval(secs => p_seconds),
        attempts = d.attempts + (d.status = 'extracting')::integer
      where d.id = (
        select o.id from oneai.documents as o
        where o.status in ('waiting', 'scanning', 'extracting', 'embedding') and o.workspace_id = turn
          and o.next_attempt_at <= oneai.now()
        order by o.next_attempt_at limit 1 for update skip locked)
      returning d.*;
    exit when found;
  end loop;
end
$$;
revoke execute on function oneai.claim_document from public;
grant execute on function oneai.claim_document to oneai_app;
