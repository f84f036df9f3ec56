-- Exports of many conversations as files, which a job writes piece by piece.

-- Queues an export of the conversations that p_filter asks for (oneai.inbox_condition) as files of this kind. As
-- oneai.queue_export; ON404, ON403.
create function oneai.request_inbox_export(p_user uuid, p_filter jsonb, p_kind text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  named constant uuid := oneai.require_inbox(p_user);
begin
  return oneai.queue_export(p_user, null, 'inbox', null, null, p_workspace => named, p_right => 'write',
    p_asked => jsonb_build_object('filter', p_filter, 'kind', p_kind));
end
$$;
revoke execute on function oneai.request_inbox_export from public;
grant execute on function oneai.request_inbox_export to oneai_app;

-- ON404, ON403 for a team whose visitors' conversations the user does not read. The personal workspace's are also for a user
-- who is suspended or being deleted.
create function oneai.require_inbox_of_export(p_user uuid, p_workspace uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_workspace <> p_user then
    perform oneai.require_right(p_user, p_workspace, 'write');
  end if;
end
$$;
revoke execute on function oneai.require_inbox_of_export from public;

-- The conversations that p_filter asks for, those with the newest messages first, at most p_limit. ON404, ON403.
create function oneai.inbox_ids_to_export(p_user uuid, p_workspace uuid, p_filter jsonb, p_limit integer) returns uuid[]
language plpgsql stable security definer set search_path = ''
as $$
declare
  found_ids uuid[];
begin
  perform oneai.require_inbox_of_export(p_user, p_workspace);
  execute format('select array(select i.conversation_id from oneai.inbox_conversations as i where %s '
    'order by i.last_message_at desc, i.conversation_id desc limit %s)',
    oneai.inbox_condition(p_user, p_workspace, p_filter), p_limit) into found_ids;
  return found_ids;
end
$$;
revoke execute on function oneai.inbox_ids_to_export from public;
grant execute on function oneai.inbox_ids_to_export to oneai_service;

-- The first of these conversations, in their order, until they have about p_bytes of text: `content` as oneai.inbox_thread;
-- null for one that was deleted, moved or hidden with its chatbot. ON404, ON403.
create function oneai.inbox_threads_to_export(p_user uuid, p_workspace uuid, p_ids uuid[], p_bytes bigint)
returns table (place integer, content jsonb)
language plpgsql volatile security definer set search_path = '' rows 50
as $$
begin
  perform oneai.require_inbox_of_export(p_user, p_workspace);
  return query
  select n.place::integer, case when i.conversation_id is not null then oneai.inbox_thread(n.id) end
  from (
    select g.id, g.place, sum(coalesce(s.bytes, 0)) over (order by g.place) - coalesce(s.bytes, 0) as before
    from unnest(p_ids) with ordinality as g (id, place)
    left join oneai.conversation_sizes as s on s.conversation_id = g.id) as n
  left join (oneai.inbox_conversations as i join oneai.chatbots as c
      on c.id = i.chatbot_id and (c.deletes_at is null or c.conversations_kept))
    on i.conversation_id = n.id and i.workspace_id = p_workspace
  where n.before < p_bytes order by n.place;
end
$$;
revoke execute on function oneai.inbox_threads_to_export from public;
grant execute on function oneai.inbox_threads_to_export to oneai_service;

-- Ends an export as done (oneai.finish_export), if all the conversations that its file has still exist; null: they do not,
-- and the file must be written again.
create function oneai.finish_inbox_export(
  p_id uuid, p_worker uuid, p_name text, p_media_type text, p_conversations uuid[]) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (
    select from unnest(p_conversations) as n (id)
    where not exists (select from oneai.inbox_conversations as i where i.conversation_id = n.id))
  then
    return null;
  end if;
  return oneai.finish_export(p_id, p_worker, 'done', p_name, p_media_type, null);
end
$$;
revoke execute on function oneai.finish_inbox_export from public;
grant execute on function oneai.finish_inbox_export to oneai_app;
