-- Leads as the team of a chatbot reads and deletes them. The right is that of its visitors' conversations: viewers have none.

-- A page of the chatbot's leads, newest first: at most p_limit, after the one left at p_after with p_after_id.
-- [{id, name, email, message, visitor (oneai.visitor_json), created_at}]. ON404, ON403.
create function oneai.list_chatbot_leads(
  p_user uuid, p_chatbot uuid, p_after timestamptz, p_after_id uuid, p_limit integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_conversations_of(p_user, p_chatbot);
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object(
      'id', l.id, 'name', l.name, 'email', l.email, 'message', l.message,
      'visitor', oneai.visitor_json(v), 'created_at', l.created_at)
      order by l.created_at desc, l.id desc), '[]')
    from (
      select * from oneai.chatbot_leads as n
      where n.chatbot_id = c.id and (p_after is null or (n.created_at, n.id) < (p_after, p_after_id))
      order by n.created_at desc, n.id desc limit p_limit) as l
    join oneai.chatbot_visitors as v on v.id = l.visitor_id);
end
$$;
revoke execute on function oneai.list_chatbot_leads from public;
grant execute on function oneai.list_chatbot_leads to oneai_app;

-- Deletes a lead. ON404 `chatbot_not_found`, and `not_found` for another chatbot's; ON403.
create function oneai.delete_chatbot_lead(p_user uuid, p_chatbot uuid, p_lead uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_conversations_of(p_user, p_chatbot);
begin
  delete from oneai.chatbot_leads where id = p_lead and chatbot_id = c.id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
end
$$;
revoke execute on function oneai.delete_chatbot_lead from public;
grant execute on function oneai.delete_chatbot_lead to oneai_app;
