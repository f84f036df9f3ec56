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
    chunks = 0, text_bytes = 0, text_share = null, ready_at = null, position = null, attempts = 0, lease = null, characters = 0, counted_pages = 0,
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

-- The month whose pages are counted now.
create function oneai.document_page_month() returns date
language sql stable set search_path = ''
as $$ select date_trunc('month', oneai.now() at time zone 'UTC')::date $$;
revoke execute on function oneai.document_page_month from public;
grant execute on function oneai.document_page_month to authenticated;

-- The pages that the workspace's plan has in a month.
create function oneai.pages_of_plan(p_workspace uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select coalesce((w.plan_limits ->> 'document_pages')::integer, l.pages_per_month, (
    select f.pages_per_month from oneai.plan_document_pages as f where f.tier = oneai.lowest_tier(w.kind)))
  from oneai.workspaces as w left join oneai.plan_document_pages as l on l.tier = w.subscription_tier
  where w.id = p_workspace
$$;
revoke execute on function oneai.pages_of_plan from public;

-- The pages that are left of them.
create function oneai.pages_left(p_workspace uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select greatest(oneai.pages_of_plan(p_workspace) - coalesce((
    select c.pages from oneai.document_page_counts as c
    where c.workspace_id = p_workspace and c.month = oneai.document_page_month()), 0), 0)
$$;
revoke execute on function oneai.pages_left from public;

-- Counts pages of p_user's share of a team's month; false, and none are counted, if they exceed it.
create function oneai.count_member_pages(p_workspace uuid, p_user uuid, p_pages integer) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  return oneai.count_member_use(
    p_workspace, p_user, 'document_pages', oneai.document_page_month()::timestamp at time zone 'UTC', 0, p_pages,
    oneai.member_limit(oneai.pages_of_plan(p_workspace), oneai.usage_limit_percent(p_workspace, p_user)));
end
$$;
revoke execute on function oneai.count_member_pages from public;

-- Counts pages of the workspace's month, and of p_user's share of it in a team; returns which limit they exceed,
-- `workspace` or `member`, and counts none then. Null: they are within both.
create function oneai.count_document_pages(p_workspace uuid, p_user uuid, p_pages integer) returns text
language plpgsql security definer set search_path = ''
as $$
begin
  if p_pages <= 0 then
    return null;
  end if;
  insert into oneai.document_page_counts (workspace_id, month) values (p_workspace, oneai.document_page_month())
  on conflict do nothing;
  update oneai.document_page_counts set pages = pages + p_pages
  where workspace_id = p_workspace and month = oneai.document_page_month() and pages + p_pages <= oneai.pages_of_plan(p_workspace);
  if not found then
    return 'workspace';
  end if;
  if p_user <> p_workspace and not oneai.count_member_pages(p_workspace, p_user, p_pages) then
    update oneai.document_page_counts set pages = pages - p_pages
    where workspace_id = p_workspace and month = oneai.document_page_month();
    return 'member';
  end if;
  return null;
end
$$;
revoke execute on function oneai.count_document_pages from public;

-- How many pages of a document are read with p_characters more: p_pages, or for a file without pages (null) one for every started
-- 3,000 characters.
create function oneai.counted_pages(document oneai.documents, p_pages integer, p_characters bigint) returns integer
language sql immutable set search_path = ''
as $$ select coalesce(p_pages, greatest(ceil((document.characters + p_characters) / 3000.0), 1)::integer) $$;
revoke execute on function oneai.counted_pages from public;

-- The pages as ranges.
create function oneai.page_ranges(p_pages integer[]) returns int4multirange
language sql immutable set search_path = ''
as $$
  select coalesce(range_agg(int4range(each.page, each.page + 1)), '{}') from unnest(p_pages) as each (page)
$$;
revoke execute on function oneai.page_ranges from public;

-- The number of pages in these ranges.
create function oneai.count_pages(p_pages int4multirange) returns integer
language sql immutable set search_path = ''
as $$ select coalesce(sum(upper(each.pages) - lower(each.pages)), 0)::integer from unnest(p_pages) as each (pages) $$;
revoke execute on function oneai.count_pages from public;
grant execute on function oneai.count_pages to authenticated, oneai_service;

-- Stores what was read of a document with the next position, all or nothing, and ends the lease. A document counts as
-- its pages; for a type without pages, every started 3,000 characters count as one. Returns `stored`; `lost` without
-- this lease, so that a part that was read twice is stored once; `no_text`, `over_pages` or `over_member_pages` if no
-- text is stored and the lease remains. With p_model, which embeds it, credits pay what the plan's month does not have, where they
-- pay in the workspace (oneai.sell_document_pages, which has more refusals); p_credit_limit: what they may pay in a day. ON413 if the texts do not fit into the workspace's storage. p_pages_with_text are those of the chunks,
-- without p_picture_pages; p_text_share is null until the last part.
create function oneai.store_document_chunks(
  p_id uuid, p_lease uuid, p_chunks jsonb, p_position jsonb, p_progress real, p_pages integer,
  p_pages_without_text integer, p_characters bigint, p_pages_with_text integer[], p_picture_pages integer[],
  p_text_share real, p_model text default null, p_credit_limit bigint default null)
returns text
language plpgsql security definer set search_path = ''
as $$
declare
  document oneai.documents;
  counted integer;
  exceeded text;
  added integer := jsonb_array_length(p_chunks);
begin
  if p_model is not null then
    -- Credits are locked after the workspace, and that before a document.
    perform 1 from oneai.workspaces
    where id = (select d.workspace_id from oneai.documents as d where d.id = p_id) for no key update;
  end if;
  select * into document from oneai.documents
  where id = p_id and lease = p_lease and status = 'extracting' for update;
  if not found then
    return 'lost';
  end if;
  if p_position is null and document.chunks + added = 0 then
    update oneai.documents set pages = coalesce(p_pages, pages),
      pages_without_text = pages_without_text + p_pages_without_text,
      picture_pages = picture_pages + oneai.page_ranges(p_picture_pages)
    where id = p_id;
    return 'no_text';
  end if;
  counted := oneai.counted_pages(document, p_pages, p_characters);
  exceeded := oneai.count_document_pages(document.workspace_id, document.user_id, counted - document.counted_pages);
  if exceeded = 'workspace' and p_model is not null then
    exceeded := oneai.sell_document_pages(document, counted - document.counted_pages, p_model, p_credit_limit);
  end if;
  if exceeded is not null then
    return case exceeded when 'member' then 'over_member_pages' when 'workspace' then 'over_pages' else exceeded end;
  end if;
  perform oneai.append_document_chunks(p_id, document.chunks + 1, p_chunks);
  update oneai.documents set position = p_position, chunks = chunks + added, progress = p_progress,
    status = case when p_position is null then 'embedding' else 'extracting' end,
    pages = coalesce(p_pages, pages), pages_without_text = pages_without_text + p_pages_without_text,
    characters = characters + p_characters, counted_pages = greatest(counted_pages, counted), attempts = 0, lease = null,
    pages_with_text = pages_with_text + oneai.page_ranges(p_pages_with_text),
    picture_pages = picture_pages + oneai.page_ranges(p_picture_pages), text_share = p_text_share,
    next_attempt_at = oneai.now(), updated_at = oneai.now()
  where id = p_id
  returning text_bytes - document.text_bytes into added;
  perform oneai.require_storage(document.workspace_id, added, true, document.user_id);
  return 'stored';
end
$$;
revoke execute on function oneai.store_document_chunks from public;
grant execute on function oneai.store_document_chunks to oneai_app;

-- Deletes at most `p_limit` of the workspace's documents with their texts, of a personal one also those that its user made
-- private elsewhere; returns their number.
create function oneai.delete_documents(p_workspace uuid, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted_count integer;
begin
  delete from oneai.documents where id in (
    select d.id from oneai.documents as d
    where d.workspace_id = p_workspace or d.user_id = p_workspace and d.visibility = 'private'
    limit p_limit for update);
  get diagnostics deleted_count = row_count;
  return deleted_count;
end
$$;
revoke execute on function oneai.delete_documents from public;
grant execute on function oneai.delete_documents to oneai_app;
