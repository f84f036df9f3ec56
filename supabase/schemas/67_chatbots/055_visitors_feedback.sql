-- What visitors say about answers, and how the workspace can reach them. Another visitor's things are not found.

-- Someone who wants to be called back. It goes with its visitor.
create table oneai.chatbot_leads (
  id uuid primary key default gen_random_uuid(),
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  workspace_id uuid not null,
  visitor_id uuid not null references oneai.chatbot_visitors (id) on delete cascade,
  name oneai.short_text,
  email text not null check (octet_length(email) <= 400),
  message text check (octet_length(message) <= 8000),
  created_at timestamptz not null default oneai.now()
);
create index chatbot_leads_of_chatbot on oneai.chatbot_leads (chatbot_id, created_at desc, id desc);
create index chatbot_leads_of_visitor on oneai.chatbot_leads (visitor_id);
create index chatbot_leads_of_workspace on oneai.chatbot_leads (workspace_id);

-- Only functions read it; those for members refuse viewers.
alter table oneai.chatbot_leads enable row level security;
revoke all on oneai.chatbot_leads from anon, authenticated, service_role;

-- Stores the visitor's rating of an answer to them, 1 or -1, in its metadata; again: the last one counts. ON404.
create function oneai.rate_as_visitor(p_public_id text, p_visitor uuid, p_message uuid, p_rating integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
  talk uuid;
begin
  select t.id into talk from oneai.conversations as t
  where t.id = (select m.conversation_id from oneai.chat_messages as m where m.id = p_message)
    and t.visitor_id = p_visitor and t.chatbot_id = c.id for update;
  update oneai.chat_messages as m set metadata = m.metadata || jsonb_build_object('rating', p_rating)
  where m.id = p_message and m.conversation_id = talk and m.role = 'assistant';
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  elsif p_rating < 0 then
    perform oneai.hand_off_by_rating(c.id, talk);
  end if;
end
$$;
revoke execute on function oneai.rate_as_visitor from public;
grant execute on function oneai.rate_as_visitor to oneai_app;

-- Stores what the visitor thinks of a conversation in the inbox, from 1 to 5, with a note (null: none); again: the last one
-- counts. It is of the member if one has spoken by then, else of the chatbot. ON404.
create function oneai.score_as_visitor(
  p_public_id text, p_visitor uuid, p_conversation uuid, p_score integer, p_note text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
begin
  update oneai.inbox_conversations as i
  set csat = p_score, csat_note = p_note, csat_of = case when i.claimed_at is null then 'bot' else 'member' end
  where i.conversation_id = p_conversation and i.visitor_id = p_visitor and i.chatbot_id = c.id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
end
$$;
revoke execute on function oneai.score_as_visitor from public;
grant execute on function oneai.score_as_visitor to oneai_app;

-- Stores a lead, and the visitor, and returns its id. p_network: a salted hash of the client's network, which leaves at
-- most p_most in a day at a chatbot: ON429 `address_limit`. Leads that were forgotten count too. ON404 for the chatbot.
-- p_introduction: as oneai.see_visitor. No question carries it while the chatbot does not answer.
create function oneai.leave_lead(
  p_public_id text, p_visitor uuid, p_identity jsonb, p_network bytea, p_most integer, p_name text, p_email text,
  p_message text, p_introduction jsonb default null) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  c oneai.chatbots := oneai.require_public_chatbot(p_public_id);
  lead uuid;
begin
  perform oneai.take_request_of_network(c.id, p_network, 'lead', p_most, p_visitor);
  -- It may have been moved since it was read, and is not before this ends.
  select b.workspace_id into c.workspace_id from oneai.chatbots as b where b.id = c.id for share;
  perform oneai.see_visitor(c, p_visitor, p_identity, p_introduction);
  insert into oneai.chatbot_leads (chatbot_id, workspace_id, visitor_id, name, email, message)
  values (c.id, c.workspace_id, p_visitor, p_name, p_email, p_message)
  returning id into lead;
  return lead;
end
$$;
revoke execute on function oneai.leave_lead from public;
grant execute on function oneai.leave_lead to oneai_app;
