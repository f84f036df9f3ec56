-- Moving a conversation to another workspace, which pays for it from then on.

-- ON422 for a conversation that does not move to this workspace: a temporary one, one that is shared with its team, or
-- one that is there already.
create function oneai.require_movable(conversation oneai.conversations, p_workspace uuid) returns void
language plpgsql immutable set search_path = ''
as $$
declare
  refusal text := case when conversation.temporary then 'temporary' when conversation.visibility = 'workspace' then 'shared'
    when conversation.workspace_id = p_workspace then 'unchanged' end;
begin
  if refusal is not null then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', case refusal when 'unchanged' then 'workspace_id' else 'id' end,
        'code', refusal)))::text;
  end if;
end
$$;
revoke execute on function oneai.require_movable from public;

-- Who pays, as the API names it: {id, name (null: a personal workspace), kind, plan}.
create function oneai.payer_json(p_workspace uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('id', w.id, 'name', w.name, 'kind', w.kind, 'plan', w.subscription_tier)
  from oneai.workspaces as w where w.id = p_workspace
$$;
revoke execute on function oneai.payer_json from public;

-- Moves the files that are attached to a conversation, with their texts and vectors, and returns their bytes. ON409 if
-- one of them is being read: its pages are counted where it is.
create function oneai.move_attached_documents(p_conversation uuid, p_workspace uuid) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  moved uuid[];
  unready record;
  bytes bigint;
begin
  moved := array(
    select d.id from oneai.documents as d where d.conversation_id = p_conversation order by d.id for update);
  select d.id, d.status into unready from oneai.documents as d
  where d.id = any (moved) and d.status not in ('ready', 'failed') order by d.id limit 1;
  if found then
    raise exception using errcode = 'ON409', message = 'attachment_not_ready', detail = jsonb_build_object(
      'upload_id', unready.id, 'status', unready.status, 'retry_after', 5)::text;
  end if;
  update oneai.documents set stored_in = coalesce(stored_in, workspace_id), workspace_id = p_workspace
  where id = any (moved);
  update oneai.document_chunks as c
  set workspace_id = p_workspace, words = oneai.with_search_key(c.words, p_workspace)
  where c.document_id = any (moved);
  update oneai.document_vectors set workspace_id = p_workspace where document_id = any (moved);
  update oneai.document_summaries set workspace_id = p_workspace where document_id = any (moved);
  select coalesce(sum(d.size + d.text_bytes), 0) into bytes from oneai.documents as d where d.id = any (moved);
  return bytes;
end
$$;
revoke execute on function oneai.move_attached_documents from public;

-- Moves a private conversation of the user to another workspace, where they may write; p_preview only says what would
-- change. Returns {moved, conversation_id, from, to (oneai.payer_json), bytes, documents}: the storage that moves, and
-- how many files are attached. What is reserved or was paid stays where it was. The order of locks: both workspaces by
-- id, the user, the conversation.
-- ON404 and ON403 as oneai.require_author, and as oneai.require_right for the other workspace, ON422 as
-- oneai.require_movable, ON409 while an answer is written or an attached file is read, ON413 if it does not fit there,
-- ON503 if it was moved meanwhile.
create function oneai.move_conversation(p_user uuid, p_conversation uuid, p_workspace uuid, p_preview boolean)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  conversation oneai.conversations;
  source uuid;
  bytes bigint;
begin
  perform oneai.require_author(p_user, p_conversation);
  perform oneai.require_right(p_user, p_workspace, 'write');
  select * into conversation from oneai.conversations where id = p_conversation;
  source := conversation.workspace_id;
  perform oneai.require_movable(conversation, p_workspace);
  if not p_preview then
    perform 1 from oneai.workspaces where id in (source, p_workspace) order by id for no key update;
    perform 1 from oneai.users where id = p_user for no key update;
    -- Settles an answer whose process died, and refuses one that is running.
    conversation := (oneai.find_conversation(p_user, jsonb_build_object('conversation_id', p_conversation))).conversation;
    if conversation.workspace_id <> source then
      raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
    end if;
    -- Again, because both may have changed before the locks.
    perform oneai.require_right(p_user, p_workspace, 'write');
    perform oneai.require_movable(conversation, p_workspace);
    update oneai.conversations set workspace_id = p_workspace, updated_at = oneai.now() where id = p_conversation;
    bytes := oneai.save_conversation_size(p_conversation)
      + oneai.move_attached_documents(p_conversation, p_workspace);
    perform oneai.require_storage(p_workspace, bytes, true, p_user);
  end if;
  return jsonb_build_object('moved', not p_preview, 'conversation_id', p_conversation,
    'from', oneai.payer_json(source), 'to', oneai.payer_json(p_workspace),
    'bytes', coalesce(bytes, oneai.conversation_bytes(p_conversation) + (
      select coalesce(sum(d.size + d.text_bytes), 0) from oneai.documents as d where d.conversation_id = p_conversation)),
    'documents', (select count(*) from oneai.documents as d where d.conversation_id = p_conversation));
end
$$;
revoke execute on function oneai.move_conversation from public;
grant execute on function oneai.move_conversation to oneai_app;
