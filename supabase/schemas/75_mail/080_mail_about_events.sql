-- The mail that events cause (oneai.workspace_events).

-- Queues the mail of at most p_limit events, and returns how many events it took. An event and its mail are taken and queued
-- together, and the mail's key has the event's id, so an event has its mail once, also if a process is killed between. One run at a
-- time: another one takes nothing.
create function oneai.mail_about_events(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  event oneai.workspace_events;
  taken integer := 0;
begin
  if not pg_catalog.pg_try_advisory_xact_lock(pg_catalog.hashtextextended('mail about events', 0)) then
    return 0;
  end if;
  for event in
    select * from oneai.workspace_events as e where 'mail' = any (e.unread_by) order by e.id limit p_limit
    for update skip locked
  loop
    case event.kind
      when 'conversation.handed_off' then perform oneai.mail_about_waiting_visitor(event);
      when 'budget.spent' then perform oneai.mail_about_spent_budget(event);
      when 'credits.low' then perform oneai.mail_about_low_credits(event);
    end case;
    update oneai.workspace_events set unread_by = array_remove(unread_by, 'mail') where id = event.id;
    taken := taken + 1;
  end loop;
  return taken;
end
$$;
revoke execute on function oneai.mail_about_events from public;
grant execute on function oneai.mail_about_events to oneai_app;
