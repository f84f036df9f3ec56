-- The pages of documents that a month counts, and the chunks that a document is stored as.

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
