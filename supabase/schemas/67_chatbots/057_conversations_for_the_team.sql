-- Who of a team reads visitors' conversations, which 68_inbox lists. No policy shows them to members, so that what lists a
-- member's own conversations never meets one: these functions ask for the right in the chatbot's workspace instead. It is
-- the right to write, because viewers read what members share with them, and visitors share nothing.

-- The chatbot, for a user who reads its visitors' conversations: also a deleted one if they are kept. ON404, ON403.
create function oneai.require_conversations_of(p_user uuid, p_chatbot uuid) returns oneai.chatbots
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', p_deleted => true);
begin
  if c.deletes_at is not null and not c.conversations_kept then
    raise exception using errcode = 'ON404', message = 'chatbot_not_found';
  end if;
  return c;
end
$$;
revoke execute on function oneai.require_conversations_of from public;

-- Whether the user reads what visitors of the workspace's chatbots asked.
create function oneai.may_read_conversations(p_user uuid, p_workspace uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.workspace_members as m
    where m.user_id = p_user and m.workspace_id = p_workspace and oneai.role_has_right(m.role, 'write'))
$$;
revoke execute on function oneai.may_read_conversations from public;

-- Who a visitor is, for the team: as the website says, and in `introduction` {name, email, consent, consented_at} as the
-- visitor says; null: they said nothing.
create function oneai.visitor_json(v oneai.chatbot_visitors) returns jsonb
language plpgsql stable set search_path = ''
as $$
begin
  return jsonb_build_object('id', v.id, 'external_id', v.external_id, 'name', v.name, 'email', v.email,
    'introduction', case when num_nonnulls(v.introduced_name, v.introduced_email, v.consent) > 0 then jsonb_build_object(
      'name', v.introduced_name, 'email', v.introduced_email, 'consent', v.consent, 'consented_at', v.consented_at) end);
end
$$;
revoke execute on function oneai.visitor_json from public;

-- What a conversation's answers cost that units of the plan or keys of the workspace paid, with later corrections.
create function oneai.charged_in_conversation(p_conversation uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(e.cost_micro_usd + coalesce(n.cost, 0)), 0)::bigint
  from oneai.chat_messages as m
  join oneai.usage_events as e on e.message_id = m.id and e.purpose = 'answer' and e.charged > 0
  left join lateral (
    select sum(x.cost_micro_usd) as cost from oneai.usage_events as x
    where x.message_id = m.id and x.purpose = 'correction') as n on true
  where m.conversation_id = p_conversation and m.role = 'assistant'
$$;
revoke execute on function oneai.charged_in_conversation from public;
