-- Reads pages of documents with a model that has vision: one unit of its quota for each page, held before the request
-- and settled with the result. One page is held at a time, the first one when the reading is requested. The document's
-- workspace pays for all of them, and they count for the member who requested the reading.

-- The pages of a document without text that no model has read, of a type whose pages can be rendered.
create function oneai.unread_pages(document oneai.documents) returns int4multirange
language sql immutable set search_path = ''
as $$
  select case when document.media_type in ('application/pdf', 'image/png', 'image/jpeg', 'image/webp')
    then coalesce(int4multirange(int4range(1, document.pages + 1)), '{}') - document.pages_with_text - document.pages_read
    else '{}' end
$$;
revoke execute on function oneai.unread_pages from public;
grant execute on function oneai.unread_pages to authenticated;

-- The workspace's document whose pages a model may read, locked. ON404 if it does not exist, ON409 while it is
-- processed otherwise, ON422 if it has no pages without text.
create function oneai.require_unread_pages(p_workspace uuid, p_document uuid) returns oneai.documents
language plpgsql security definer set search_path = ''
as $$
declare
  document oneai.documents;
begin
  select * into document from oneai.documents where id = p_document and workspace_id = p_workspace for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if document.reading_model is null then
    if document.status not in ('ready', 'failed') then
      raise exception using errcode = 'ON409', message = 'document_not_ready', detail = jsonb_build_object(
        'document_id', document.id, 'status', document.status, 'retry_after', 5)::text;
    end if;
    if isempty(oneai.unread_pages(document)) then
      raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
        jsonb_build_array(jsonb_build_object('field', 'read_pages', 'code', 'empty')))::text;
    end if;
  end if;
  return document;
end
$$;
revoke execute on function oneai.require_unread_pages from public;

-- Starts to read the pages without text with the model of p_request, and reserves a page (p_request, p_terms as in
-- oneai.admit_embeddings). Does nothing if a model already reads them.
create function oneai.begin_page_reading(
  p_user uuid, p_document uuid, p_request jsonb, p_terms jsonb, p_api_key uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces := oneai.require_active_user(
    p_user, oneai.require_document(p_user, p_document, 'write'), (p_request ->> 'require_confirmed')::boolean);
  document oneai.documents := oneai.require_unread_pages(payer.id, p_document);
  reservation uuid := gen_random_uuid();
begin
  if document.reading_model is not null then
    return;
  end if;
  perform oneai.reserve_request(payer, p_user, reservation, 'page_reading', p_request,
    oneai.require_model(payer, p_request, p_terms, p_api_key), p_api_key);
  update oneai.documents set status = 'extracting', problem = null, reading_model = p_request ->> 'model',
    reading_user_id = p_user, reading_api_key = p_api_key, reading_reservation = reservation, ready_at = null, attempts = 0, lease = null,
    progress = least(progress, 0.5), next_attempt_at = oneai.now(), updated_at = oneai.now()
  where id = p_document;
end
$$;
revoke execute on function oneai.begin_page_reading from public;
grant execute on function oneai.begin_page_reading to oneai_app;

-- The next pages to read, at most p_limit.
create function oneai.next_unread_pages(p_document uuid, p_limit integer) returns integer[]
language sql stable security definer set search_path = ''
as $$
  select array(
    select page from oneai.documents as d
    cross join lateral unnest(oneai.unread_pages(d)) as r (pages)
    cross join lateral generate_series(lower(r.pages), upper(r.pages) - 1) as page
    where d.id = p_document order by page limit p_limit)
$$;
revoke execute on function oneai.next_unread_pages from public;
grant execute on function oneai.next_unread_pages to oneai_app;

-- Reserves the next page of a document under this lease, which is renewed for p_seconds; returns the reservation, for
-- the first page that of oneai.begin_page_reading; null without the lease. If a process died after it had sent a
-- request, that request costs what was held for the prompt, without a unit. Refuses as oneai.begin_page_reading.
create function oneai.hold_page(p_document uuid, p_lease uuid, p_request jsonb, p_terms jsonb, p_seconds integer)
returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces;
  document oneai.documents;
  reader uuid;
  reservation uuid;
  held oneai.reservations;
begin
  select d.* into document from oneai.documents as d where d.id = p_document and d.lease = p_lease;
  if not found then
    return null;
  end if;
  -- An erased user's reading goes on for the workspace.
  reader := coalesce(document.reading_user_id, oneai.owner_of(document.workspace_id));
  payer := oneai.lock_payer(reader, document.workspace_id);
  update oneai.documents as d set next_attempt_at = oneai.now() + make_interval(secs => p_seconds)
  where d.id = p_document and d.lease = p_lease and d.reading_model is not null returning d.* into document;
  if not found then
    return null;
  end if;
  update oneai.reservations as r set held_until = oneai.now() + interval '5 minutes'
  where r.id = document.reading_reservation and coalesce(r.settled_at, 'infinity') = 'infinity'
    and r.held_until > oneai.now()
  returning r.* into held;
  reservation := held.id;
  if held.sent_at is not null then
    perform oneai.settle(held.id, oneai.expired_request(held) || '{"units": 0}');
    reservation := null;
  end if;
  if reservation is null then
    reservation := gen_random_uuid();
    perform oneai.reserve_request(payer, reader, reservation, 'page_reading', p_request,
      oneai.require_model(payer, p_request, p_terms, document.reading_api_key), document.reading_api_key);
    update oneai.documents set reading_reservation = reservation where id = p_document;
  end if;
  -- The request to the model follows.
  update oneai.reservations set sent_at = oneai.now() where id = reservation;
  return reservation;
end
$$;
revoke execute on function oneai.hold_page from public;
grant execute on function oneai.hold_page to oneai_app;

-- Ends the reading of pages: the text is embedded, and a document without any text fails. p_problem: why it ended
-- before all pages were read, else null; p_no_text: why a document without text fails. Does nothing without the lease.
create function oneai.end_page_reading(p_document uuid, p_lease uuid, p_problem text, p_no_text text) returns void
language sql security definer set search_path = ''
as $$
  update oneai.documents set status = case when chunks > 0 then 'embedding' else 'failed' end,
    problem = coalesce(p_problem, case when chunks = 0 then p_no_text end),
    progress = greatest(progress, 0.5), reading_model = null, reading_user_id = null, reading_api_key = null, reading_reservation = null,
    attempts = 0, lease = null, next_attempt_at = oneai.now(), updated_at = oneai.now()
  where id = p_document and lease = p_lease and reading_model is not null
$$;
revoke execute on function oneai.end_page_reading from public;
grant execute on function oneai.end_page_reading to oneai_app;

-- Settles the reservation of a page (null: none) with p_outcome, as oneai.settle does, even if the document is
-- gone; and under this lease stores the page's chunks, if the model has read it. Returns whether the lease was
-- held.
create function oneai.settle_page(
  p_document uuid, p_lease uuid, p_reservation uuid, p_page integer, p_chunks jsonb, p_outcome jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  document oneai.documents;
  added constant integer := jsonb_array_length(p_chunks);
begin
  if p_reservation is not null then
    perform oneai.settle(p_reservation, p_outcome);
  end if;
  select * into document from oneai.documents
  where id = p_document and lease = p_lease and reading_model is not null for update;
  if not found then
    return false;
  end if;
  if p_outcome ->> 'state' = 'complete' and not document.pages_read @> p_page then
    perform oneai.append_document_chunks(p_document, document.chunks + 1, p_chunks);
    update oneai.documents set chunks = chunks + added, attempts = 0, reading_reservation = null,
      pages_read = pages_read + oneai.page_ranges(array[p_page]),
      pages_with_text = pages_with_text + oneai.page_ranges(case when added > 0 then array[p_page] else '{}' end),
      pages_without_text = pages_without_text - least(added, 1), updated_at = oneai.now()
    where id = p_document;
  end if;
  return true;
end
$$;
revoke execute on function oneai.settle_page from public;
grant execute on function oneai.settle_page to oneai_app;

-- What reading the pages without text with the model of p_request would reserve, in the form of oneai.quote.
create function oneai.quote_page_reading(
  p_user uuid, p_document uuid, p_request jsonb, p_terms jsonb) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces := oneai.require_active_user(
    p_user, oneai.require_document(p_user, p_document, 'write'), (p_request ->> 'require_confirmed')::boolean);
  pages constant integer := oneai.count_pages(oneai.unread_pages(oneai.require_unread_pages(payer.id, p_document)));
begin
  return oneai.quote_requests(payer, p_user, p_request, oneai.require_model(payer, p_request, p_terms, null), pages,
    'page_reading');
end
$$;
revoke execute on function oneai.quote_page_reading from public;
grant execute on function oneai.quote_page_reading to oneai_app;
