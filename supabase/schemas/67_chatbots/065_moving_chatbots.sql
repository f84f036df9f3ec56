-- Moving a chatbot to another workspace, which pays for its answers from then on.
--
-- What has a foreign key to the chatbot goes along: versions, curated answers, grants, visitors with their conversations,
-- leads. What was asked or paid before has none and stays: reservations, what they hold in budgets, the ledger. An answer
-- that is being written is settled where it is held. The order of locks: both workspaces by id, the chatbot, its
-- conversations by id.

-- The chatbot, for a user who manages its workspace and this one. ON404 `chatbot_not_found` and `workspace_not_found`;
-- ON403, for the other workspace with its `workspace_id`; ON422 for the workspace that it is in; ON409 if the plan of the
-- other one has no more chatbots, or publishes no more of them.
create function oneai.require_movable_chatbot(p_user uuid, p_chatbot uuid, p_workspace uuid) returns oneai.chatbots
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage');
  refusal text;
  refusal_detail text;
begin
  begin
    perform oneai.require_right(p_user, p_workspace, 'manage');
  exception when sqlstate 'ON403' then
    get stacked diagnostics refusal = message_text, refusal_detail = pg_exception_detail;
    raise exception using errcode = 'ON403', message = refusal, detail = (coalesce(nullif(refusal_detail, ''), '{}')::jsonb
      || jsonb_build_object('workspace_id', p_workspace))::text;
  end;
  if c.workspace_id = p_workspace then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'workspace_id', 'code', 'unchanged')))::text;
  end if;
  perform oneai.require_room_for_chatbot(p_workspace);
  if c.status = 'published' then
    perform oneai.require_publishing(p_workspace, p_chatbot);
  end if;
  return c;
end
$$;
revoke execute on function oneai.require_movable_chatbot from public;

-- The documents that the chatbot is asked from, as its draft or as it is published, and that the user reads.
create function oneai.documents_to_copy(p_user uuid, c oneai.chatbots) returns setof oneai.documents
language sql stable security definer set search_path = '' rows 20
as $$
  select d.* from oneai.documents as d
  where d.id in (
    select n.id from oneai.documents_of_chatbot(c.id, null) as n
    union select n.id from oneai.documents_of_chatbot(c.id, c.published_version) as n where c.published_version is not null)
    and d.status in ('embedding', 'ready') and (d.visibility = 'workspace' or d.user_id = p_user)
$$;
revoke execute on function oneai.documents_to_copy from public;

-- What to copy in the storage before the chatbot moves with its documents: {names: {document: id of the copy}, files:
-- [{from, to, name}]}. The copies are queued for removal, and remain if a document has them by then. Refuses as
-- oneai.require_movable_chatbot; ON413 if the documents do not fit; ON422 `too_many_documents` for more than p_limit.
create function oneai.plan_chatbot_move(p_user uuid, p_chatbot uuid, p_workspace uuid, p_limit integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_movable_chatbot(p_user, p_chatbot, p_workspace);
  copies jsonb;
  bytes bigint;
begin
  select coalesce(jsonb_object_agg(d.id, jsonb_build_object('id', gen_random_uuid(),
      'from', coalesce(d.stored_in, d.workspace_id))), '{}'), coalesce(sum(d.size + d.text_bytes), 0) into copies, bytes
  from oneai.documents_to_copy(p_user, c) as d;
  if (select count(*) from jsonb_object_keys(copies)) > p_limit then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'documents', 'code', 'too_many_documents')))::text;
  end if;
  perform oneai.require_storage(p_workspace, bytes, false, p_user);
  insert into oneai.files_to_remove (key)
  select concat('documents/', p_workspace, '/', e.value ->> 'id') from jsonb_each(copies) as e
  on conflict do nothing;
  return (
    select jsonb_build_object('names', coalesce(jsonb_object_agg(e.key, e.value -> 'id'), '{}'),
      'files', coalesce(jsonb_agg(jsonb_build_object('name', e.key,
        'from', concat('documents/', e.value ->> 'from', '/', e.key),
        'to', concat('documents/', p_workspace, '/', e.value ->> 'id'))), '[]'))
    from jsonb_each(copies) as e);
end
$$;
revoke execute on function oneai.plan_chatbot_move from public;
grant execute on function oneai.plan_chatbot_move to oneai_app;

-- A configuration that names the copies in p_names in place of what was copied.
create function oneai.with_copied_knowledge(p_configuration jsonb, p_names jsonb) returns jsonb
language sql immutable set search_path = ''
as $$
  select p_configuration || jsonb_build_object('knowledge', (p_configuration -> 'knowledge') || (
    select jsonb_object_agg(f.field, (
      select coalesce(jsonb_agg(coalesce(p_names -> n.id, to_jsonb(n.id)) order by n.place), '[]')
      from jsonb_array_elements_text(p_configuration -> 'knowledge' -> f.field) with ordinality as n (id, place)))
    from (values ('documents'), ('collections')) as f (field)))
$$;
revoke execute on function oneai.with_copied_knowledge from public;

-- Makes the collections that the chatbot names, and that the user reads, in the other workspace: with the same name, and a
-- number where it is taken. Returns {collection: id of the copy}.
create function oneai.copy_collections(p_user uuid, c oneai.chatbots, p_workspace uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  names jsonb := '{}';
  each oneai.collections;
  made uuid;
begin
  for each in
    select k.* from oneai.collections as k join oneai.chatbot_grants as g on g.named_id = k.id
    where g.chatbot_id = c.id and k.workspace_id = c.workspace_id and (k.visibility = 'workspace' or k.user_id = p_user)
    order by k.id
  loop
    made := null;
    for number in 1 .. 1000 loop
      insert into oneai.collections (workspace_id, user_id, name, visibility)
      values (p_workspace, p_user, left(each.name, 190) || case number when 1 then '' else concat(' (', number, ')') end,
        each.visibility)
      on conflict do nothing returning id into made;
      exit when made is not null;
    end loop;
    names := names || jsonb_build_object(each.id, made);
  end loop;
  return names;
end
$$;
revoke execute on function oneai.copy_collections from public;

-- Copies what the chatbot is asked from, if p_names (oneai.plan_chatbot_move) has it and the user still reads it, with its
-- collections, and names and grants the copies in its draft and its versions. Returns the bytes of the copies.
create function oneai.copy_knowledge(p_user uuid, c oneai.chatbots, p_workspace uuid, p_names jsonb) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  names constant jsonb := oneai.copy_collections(p_user, c, p_workspace) || (
    select coalesce(jsonb_object_agg(d.id, p_names -> d.id::text), '{}') from oneai.documents_to_copy(p_user, c) as d
    where p_names ? d.id::text);
begin
  update oneai.chatbots set draft = oneai.with_copied_knowledge(draft, names) where id = c.id;
  update oneai.chatbot_versions set configuration = oneai.with_copied_knowledge(configuration, names)
  where chatbot_id = c.id;
  update oneai.chatbot_grants as g
  set named_id = (names ->> g.named_id::text)::uuid, user_id = p_user, granted_at = oneai.now()
  where g.chatbot_id = c.id and names ? g.named_id::text;
  return oneai.copy_documents(p_user, p_workspace, null, names);
end
$$;
revoke execute on function oneai.copy_knowledge from public;

-- Moves a chatbot; p_names: what was copied of its documents (oneai.plan_chatbot_move), null: they stay, and the chatbot
-- is asked from none of them. Returns the chatbot. Refuses as oneai.require_movable_chatbot; ON413 if conversations and
-- documents do not fit there; ON503 if it was moved meanwhile.
create function oneai.move_chatbot(p_user uuid, p_chatbot uuid, p_workspace uuid, p_names jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_movable_chatbot(p_user, p_chatbot, p_workspace);
  source constant uuid := c.workspace_id;
  belongs record;
  bytes bigint := 0;
begin
  perform 1 from oneai.workspaces where id in (source, p_workspace) order by id for no key update;
  perform 1 from oneai.chatbots where id = p_chatbot for update;
  -- Again, because all may have changed before the locks.
  c := oneai.require_movable_chatbot(p_user, p_chatbot, p_workspace);
  if c.workspace_id <> source then
    raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
  end if;
  if p_names is not null then
    bytes := oneai.copy_knowledge(p_user, c, p_workspace, p_names);
  end if;
  update oneai.chatbots set workspace_id = p_workspace, paused_by_plan = false, updated_at = oneai.now()
  where id = p_chatbot returning * into c;
  for belongs in
    select k.conrelid::regclass as name from pg_catalog.pg_constraint as k
    where k.contype = 'f' and k.confrelid = 'oneai.chatbots'::regclass
      and k.conrelid not in ('oneai.chatbots'::regclass, 'oneai.conversations'::regclass)
      and exists (
        select from pg_catalog.pg_attribute as a
        where a.attrelid = k.conrelid and a.attname = 'workspace_id' and not a.attisdropped)
    order by 1
  loop
    execute format('update %s set workspace_id = $1 where chatbot_id = $2', belongs.name) using p_workspace, p_chatbot;
  end loop;
  perform 1 from oneai.conversations as t
  where t.chatbot_id = p_chatbot and t.visitor_id is not null order by t.id for update;
  perform oneai.save_conversation_size(t.id) from oneai.conversations as t
  where t.chatbot_id = p_chatbot and t.visitor_id is not null
    and not exists (select from oneai.conversation_sizes as s where s.conversation_id = t.id);
  update oneai.conversations set workspace_id = p_workspace where chatbot_id = p_chatbot and visitor_id is not null;
  bytes := bytes + (
    select coalesce(sum(s.bytes), 0) from oneai.conversations as t
    join oneai.conversation_sizes as s on s.conversation_id = t.id
    where t.chatbot_id = p_chatbot and t.visitor_id is not null);
  perform oneai.require_storage(p_workspace, bytes, true, p_user);
  perform oneai.record_audit(
    'user', p_user::text, 'chatbot.move', p_user, 'chatbot', p_chatbot::text, p_workspace => w.id,
    p_detail => jsonb_build_object('from', source, 'to', p_workspace,
      'documents', case when p_names is null then 'leave' else 'copy' end))
  from unnest(array[source, p_workspace]) as w (id);
  return oneai.chatbot_json(c);
end
$$;
revoke execute on function oneai.move_chatbot from public;
grant execute on function oneai.move_chatbot to oneai_app;
