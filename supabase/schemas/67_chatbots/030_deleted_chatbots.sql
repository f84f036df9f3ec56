-- Deleted chatbots: restored within their days, and erased after them (oneai/accounts/chatbot_erasure_job.py).

-- Deletes a chatbot: visitors no longer find it, and it is erased after p_days. p_conversations: members still read its
-- visitors' conversations, as long as each is kept; else they no longer do. p_documents: the documents that its draft and
-- its published version name are erased with it. Again: the earlier time and choice stay. ON404, ON403.
create function oneai.delete_chatbot(
  p_user uuid, p_chatbot uuid, p_conversations boolean, p_documents boolean, p_days integer) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage', true, true);
begin
  if c.deletes_at is null then
    update oneai.chatbots
    set deletes_at = oneai.now() + make_interval(days => p_days), conversations_kept = p_conversations,
        documents_deleted_by = case when p_documents then p_user end
    where id = p_chatbot returning * into c;
    perform oneai.record_audit(
      'user', p_user::text, 'chatbot.delete', p_user, 'chatbot', p_chatbot::text, p_workspace => c.workspace_id,
      p_detail => jsonb_build_object('conversations', case when p_conversations then 'keep' else 'delete' end,
        'documents', case when p_documents then 'delete' else 'keep' end));
  end if;
  return c.deletes_at;
end
$$;
revoke execute on function oneai.delete_chatbot from public;
grant execute on function oneai.delete_chatbot to oneai_app;

-- Restores a deleted chatbot; it is paused if it was published. ON404, ON403; ON409 `deletion_final` after its days, and
-- if the plan has no more chatbots.
create function oneai.restore_chatbot(p_user uuid, p_chatbot uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage', true, true);
begin
  if c.deletes_at is not null then
    if c.deletes_at <= oneai.now() then
      raise exception using errcode = 'ON409', message = 'deletion_final';
    end if;
    perform oneai.require_room_for_chatbot(c.workspace_id);
    update oneai.chatbots
    set deletes_at = null, documents_deleted_by = null, conversations_kept = false, status = case status when 'published' then 'paused' else status end,
        paused_by_plan = false, updated_at = oneai.now()
    where id = p_chatbot returning * into c;
    perform oneai.record_audit(
      'user', p_user::text, 'chatbot.restore', p_user, 'chatbot', p_chatbot::text, p_workspace => c.workspace_id);
  end if;
  return oneai.chatbot_json(c);
end
$$;
revoke execute on function oneai.restore_chatbot from public;
grant execute on function oneai.restore_chatbot to oneai_app;

-- Whether a deleted chatbot remains, because members still read its visitors' conversations.
create function oneai.has_kept_conversations(c oneai.chatbots) returns boolean
language sql stable security definer set search_path = ''
as $$
  select c.conversations_kept and exists (
    select from oneai.conversations as t where t.chatbot_id = c.id and t.visitor_id is not null)
$$;
revoke execute on function oneai.has_kept_conversations from public;

-- The next chatbot to erase, or whose documents are to be erased, oldest first, or null. It is claimed again after half an hour unless it is erased by then.
create function oneai.claim_chatbot_erasure() returns uuid
language sql security definer set search_path = ''
as $$
  update oneai.chatbots set next_attempt_at = oneai.now() + interval '30 minutes'
  where id = (
    select c.id from oneai.chatbots as c
    where c.deletes_at <= oneai.now() and c.next_attempt_at <= oneai.now()
      and (c.documents_deleted_by is not null or not oneai.has_kept_conversations(c))
    order by c.deletes_at, c.id limit 1 for update skip locked)
  returning id
$$;
revoke execute on function oneai.claim_chatbot_erasure from public;
grant execute on function oneai.claim_chatbot_erasure to oneai_app;

-- Erases a chatbot whose days are over: at most p_limit of the documents that go with it, and returns p_limit if there
-- may be more; otherwise the chatbot, unless conversations of it are kept. A document that is in a collection, or that
-- another chatbot names, stays, and so does one that the user who chose this may no longer delete.
create function oneai.erase_chatbot(p_chatbot uuid, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots;
  deleted_count integer := 0;
begin
  select * into c from oneai.chatbots where id = p_chatbot and deletes_at <= oneai.now() for update;
  if not found then
    return 0;
  end if;
  if c.documents_deleted_by is not null then
    delete from oneai.documents where id in (
      select d.id from oneai.documents as d
      where d.id in (select oneai.documents_named(p_chatbot)) and d.workspace_id = c.workspace_id and not d.attached
        and d.collection_id is null
        and oneai.may_change(c.documents_deleted_by, d.user_id, d.workspace_id, d.visibility)
        and not exists (
          select from oneai.chatbots as o
          where o.workspace_id = c.workspace_id and o.id <> p_chatbot and d.id in (select oneai.documents_named(o.id)))
      order by d.id limit p_limit for update);
    get diagnostics deleted_count = row_count;
  end if;
  if deleted_count = p_limit then
    return deleted_count;
  elsif oneai.has_kept_conversations(c) then
    update oneai.chatbots set documents_deleted_by = null where id = p_chatbot;
  else
    delete from oneai.chatbots where id = p_chatbot;
  end if;
  return deleted_count;
end
$$;
revoke execute on function oneai.erase_chatbot from public;
grant execute on function oneai.erase_chatbot to oneai_app;
