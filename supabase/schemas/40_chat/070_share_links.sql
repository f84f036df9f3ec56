-- Share links: public links to a snapshot of a conversation, or to its current state.

create table oneai.shares (
  id uuid primary key default gen_random_uuid(),
  user_id uuid not null,
  conversation_id uuid not null,
  -- SHA-256 of the link's token; the token is returned once and not stored.
  token_hash bytea not null unique check (octet_length(token_hash) = 32),
  kind text not null check (kind in ('snapshot', 'live')),
  -- For snapshots; a live link shows the current values of the conversation and the user.
  title text,
  name text,
  model text,
  show_name boolean not null default false,
  fork boolean not null default true,
  show_sources boolean not null default false,
  show_reasoning boolean not null default false,
  expires_at timestamptz,
  revoked_at timestamptz,
  taken_down_at timestamptz,
  report_count integer not null default 0,
  last_reported_at timestamptz,
  -- The deadline of the most urgent open report; null: none is open.
  report_due_at timestamptz,
  created_at timestamptz not null default oneai.now(),
  -- Only of the user's own conversations; deleting one deletes its links.
  foreign key (conversation_id, user_id) references oneai.conversations (id, user_id) on delete cascade
);
create index shares_of_user on oneai.shares (user_id, conversation_id, created_at);
create index shares_reported on oneai.shares (report_due_at, id)
  where report_due_at is not null and taken_down_at is null and revoked_at is null;
-- For the retention job.
create index shares_closed on oneai.shares (least(expires_at, revoked_at)) where taken_down_at is null;

alter table oneai.shares enable row level security;
create policy "people see their shares" on oneai.shares
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.shares to oneai_service using (true) with check (true);
revoke all on oneai.shares from anon, authenticated, service_role;
grant select (id, user_id, conversation_id, kind, title, show_name, fork, show_sources, show_reasoning, expires_at,
  revoked_at, taken_down_at, created_at) on oneai.shares to authenticated;
grant select, insert, update, delete on oneai.shares to oneai_service;

-- The visible branch of a snapshot, and from 1 in `beside` the answers that were compared with its last one. Messages are immutable, except that a late stream may extend a truncated answer:
-- `characters` and `state` are those at the time of sharing.
create table oneai.snapshot_messages (
  share_id uuid not null references oneai.shares (id) on delete cascade,
  sequence_number integer not null,
  beside smallint not null default 0,
  message_id uuid not null references oneai.chat_messages (id) on delete cascade,
  characters integer not null,
  state text not null,
  primary key (share_id, sequence_number, beside)
);
create index snapshot_messages_of_message on oneai.snapshot_messages (message_id);

alter table oneai.snapshot_messages enable row level security;
create policy "service" on oneai.snapshot_messages to oneai_service using (true) with check (true);
revoke all on oneai.snapshot_messages from anon, authenticated, service_role;
grant select, insert, delete on oneai.snapshot_messages to oneai_service;

-- Readers' reports; the first hundred with their text, all of them counted in shares.report_count.
create table oneai.share_reports (
  share_id uuid not null references oneai.shares (id) on delete cascade,
  number integer not null,
  -- The kind of content, according to the reader; deadlines differ.
  kind text not null default 'complaint' check (kind in ('complaint', 'intimate_image', 'order')),
  reason text not null,
  created_at timestamptz not null default oneai.now(),
  primary key (share_id, number)
);

alter table oneai.share_reports enable row level security;
create policy "service" on oneai.share_reports to oneai_service using (true) with check (true);
revoke all on oneai.share_reports from anon, authenticated, service_role;
grant select, insert on oneai.share_reports to oneai_service;

-- The open share of a token, if any: the only definition of when a link is closed. A team's conversation is not shown
-- while the team is suspended or being deleted, nor once its author has left.
create function oneai.open_share(p_token_hash bytea) returns setof oneai.shares
language sql stable security definer set search_path = ''
as $$
  select s.* from oneai.shares as s
  join oneai.users as u on u.id = s.user_id
  join oneai.conversations as c on c.id = s.conversation_id
  join oneai.workspaces as w on w.id = c.workspace_id
  join oneai.workspace_members as m on m.workspace_id = w.id and m.user_id = s.user_id
  where s.token_hash = p_token_hash and s.revoked_at is null and s.taken_down_at is null
    and (s.expires_at is null or s.expires_at > oneai.now())
    and u.suspended_at is null and u.deletes_at is null and w.suspended_at is null and w.deletes_at is null
    and not c.temporary
$$;
revoke execute on function oneai.open_share from public;
grant execute on function oneai.open_share to oneai_service;

-- How an answer was made of another version, as readers and exports see it: {adjust: {kind, language}, edited: true};
-- null for any other message. Copies of a share keep it in their metadata.
create function oneai.version_made(p_role text, p_revision_type text, p_metadata jsonb) returns jsonb
language plpgsql immutable set search_path = ''
as $$
begin
  return case when p_role = 'assistant' then nullif(jsonb_strip_nulls(jsonb_build_object(
    'adjust', nullif(jsonb_strip_nulls(jsonb_build_object(
      'kind', p_metadata #> '{adjust,kind}', 'language', p_metadata #> '{adjust,language}')), '{}'),
    'edited', case when p_revision_type = 'user_edit' or p_metadata -> 'edited' = 'true' then true end)), '{}') end;
end
$$;
revoke execute on function oneai.version_made from public;
grant execute on function oneai.version_made to authenticated, oneai_service;

-- Whether this source of an answer may be shown to a user: a page of the web, or a document that they may read. p_deleted:
-- the result for a document that no longer exists.
create function oneai.may_see_source(p_source jsonb, p_reader uuid, p_deleted boolean) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
declare
  document record;
  named constant uuid := (oneai.uuids_of(jsonb_build_array(p_source -> 'document_id')))[1];
begin
  if named is null then
    return true;
  end if;
  select * into document from oneai.documents where id = named;
  if not found then
    return p_deleted;
  end if;
  return (document.visibility = 'workspace' or document.user_id is not distinct from p_reader) and exists (
    select from oneai.workspace_members as m where m.user_id = p_reader and m.workspace_id = document.workspace_id);
end
$$;
revoke execute on function oneai.may_see_source from public;

-- The sources of an answer in this author's conversation, as the user of the request may see them: another member sees no
-- document that only its author reads.
create function oneai.shown_sources(p_sources jsonb, p_author uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  reader constant uuid := (select auth.uid());
begin
  if p_author is not distinct from reader or jsonb_typeof(p_sources) is distinct from 'array' then
    return p_sources;
  end if;
  return (
    select coalesce(jsonb_agg(s.value order by s.n), '[]')
    from jsonb_array_elements(p_sources) with ordinality as s (value, n)
    where oneai.may_see_source(s.value, reader, false));
end
$$;
revoke execute on function oneai.shown_sources from public;
grant execute on function oneai.shown_sources to authenticated;

-- `p_limit` messages of the branch after number `p_after`, oldest first, and with its last one the answers that are
-- compared with it (`beside` from 1), reduced to what readers may see: attachments without locations, the number of
-- images, how a version was made (`made`: oneai.version_made), and if the share shows them sources by name and web
-- address, but no document that its owner may not read any more, and the thoughts of ended answers; no usage, cost or system prompt.
create function oneai.shared_messages(p_share uuid, p_after integer, p_limit integer)
returns table (
  sequence_number integer, role text, content text, state text, model_id text, model_served text, finish_reason text,
  attachments jsonb, images integer, sources jsonb, created_at timestamptz, ended_at timestamptz, beside smallint,
  reasoning text, reasoning_length integer, made jsonb)
language sql stable security definer set search_path = ''
as $$
  with visible as (
    (
      select k.sequence_number, k.beside, k.message_id, k.characters, k.state from oneai.snapshot_messages as k
      where k.share_id = p_share and k.sequence_number > p_after and k.beside = 0
      order by k.sequence_number limit p_limit
    )
    union all
    (
      select l.sequence_number, 0::smallint, l.id, null, l.state
      from oneai.shares as s join oneai.chat_messages as l on l.conversation_id = s.conversation_id and l.is_latest
      where s.id = p_share and s.kind = 'live' and l.sequence_number > p_after
      order by l.sequence_number limit p_limit
    )
  ), compared as (
    select k.sequence_number, k.beside, k.message_id, k.characters, k.state
    from oneai.snapshot_messages as k where k.share_id = p_share and k.beside > 0
    union all
    select b.sequence_number, row_number() over (order by b.revision_number)::smallint, b.id, null, b.state
    from oneai.shares as s cross join oneai.compared_answers(s.conversation_id) as b
    where s.id = p_share and s.kind = 'live'
  ), sent as (
    select visible.* from visible
    union all
    select compared.* from compared join visible using (sequence_number)
  )
  select v.sequence_number, m.role,
    case v.state when 'streaming' then (
      select coalesce(string_agg(p.text, '' order by p.at), '') from oneai.answer_pieces as p
      where p.message_id = m.id and p.kind = 'text')
    else left(m.content, coalesce(v.characters, 2147483647)) end,
    v.state, m.model_id, m.model_served, m.finish_reason,
    (
      select coalesce(jsonb_agg(jsonb_build_object('type', a ->> 'type', 'name', a ->> 'name',
        'media_type', a ->> 'media_type', 'size', case jsonb_typeof(a -> 'size') when 'number' then a -> 'size' end)), '[]')
      from jsonb_array_elements(
        case jsonb_typeof(m.metadata -> 'attachments') when 'array' then m.metadata -> 'attachments' else '[]' end
      ) as a
    ),
    case jsonb_typeof(m.metadata -> 'images') when 'array' then jsonb_array_length(m.metadata -> 'images') else 0 end
      + coalesce((m.metadata ->> 'images_left_out')::integer, 0),
    (
      select coalesce(jsonb_agg(jsonb_build_object(
        'n', a -> 'n', 'name', a ->> 'name', 'snippet', a ->> 'snippet', 'url', a ->> 'url')), '[]')
      from jsonb_array_elements(case when s.show_sources then m.metadata -> 'sources' else '[]' end) as a
      where oneai.may_see_source(a, s.user_id, true)
    ),
    m.created_at, m.ended_at, v.beside,
    case when s.show_reasoning then m.reasoning end, case when s.show_reasoning then m.reasoning_length end,
    oneai.version_made(m.role, m.revision_type, m.metadata)
  from sent as v join oneai.chat_messages as m on m.id = v.message_id
  join oneai.shares as s on s.id = p_share
  order by v.sequence_number, v.beside
$$;
revoke execute on function oneai.shared_messages from public;
grant execute on function oneai.shared_messages to oneai_service;

-- Copies what a link shows now into a reader's account, atomically: title, model and messages, without cost and system
-- prompt. Returns no row for a closed link. An existing copy is not created again: another request may be creating it
-- concurrently. ON413 if it does not fit.
create function oneai.fork_share(
  p_user uuid, p_token_hash bytea, p_copy uuid, out allowed boolean, out has_account boolean, out suspended boolean)
returns setof record
language plpgsql security definer set search_path = ''
as $$
declare
  share oneai.shares;
  source oneai.conversations;
begin
  select * into share from oneai.open_share(p_token_hash);
  if not found then
    return;
  end if;
  select * into source from oneai.conversations where id = share.conversation_id;
  allowed := share.fork or share.user_id = p_user;
  select true, u.suspended_at is not null into has_account, suspended from oneai.users as u where u.id = p_user;
  has_account := coalesce(has_account, false);
  suspended := coalesce(suspended, false);
  if allowed and has_account and not suspended then
    perform oneai.copy_share(p_user, share.id, p_copy,
      case share.kind when 'live' then source.title else share.title end,
      case share.kind when 'live' then source.model else share.model end);
  end if;
  return next;
end
$$;
revoke execute on function oneai.fork_share from public;
grant execute on function oneai.fork_share to oneai_app;

create function oneai.copy_share(p_user uuid, p_share uuid, p_copy uuid, p_title text, p_model text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.conversations (id, user_id, workspace_id, title, title_requested_at, model)
  values (p_copy, p_user, p_user, p_title, case when p_title is not null then oneai.now() end, p_model)
  on conflict do nothing;  -- of either unique key: a concurrent request may use the same
  if not found then
    return;
  end if;
  perform oneai.require_storage(p_user, (
    select coalesce(sum(octet_length(m.content) + coalesce(octet_length(m.reasoning), 0)), 0)::bigint
    from oneai.shared_messages(p_share, 0, 2147483647) as m where m.state <> 'streaming'), false, p_user);
  with shown as (
    -- Beside an answer that is still running none is copied either.
    select gen_random_uuid() as copy,
      bool_or(m.beside = 0 and m.state = 'streaming') over (partition by m.sequence_number) as running, m.*
    from oneai.shared_messages(p_share, 0, 2147483647) as m
  ), copied as materialized (
    select dense_rank() over (order by m.sequence_number) as n, m.*,
      case when m.role = 'assistant' then first_value(m.copy) over (partition by m.sequence_number order by m.beside) end
        as turn
    from shown as m where not m.running and m.state <> 'streaming'
  )
  insert into oneai.chat_messages (id, conversation_id, user_id, role, content, state, model_id, model_served,
    finish_reason, sequence_number, revision_number, is_chosen, is_latest, turn_id, parent_message_id, metadata,
    created_at, ended_at, reasoning, reasoning_length)
  select s.copy, p_copy, p_user, s.role, s.content, s.state, s.model_id, s.model_served, s.finish_reason, s.n,
    s.beside, s.beside = 0, s.beside = 0, s.turn, before.copy, jsonb_strip_nulls(jsonb_build_object(
      'attachments', nullif(s.attachments, '[]'), 'images_left_out', nullif(s.images, 0),
      'sources', nullif(s.sources, '[]'))) || coalesce(s.made, '{}'),
    s.created_at, s.ended_at, s.reasoning, s.reasoning_length
  from copied as s left join copied as before on before.n = s.n - 1 and before.beside = 0
  order by s.n, s.beside;
  perform oneai.require_storage(p_user, oneai.save_conversation_size(p_copy), true, p_user);
end
$$;
revoke execute on function oneai.copy_share from public;
