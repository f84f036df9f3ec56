-- The documents of a question. Its metadata has the named `documents` and `collections`; a question that names none
-- uses those of the question that it follows or edits. `attached` are documents that were read from files attached to
-- this or an earlier question: they belong to the conversation.

-- All documents of a question at this place in this conversation (null: a new one), as its metadata has them, or null.
-- Refuses as oneai.require_documents and oneai.require_attached.
create function oneai.documents_asked(
  p_user uuid, p_workspace uuid, p_conversation uuid, p_request jsonb, p_position oneai.turn_position) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  -- Most questions start a conversation without documents.
  if coalesce(p_position.question, p_position.parent, (p_request ->> 'edit_of')::uuid) is null
    and coalesce(p_request ->> 'documents', p_request ->> 'collections', p_request ->> 'attached',
      p_request #>> '{metadata,attachments}') is null
  then
    return null;
  end if;
  perform oneai.require_attached(p_user, p_workspace, p_conversation, p_request);
  return oneai.with_attached(
    oneai.documents_of_question(p_user, p_workspace, p_request, p_position.question, p_position.parent),
    p_user, p_workspace, p_conversation, p_request, p_position.question, p_position.parent);
end
$$;
revoke execute on function oneai.documents_asked from public;

-- The documents and collections that p_request asks about, or null. p_question: the question of an answer to
-- regenerate; p_parent: the answer that a new question follows. Inherited documents that no longer exist, or are another
-- user's private ones, are left out. Refuses named ones as oneai.require_documents.
create function oneai.documents_of_question(
  p_user uuid, p_workspace uuid, p_request jsonb, p_question uuid, p_parent uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  named constant boolean := jsonb_typeof(p_request -> 'documents') = 'array'
    or jsonb_typeof(p_request -> 'collections') = 'array';
  question uuid := coalesce(p_question, (p_request ->> 'edit_of')::uuid);
  asked jsonb;
  documents jsonb;
  collections jsonb;
begin
  if named then
    asked := p_request;
    perform oneai.require_documents(
      p_user, p_workspace, oneai.uuids_of(asked -> 'documents'), oneai.uuids_of(asked -> 'collections'));
  else
    if question is null then
      question := (
        select case m.role when 'user' then m.id else m.parent_message_id end from oneai.chat_messages as m
        where m.id = p_parent and m.user_id = p_user);
    end if;
    if question is null then
      return null;
    end if;
    asked := (
      select m.metadata from oneai.chat_messages as m
      where m.id = question and m.user_id = p_user and m.metadata ?| array['documents', 'collections']);
    if asked is null then
      return null;
    end if;
  end if;
  documents := (
    select jsonb_agg(d.id order by d.id) from oneai.documents as d
    where d.id = any (oneai.uuids_of(asked -> 'documents')) and d.workspace_id = p_workspace and not d.attached
      and (d.user_id = p_user or d.visibility = 'workspace'));
  collections := (
    select jsonb_agg(c.id order by c.id) from oneai.collections as c
    where c.id = any (oneai.uuids_of(asked -> 'collections')) and c.workspace_id = p_workspace
      and (c.user_id = p_user or c.visibility = 'workspace'));
  return nullif(jsonb_strip_nulls(jsonb_build_object('documents', documents, 'collections', collections)), '{}');
end
$$;
revoke execute on function oneai.documents_of_question from public;

-- ON404 unless all of them are the workspace's and not another user's private ones, ON409 for the first document that
-- cannot be read yet.
create function oneai.require_documents(
  p_user uuid, p_workspace uuid, p_documents uuid[], p_collections uuid[]) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  unready record;
begin
  if exists (
      select from unnest(p_documents) as a (id) left join oneai.documents as d on d.id = a.id
        and d.workspace_id = p_workspace and not d.attached and (d.user_id = p_user or d.visibility = 'workspace')
      where d.id is null)
    or exists (
      select from unnest(p_collections) as a (id) left join oneai.collections as c on c.id = a.id
        and c.workspace_id = p_workspace and (c.user_id = p_user or c.visibility = 'workspace')
      where c.id is null)
  then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  select d.id, d.status into unready from oneai.documents as d
  where d.id = any (p_documents) and d.status not in ('embedding', 'ready') order by d.id limit 1;
  if found then
    raise exception using errcode = 'ON409', message = 'document_not_ready', detail = jsonb_build_object(
      'document_id', unready.id, 'status', unready.status, 'retry_after', 5)::text;
  end if;
end
$$;
revoke execute on function oneai.require_documents from public;

-- Locks the files that p_request attaches (attached: [{"id", "field"}], see oneai.admit). ON422 for one that is not the
-- workspace's or is another user's upload, from which nothing could be read, or that belongs to another conversation than p_conversation (null: a
-- new one); ON409 for the first one that cannot be read yet.
create function oneai.require_attached(
  p_user uuid, p_workspace uuid, p_conversation uuid, p_request jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  sent record;
begin
  if p_request -> 'attached' is null then
    return;
  end if;
  perform 1 from oneai.documents as d
  where d.id in (select (a.value ->> 'id')::uuid from jsonb_array_elements(p_request -> 'attached') as a)
    and d.workspace_id = p_workspace and d.attached and (d.user_id = p_user or d.visibility = 'workspace')
  order by d.id for update;
  for sent in
    select a.value ->> 'field' as field, d.id, d.conversation_id, d.status, d.problem
    from jsonb_array_elements(p_request -> 'attached') with ordinality as a (value, n)
    left join oneai.documents as d on d.id = (a.value ->> 'id')::uuid and d.workspace_id = p_workspace and d.attached
      and (d.user_id = p_user or d.visibility = 'workspace')
    order by a.n
  loop
    if sent.id is null then
      perform oneai.refuse_attached(sent.field, 'unknown_upload');
    elsif sent.conversation_id <> p_conversation or sent.conversation_id is not null and p_conversation is null then
      perform oneai.refuse_attached(sent.field, 'already_used');
    elsif sent.status = 'failed' then
      perform oneai.refuse_attached(sent.field, 'unreadable', sent.problem);
    elsif sent.status not in ('embedding', 'ready') then
      raise exception using errcode = 'ON409', message = 'attachment_not_ready', detail = jsonb_build_object(
        'upload_id', sent.id, 'status', sent.status, 'retry_after', 5)::text;
    end if;
  end loop;
end
$$;
revoke execute on function oneai.require_attached from public;

create function oneai.refuse_attached(p_field text, p_code text, p_problem text default null) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
    jsonb_build_array(jsonb_build_object('field', p_field, 'code', p_code, 'problem', p_problem)))::text;
end
$$;
revoke execute on function oneai.refuse_attached from public;

-- p_documents with the documents that were read from the files of p_request, of the question to answer again
-- (p_question), or of earlier questions, as in the question that p_parent answers. Documents that no longer exist, or
-- belong to another conversation, are left out.
create function oneai.with_attached(
  p_documents jsonb, p_user uuid, p_workspace uuid, p_conversation uuid, p_request jsonb, p_question uuid,
  p_parent uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  ids uuid[] := '{}';
  sent uuid[];
  attached jsonb;
begin
  if p_question is null and p_parent is null and p_request #> '{metadata,attachments}' is null then
    return p_documents;
  end if;
  if p_question is null then
    ids := oneai.uuids_of(jsonb_path_query_array(p_request, '$.metadata.attachments[*].document_id'));
  end if;
  ids := ids || oneai.uuids_of((
    select q.metadata -> 'attached' from oneai.chat_messages as q
    where q.user_id = p_user and q.id = coalesce(p_question, (
      select a.parent_message_id from oneai.chat_messages as a where a.id = p_parent and a.user_id = p_user))));
  if ids = '{}' then
    return p_documents;
  end if;
  sent := oneai.uuids_of(jsonb_path_query_array(p_request, '$.attached[*].id'));
  attached := (
    select jsonb_agg(d.id order by d.created_at, d.id) from oneai.documents as d
    where d.id = any (ids) and d.workspace_id = p_workspace and d.attached
      and (d.user_id = p_user or d.visibility = 'workspace')
      and (d.conversation_id = p_conversation or d.id = any (sent)));
  return case when attached is null then p_documents
    else coalesce(p_documents, '{}') || jsonb_build_object('attached', attached) end;
end
$$;
revoke execute on function oneai.with_attached from public;

-- Attaches the files of p_request to the conversation; they are as visible as it is from then on.
create function oneai.attach_documents(p_conversation uuid, p_request jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if p_request -> 'attached' is not null then
    update oneai.documents set conversation_id = p_conversation, visibility = (
      select c.visibility from oneai.conversations as c where c.id = p_conversation)
    where id = any (oneai.uuids_of(jsonb_path_query_array(p_request, '$.attached[*].id'))) and conversation_id is null;
  end if;
end
$$;
revoke execute on function oneai.attach_documents from public;

-- The ids in a JSON array; none for anything else, which an import may contain.
create function oneai.uuids_of(p_ids jsonb) returns uuid[]
language plpgsql immutable set search_path = ''
as $$
begin
  if jsonb_typeof(p_ids) is distinct from 'array' then
    return '{}';
  end if;
  return (
    select coalesce(array_agg(distinct each::uuid), '{}') from jsonb_array_elements_text(p_ids) as each
    where each ~ '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$');
end
$$;
revoke execute on function oneai.uuids_of from public;
