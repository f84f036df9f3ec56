-- Mail to visitors, to an address in a conversation instead of a user. Its text is read when it is sent.

-- The decision about a due mail to a visitor, as oneai.mail_recipient makes it for other mail: not where the conversation or
-- the address is gone, the address is another one or not confirmed, the visitor has read everything, or mail of the workspace stopped.
create function oneai.visitor_mail_recipient(mail oneai.outbox, out address text, out problem text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  a oneai.visitor_mail_addresses;
  i oneai.inbox_conversations;
begin
  select * into a from oneai.visitor_mail_addresses as n where n.conversation_id = (mail.data ->> 'conversation_id')::uuid;
  select * into i from oneai.inbox_conversations as n where n.conversation_id = a.conversation_id;
  problem := case
    when a.conversation_id is null or i.workspace_id::text <> mail.data ->> 'workspace_id'
      or oneai.address_hash(a.email) <> decode(mail.data ->> 'address_hash', 'hex')
      or (a.confirmed_at is null) <> (mail.kind = 'visitor_confirmation') then 'ended'
    when not exists (
      select from oneai.chatbots as c join oneai.workspaces as w on w.id = c.workspace_id
      where c.id = i.chatbot_id and c.deletes_at is null and c.suspended_at is null and w.deletes_at is null
        and w.suspended_at is null and w.chatbots_suspended_at is null)
      or exists (select from oneai.visitor_mail_stops as s where s.workspace_id = i.workspace_id and s.ends_at > oneai.now())
      then 'suspended'
    when oneai.visitor_address_refused(i.workspace_id, oneai.address_hash(a.email)) then 'suppressed'
    when mail.kind = 'visitor_messages' and not exists (
      select from oneai.unread_by_visitor(a, (mail.data ->> 'after')::integer)) then 'read' end;
  if problem is null then
    address := a.email;
  end if;
end
$$;
revoke execute on function oneai.visitor_mail_recipient from public;

-- What a mail to a visitor that is being sent has: {team (who is responsible, as oneai.published_chatbot says), messages [{name,
-- text}]}, the latter only after the address is confirmed; null: nothing is unread any more. Stores the hash of the token in the
-- mail that confirms it, for 24 hours.
create function oneai.give_visitor_mail(mail oneai.outbox, p_token_hash bytea) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  a oneai.visitor_mail_addresses;
  given jsonb;
  newest integer;
begin
  -- A member's message that comes meanwhile waits, and is in the next mail.
  select * into a from oneai.visitor_mail_addresses as n
  where n.conversation_id = (mail.data ->> 'conversation_id')::uuid for update;
  given := jsonb_build_object('team', (
    select coalesce(w.name, nullif(btrim(u.name), '')) from oneai.workspaces as w left join oneai.users as u on u.id = w.personal_of
    where w.id = (mail.data ->> 'workspace_id')::uuid));
  if mail.kind = 'visitor_confirmation' then
    update oneai.visitor_mail_addresses
    set token_hash = p_token_hash, token_expires_at = oneai.now() + interval '24 hours'
    where conversation_id = a.conversation_id and confirmed_at is null;
    return given;
  end if;
  select given || jsonb_build_object('messages', jsonb_agg(
      jsonb_build_object('name', u.name, 'text', u.content) order by u.number)), max(u.number) into given, newest
  from oneai.unread_by_visitor(a, (mail.data ->> 'after')::integer) as u where a.confirmed_at is not null;
  update oneai.visitor_mail_addresses set mailed_number = greatest(mailed_number, newest)
  where conversation_id = a.conversation_id;
  return case when newest is not null then given end;
end
$$;
revoke execute on function oneai.give_visitor_mail from public;

-- The language of a mail to a visitor: that of their last question, if mail has it, else English.
create function oneai.visitor_mail_language(mail oneai.outbox) returns text
language sql stable security definer set search_path = ''
as $$
  select case i.language when 'hi' then 'hi' else 'en' end from oneai.inbox_conversations as i
  where i.conversation_id = (mail.data ->> 'conversation_id')::uuid
$$;
revoke execute on function oneai.visitor_mail_language from public;
