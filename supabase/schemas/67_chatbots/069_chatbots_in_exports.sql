-- What a workspace's chatbots hold, for an export that a job writes piece by piece.

-- Queues an export of all chatbots of the workspace with what their visitors wrote. As oneai.queue_export; ON403 for an
-- account that may not be used, and without the right `write`, as oneai.require_right.
create function oneai.request_chatbots_export(p_user uuid, p_workspace uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.require_active_user(p_user, p_workspace, false, 'write');
  return oneai.queue_export(
    p_user, null, 'chatbots', null, null, p_workspace => p_workspace, p_right => 'write');
end
$$;
revoke execute on function oneai.request_chatbots_export from public;
grant execute on function oneai.request_chatbots_export to oneai_app;

-- At most p_limit rows of one kind, in the order of (`at`, `id`), after those given: `chatbots` of the workspace, or of
-- the one named by p_chatbot its `versions`, `answers`, `evaluations`, `leads`, `mail_addresses` (where visitors want
-- messages by mail) or `conversations`, with their messages.
-- Conversations stop after about p_bytes of text. `total`: of all chatbots. The personal workspace's are also for a user
-- who is suspended or being deleted; ON404, ON403 for a team whose visitors' conversations the user does not read.
create function oneai.chatbots_to_export(
  p_user uuid, p_workspace uuid, p_kind text, p_chatbot uuid, p_after timestamptz, p_after_id text, p_limit integer,
  p_bytes bigint)
returns table (at timestamptz, id text, content jsonb, total bigint)
language plpgsql volatile security definer set search_path = '' rows 100
as $$
declare
  c oneai.chatbots;
begin
  if p_workspace <> p_user then
    perform oneai.require_right(p_user, p_workspace, 'write');
  end if;
  if p_kind = 'chatbots' then
    return query
    select b.created_at, b.id::text, oneai.chatbot_json(b),
      (select count(*) from oneai.chatbots as n where n.workspace_id = p_workspace)
    from oneai.chatbots as b
    where b.workspace_id = p_workspace and (p_chatbot is null or b.id = p_chatbot)
      and (b.created_at, b.id::text) > (p_after, p_after_id)
    order by b.created_at, b.id::text limit p_limit;
    return;
  end if;
  select * into c from oneai.chatbots as b where b.id = p_chatbot and b.workspace_id = p_workspace;
  -- Of a deleted chatbot members read visitors' words only if they were kept.
  if not found or p_kind in ('leads', 'mail_addresses', 'conversations') and c.deletes_at is not null and not c.conversations_kept then
    return;
  end if;
  return query
  select n.at, n.id, n.content, null::bigint from (
    select v.published_at as at, v.version::text as id, jsonb_build_object('version', v.version,
      'configuration', v.configuration, 'published_by', v.user_id, 'published_at', v.published_at) as content
    from oneai.chatbot_versions as v where p_kind = 'versions' and v.chatbot_id = c.id
    union all
    select a.created_at, a.id::text, to_jsonb(a) - array['chatbot_id', 'workspace_id', 'user_id', 'words']
    from oneai.chatbot_answers as a where p_kind = 'answers' and a.chatbot_id = c.id
    union all
    select e.created_at, e.id::text, oneai.evaluation_json(e)
    from oneai.chatbot_evaluations as e where p_kind = 'evaluations' and e.chatbot_id = c.id
    union all
    select l.created_at, l.id::text, jsonb_build_object('id', l.id, 'name', l.name, 'email', l.email,
      'message', l.message, 'visitor', oneai.visitor_json(v), 'created_at', l.created_at)
    from oneai.chatbot_leads as l join oneai.chatbot_visitors as v on v.id = l.visitor_id
    where p_kind = 'leads' and l.chatbot_id = c.id
    union all
    select a.asked_at, a.conversation_id::text, jsonb_build_object('conversation_id', a.conversation_id, 'email', a.email,
      'asked_at', a.asked_at, 'confirmed_at', a.confirmed_at)
    from oneai.visitor_mail_addresses as a join oneai.inbox_conversations as i using (conversation_id)
    where p_kind = 'mail_addresses' and i.chatbot_id = c.id) as n
  where (n.at, n.id) > (p_after, p_after_id) order by n.at, n.id limit p_limit;
  return query
  select t.created_at, t.id::text, oneai.inbox_thread(t.id), null::bigint
  from (
    select x.*, sum(coalesce(s.bytes, 0)) over (order by x.created_at, x.id::text) - coalesce(s.bytes, 0) as before
    from (
      select n.id, n.created_at from oneai.conversations as n
      where p_kind = 'conversations' and n.chatbot_id = c.id and n.visitor_id is not null
        and (n.created_at, n.id::text) > (p_after, p_after_id)
      order by n.created_at, n.id::text limit p_limit) as x
    left join oneai.conversation_sizes as s on s.conversation_id = x.id) as y
  join oneai.conversations as t on t.id = y.id
  where y.before < p_bytes order by y.created_at, y.id::text;
end
$$;
revoke execute on function oneai.chatbots_to_export from public;
grant execute on function oneai.chatbots_to_export to oneai_service;
