-- Mail to members about visitors who wait for a person.

-- Mails the members of the conversation's workspace who may answer, two minutes after the event: who takes it before spares
-- them the mail. One mail is about all who wait then. A member gets no other one while it waits to be sent, and the next one
-- not before an hour after it. Nothing where a member made the conversation open, or someone has it since.
create function oneai.mail_about_waiting_visitor(event oneai.workspace_events) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  entry oneai.inbox_conversations;
  member record;
begin
  select * into entry from oneai.inbox_conversations as i
  where i.conversation_id = event.subject_id and i.status = 'open' and i.assignee_id is null and not i.spam;
  if not found or event.payload ->> 'cause' = 'member' then
    return;
  end if;
  for member in
    select m.user_id, mails.last_at from oneai.workspace_members as m
    cross join lateral (
      select max(o.settled_at) filter (where o.state in ('sent', 'unknown')) as last_at,
        count(*) filter (where o.state in ('waiting', 'sending')) as coming
      from oneai.outbox as o
      where o.user_id = m.user_id and o.kind = 'visitor_waiting'
        and o.data ->> 'workspace_id' = entry.workspace_id::text) as mails
    where m.workspace_id = entry.workspace_id and oneai.role_has_right(m.role, 'write') and mails.coming = 0
    order by m.user_id
  loop
    if oneai.enqueue_mail(member.user_id, 'visitor_waiting', concat_ws('/', member.user_id, event.id),
      jsonb_build_object('workspace_id', entry.workspace_id, 'conversation_id', entry.conversation_id, 'chatbot', (
        select c.name from oneai.chatbots as c where c.id = entry.chatbot_id)), p_workspace => entry.workspace_id)
    then
      update oneai.outbox as o
      set due_at = greatest(event.at + interval '2 minutes', member.last_at + interval '1 hour')
      where o.kind = 'visitor_waiting' and o.cause_key = concat_ws('/', member.user_id, event.id);
    end if;
  end loop;
end
$$;
revoke execute on function oneai.mail_about_waiting_visitor from public;

-- Whether a visitor waits in the workspace for a person, which no member of it is yet.
create function oneai.visitor_waits(p_workspace uuid) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from oneai.inbox_conversations as i
    where i.workspace_id = p_workspace and i.status = 'open' and i.assignee_id is null and not i.spam);
end
$$;
revoke execute on function oneai.visitor_waits from public;
