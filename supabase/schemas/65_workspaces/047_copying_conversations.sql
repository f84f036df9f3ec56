-- Continuing in a copy: a member copies a conversation that they may read, and asks in the copy. What a copy needs besides
-- the rows are the files, which are copied in the storage between oneai.plan_copy and oneai.copy_conversation.

-- The conversation that the user may read and copy in its workspace, where they need the right to write. ON404, ON403 as
-- oneai.require_right, ON422 for a temporary one.
create function oneai.require_copyable(p_user uuid, p_conversation uuid) returns oneai.conversations
language plpgsql stable security definer set search_path = ''
as $$
declare
  conversation oneai.conversations;
begin
  select * into conversation from oneai.conversations as c
  where c.id = p_conversation and coalesce(c.expires_at > oneai.now(), true)
    and (c.user_id = p_user or c.visibility = 'workspace');
  perform oneai.require_named(p_user, conversation.workspace_id, 'write');
  if conversation.temporary then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'id', 'code', 'temporary')))::text;
  end if;
  return conversation;
end
$$;
revoke execute on function oneai.require_copyable from public;

-- What to copy in the storage for a copy of the visible branch: {names: {name: name of the copy}, of files and of attached
-- documents; files: [{from, to}]}. At most p_limit files; messages show the others by name. The copies are queued for
-- removal, and remain if a message or a document has them by then.
create function oneai.plan_copy(p_user uuid, p_conversation uuid, p_limit integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  conversation constant oneai.conversations := oneai.require_copyable(p_user, p_conversation);
  files jsonb;
  documents jsonb;
begin
  select coalesce(jsonb_object_agg(k.key, 'users/' || p_user || '/messages/' || gen_random_uuid() || '/'
    || split_part(k.key, '/', 5)), '{}') into files
  from (
    select distinct key from oneai.chat_messages as m cross join unnest(oneai.file_keys(m.metadata)) as key
    where m.conversation_id = p_conversation and m.is_latest and m.state <> 'streaming'
      and m.metadata ?| array['attachments', 'images'] and key ~ '^users/[0-9a-f-]{36}/messages/[0-9a-f-]{36}/[^/]+$'
      and starts_with(key, 'users/' || m.user_id || '/')
    order by key limit p_limit
  ) as k;
  select coalesce(jsonb_object_agg(d.id, json_build_object('id', d.copy, 'from', d.stored_in)), '{}') into documents
  from (
    select d.id, gen_random_uuid() as copy, coalesce(d.stored_in, d.workspace_id) as stored_in
    from oneai.documents as d
    where d.conversation_id = p_conversation and d.workspace_id = conversation.workspace_id
      and d.status in ('embedding', 'ready') and exists (
        select from oneai.chat_messages as m
        where m.conversation_id = p_conversation and m.is_latest
          and oneai.uuids_of(m.metadata -> 'attached') @> array[d.id])
    order by d.id limit p_limit
  ) as d;
  insert into oneai.files_to_remove (key)
  select value from jsonb_each_text(files)
  union all
  select 'documents/' || conversation.workspace_id || '/' || (value ->> 'id') from jsonb_each(documents)
  on conflict do nothing;
  return jsonb_build_object(
    'names', files || coalesce((select jsonb_object_agg(key, value -> 'id') from jsonb_each(documents)), '{}'),
    'files', (
      select coalesce(jsonb_agg(jsonb_build_object('from', c.source, 'to', c.target, 'name', c.name)), '[]') from (
        select key as name, key as source, value as target from jsonb_each_text(files)
        union all
        select key, 'documents/' || (value ->> 'from') || '/' || key,
          'documents/' || conversation.workspace_id || '/' || (value ->> 'id') from jsonb_each(documents)
      ) as c));
end
$$;
revoke execute on function oneai.plan_copy from public;
grant execute on function oneai.plan_copy to oneai_app;

-- What a copied message has of the metadata: files, documents and how it was made, under the names of the copies; sources
-- that the reader may see; nothing else.
create function oneai.copied_metadata(message oneai.chat_messages, p_user uuid, p_names jsonb) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  copied text := (
    select coalesce(jsonb_object_agg(e.key, case when e.key <> 'sources' or jsonb_typeof(e.value) <> 'array' then e.value
      else (
        select coalesce(jsonb_agg(s.value order by s.n), '[]')
        from jsonb_array_elements(e.value) with ordinality as s (value, n)
        where oneai.may_see_source(s.value, p_user, false)) end), '{}')
    from jsonb_each(message.metadata) as e
    where e.key in ('attachments', 'images', 'images_left_out', 'sources', 'documents', 'collections', 'attached'));
  renamed record;
begin
  for renamed in select * from jsonb_each_text(p_names) loop
    copied := replace(copied, to_json(renamed.key)::text, to_json(renamed.value)::text);
  end loop;
  return copied::jsonb
    || coalesce(oneai.version_made(message.role, message.revision_type, message.metadata), '{}');
end
$$;
revoke execute on function oneai.copied_metadata from public;

-- Copies the attached documents of p_names; returns their bytes.
create function oneai.copy_attached_documents(p_user uuid, p_conversation uuid, p_copy uuid, p_names jsonb)
returns bigint
language sql security definer set search_path = ''
as $$
  select oneai.copy_documents(p_user, k.workspace_id, p_copy, (
    select coalesce(jsonb_object_agg(d.id, p_names -> d.id::text), '{}') from oneai.documents as d
    where d.conversation_id = p_conversation and p_names ? d.id::text))
  from oneai.conversations as k where k.id = p_conversation
$$;
revoke execute on function oneai.copy_attached_documents from public;

-- Copies the visible branch of a conversation, without an answer that is being written, its cost and its other versions,
-- into a private conversation of the user in the same workspace, with the files of p_names (oneai.plan_copy). A copy with
-- this id is not made again. Refuses as oneai.require_copyable, also if it was made private meanwhile; ON413 if the copy
-- does not fit into the storage.
create function oneai.copy_conversation(p_user uuid, p_conversation uuid, p_copy uuid, p_names jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  source oneai.conversations := oneai.require_copyable(p_user, p_conversation);
  payer constant oneai.workspaces := oneai.require_active_user(p_user, source.workspace_id, false);
  bytes bigint;
begin
  source := oneai.require_copyable(p_user, p_conversation);
  if source.workspace_id <> payer.id then
    raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
  end if;
  insert into oneai.conversations (
    id, user_id, workspace_id, title, title_requested_at, model, web_search, temperature, max_tokens, system_prompt)
  values (p_copy, p_user, payer.id, source.title, case when source.title is not null then oneai.now() end, source.model,
    source.web_search, source.temperature, source.max_tokens, source.system_prompt)
  on conflict do nothing;
  if not found then
    return;
  end if;
  bytes := oneai.copy_attached_documents(p_user, p_conversation, p_copy, p_names);
  with visible as (
    select m as message, gen_random_uuid() as copy from oneai.chat_messages as m
    where m.conversation_id = p_conversation and m.is_latest and m.state <> 'streaming'
      and (m.user_id = p_user or m.visibility = 'workspace')
  )
  insert into oneai.chat_messages (id, conversation_id, user_id, role, content, state, model_id, model_served, provider,
    finish_reason, error_code, sequence_number, turn_id, parent_message_id, metadata, created_at, ended_at, first_token_ms,
    reasoning, reasoning_length)
  select v.copy, p_copy, p_user, (v.message).role, (v.message).content, (v.message).state, (v.message).model_id,
    (v.message).model_served, (v.message).provider, (v.message).finish_reason, (v.message).error_code,
    (v.message).sequence_number, case (v.message).role when 'assistant' then v.copy end, before.copy,
    oneai.copied_metadata(v.message, p_user, p_names), (v.message).created_at, (v.message).ended_at,
    (v.message).first_token_ms, (v.message).reasoning, (v.message).reasoning_length
  from visible as v left join visible as before
    on (before.message).sequence_number = (v.message).sequence_number - 1
  order by (v.message).sequence_number;
  -- The statement above sees what was shared when it started.
  perform oneai.require_copyable(p_user, p_conversation);
  perform oneai.require_storage(payer.id, bytes + oneai.save_conversation_size(p_copy), true, p_user);
end
$$;
revoke execute on function oneai.copy_conversation from public;
grant execute on function oneai.copy_conversation to oneai_app;
