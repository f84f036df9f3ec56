-- One action on many conversations of the inbox, batch by batch.

-- The part of them that an action still changes: what has its result already is left out. So a process that was killed between
-- two batches can start again, and nothing is done twice.
create function oneai.bulk_condition(p_action jsonb) returns text
language plpgsql immutable set search_path = ''
as $$
declare
  tags constant text[] := array(select jsonb_array_elements_text(coalesce(p_action -> 'tags', '[]')));
begin
  return case p_action ->> 'action'
    when 'status' then format('i.status <> %L and i.status <> %L', p_action ->> 'status',
      case p_action ->> 'status' when 'snoozed' then 'resolved' else p_action ->> 'status' end)
    when 'assign' then format('i.assignee_id is distinct from %L', p_action ->> 'assignee_id')
    when 'tag' then format('not i.tags @> %1$L::text[] and cardinality(i.tags || %1$L::text[]) <= 20', tags)
    when 'untag' then format('i.tags && %L::text[]', tags)
    when 'spam' then 'i.spam = false'
    when 'not_spam' then 'i.spam'
    when 'delete' then 'true' end;
end
$$;
revoke execute on function oneai.bulk_condition from public;

-- Applies p_action {action (`status`, `assign`, `tag`, `untag`, `spam`, `not_spam` or `delete`), status, assignee_id, tags} to at
-- most p_limit conversations that p_filter asks for (oneai.inbox_condition) and that it still changes; returns how many.
-- Fewer than p_limit: all are done. ON404, ON403; ON422 for an assignee who is no member.
create function oneai.bulk_inbox(p_user uuid, p_filter jsonb, p_action jsonb, p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  named constant uuid := oneai.require_inbox(p_user);
  listed constant text[] := array(select jsonb_array_elements_text(coalesce(p_action -> 'tags', '[]')));
  chosen uuid[];
  i oneai.inbox_conversations;
begin
  if p_action ->> 'action' = 'assign' then
    perform oneai.require_assignee((p_action ->> 'assignee_id')::uuid, named);
  end if;
  execute format('select array(select i.conversation_id from oneai.inbox_conversations as i where %s and %s limit %s)',
    oneai.inbox_condition(p_user, named, p_filter), oneai.bulk_condition(p_action), p_limit) into chosen;
  if p_action ->> 'action' = 'delete' then
    -- In the order of an answer that settles.
    perform 1 from oneai.workspaces where id = named for no key update;
    delete from oneai.conversations where id = any (chosen) and workspace_id = named;
    if chosen <> '{}' then
      perform oneai.record_audit('user', p_user::text, 'inbox.delete', p_user, p_workspace => named,
        p_detail => jsonb_build_object('conversations', cardinality(chosen)));
    end if;
    return cardinality(chosen);
  end if;
  perform 1 from oneai.conversations as t where t.id = any (chosen) order by t.id for update;
  for i in
    select * from oneai.inbox_conversations as n
    where n.conversation_id = any (chosen) and n.workspace_id = named order by n.conversation_id for update
  loop
    -- It may have been resolved meanwhile.
    continue when p_action ->> 'status' = 'snoozed' and i.status = 'resolved';
    perform oneai.set_inbox_state(i, case p_action ->> 'action'
      when 'status' then jsonb_build_object('status', p_action -> 'status')
      when 'assign' then jsonb_build_object('assignee_id', p_action -> 'assignee_id')
      when 'tag' then jsonb_build_object('tags',
        i.tags || array(select t.tag from unnest(listed) as t (tag) where t.tag <> all (i.tags)))
      when 'untag' then jsonb_build_object('tags',
        array(select t.tag from unnest(i.tags) as t (tag) where t.tag <> all (listed)))
      else jsonb_build_object('spam', p_action ->> 'action' = 'spam') end);
  end loop;
  return cardinality(chosen);
end
$$;
revoke execute on function oneai.bulk_inbox from public;
grant execute on function oneai.bulk_inbox to oneai_app;
