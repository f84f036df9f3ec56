-- Mail to visitors who are not there when a person answers. An address in a conversation is a stranger's until its owner has
-- pressed the link in a mail that has no text of members or visitors. What is sent is counted before, by workspace and address.

-- The address of a conversation's visitor. It is good for this conversation alone.
create table oneai.visitor_mail_addresses (
  conversation_id uuid primary key references oneai.inbox_conversations (conversation_id) on delete cascade,
  email text not null check (octet_length(email) <= 400),
  asked_at timestamptz not null default oneai.now(),
  -- Of the link in the last mail, which is made when that is sent; null: it was not yet.
  token_hash bytea,
  token_expires_at timestamptz,
  confirmed_at timestamptz,
  -- The numbers of the last message that the visitor has read and of the last that was mailed.
  read_number integer not null default 0,
  mailed_number integer not null default 0,
  -- When a member's message is mailed, unless it is read before; null: there is none.
  mail_due_at timestamptz
);
create unique index visitor_mail_addresses_by_token on oneai.visitor_mail_addresses (token_hash);
create index visitor_mail_addresses_due on oneai.visitor_mail_addresses (mail_due_at)
  where mail_due_at is not null and confirmed_at is not null;
create index visitor_mail_addresses_unconfirmed on oneai.visitor_mail_addresses (asked_at) where confirmed_at is null;

-- Mail that was sent or is about to be, for the limits of a day and the share that came back in thirty. It has no address and
-- stays when a visitor is forgotten.
create table oneai.visitor_mails (
  id bigint generated always as identity primary key,
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  address_hash bytea not null,
  kind text not null check (kind in ('confirmation', 'messages')),
  -- Whether it bounced, or its receiver complained.
  failed boolean not null default false,
  created_at timestamptz not null default oneai.now()
);
create index visitor_mails_of_workspace on oneai.visitor_mails (workspace_id, created_at);
create index visitor_mails_to_address on oneai.visitor_mails (address_hash, created_at);
create index visitor_mails_by_time on oneai.visitor_mails (created_at);

-- Addresses whose owners want no mail from visitors' conversations of a workspace.
create table oneai.visitor_mail_refusals (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  address_hash bytea not null,
  created_at timestamptz not null default oneai.now(),
  primary key (workspace_id, address_hash)
);

-- Workspaces that send no mail to visitors until a time, because too much of it came back.
create table oneai.visitor_mail_stops (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  ends_at timestamptz not null
);

alter table oneai.visitor_mail_addresses enable row level security;
alter table oneai.visitor_mails enable row level security;
alter table oneai.visitor_mail_refusals enable row level security;
alter table oneai.visitor_mail_stops enable row level security;
revoke all on oneai.visitor_mail_addresses, oneai.visitor_mails, oneai.visitor_mail_refusals, oneai.visitor_mail_stops
  from anon, authenticated, service_role;

-- How many mails the workspace may still send to visitors: those of its plan in a day, none while it is stopped or suspended.
create function oneai.visitor_mails_left(p_workspace uuid) returns integer
language plpgsql stable security definer set search_path = ''
as $$
begin
  return coalesce((
    select greatest(p.visitor_mails - (
      select count(*) from oneai.visitor_mails as m
      where m.workspace_id = w.id and m.created_at > oneai.now() - interval '1 day'), 0)
    from oneai.workspaces as w join oneai.plan_chatbots as p on p.tier = w.subscription_tier
    where w.id = p_workspace and w.suspended_at is null and w.deletes_at is null and w.chatbots_suspended_at is null
      and not exists (select from oneai.visitor_mail_stops as s where s.workspace_id = w.id and s.ends_at > oneai.now())), 0);
end
$$;
revoke execute on function oneai.visitor_mails_left from public;

-- Whether no mail of the workspace may go to this address: it bounced, complained, or its owner refused.
create function oneai.visitor_address_refused(p_workspace uuid, p_hash bytea) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (select from oneai.mail_suppressions as s where s.address_hash = p_hash)
    or exists (select from oneai.visitor_mail_refusals as r where r.workspace_id = p_workspace and r.address_hash = p_hash);
end
$$;
revoke execute on function oneai.visitor_address_refused from public;

-- Counts a mail to a visitor before it is queued; false, with nothing counted, if the workspace or the address gets no more
-- of this kind today: an address at most three confirmations and twelve others, from all workspaces together.
create function oneai.take_visitor_mail(p_workspace uuid, p_hash bytea, p_kind text) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  most constant integer := case p_kind when 'confirmation' then 3 else 12 end;
begin
  -- So that mails that come together cannot pass together.
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('visitor mail ', p_workspace), 0));
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('visitor mail ', p_hash), 0));
  if oneai.visitor_mails_left(p_workspace) = 0 or oneai.visitor_address_refused(p_workspace, p_hash) or (
    select count(*) from oneai.visitor_mails as m
    where m.address_hash = p_hash and m.kind = p_kind and m.created_at > oneai.now() - interval '1 day') >= most
  then
    return false;
  end if;
  insert into oneai.visitor_mails (workspace_id, address_hash, kind) values (p_workspace, p_hash, p_kind);
  return true;
end
$$;
revoke execute on function oneai.take_visitor_mail from public;

-- Whether members' messages are mailed to the visitor: `confirmed`; `unconfirmed`: the link was not pressed yet; `offered`: an
-- address can be left; `none`.
create function oneai.visitor_mail_state(i oneai.inbox_conversations) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  address oneai.visitor_mail_addresses;
begin
  select * into address from oneai.visitor_mail_addresses as a where a.conversation_id = i.conversation_id;
  return case
    when address.confirmed_at is not null then 'confirmed'
    when coalesce(address.token_expires_at, address.asked_at + interval '1 day') > oneai.now() then 'unconfirmed'
    when i.status = 'open' and oneai.visitor_mails_left(i.workspace_id) > 0 then 'offered'
    else 'none' end;
end
$$;
revoke execute on function oneai.visitor_mail_state from public;

-- Queues a mail about the conversation to an address, which was counted.
create function oneai.enqueue_visitor_mail(
  p_kind text, p_cause_key text, i oneai.inbox_conversations, p_hash bytea, p_after integer) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.outbox (kind, cause_key, data) values (p_kind, p_cause_key, jsonb_build_object(
    'conversation_id', i.conversation_id, 'workspace_id', i.workspace_id, 'address_hash', encode(p_hash, 'hex'), 'after', p_after))
  on conflict (kind, cause_key) do nothing;
end
$$;
revoke execute on function oneai.enqueue_visitor_mail from public;

-- Stores the address to which the visitor wants answers, where people are asked for and the plan has mail, and queues the mail
-- that confirms it. Returns {mail (oneai.visitor_mail_state)}, which does not say whether the address gets mail at all. An
-- address in place of another one is unconfirmed. ON404; ON429 `address_limit` after p_most of the network in a day.
create function oneai.leave_mail_address(
  p_public_id text, p_visitor uuid, p_conversation uuid, p_network bytea, p_most integer, p_email text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
  hash constant bytea := oneai.address_hash(p_email);
  i oneai.inbox_conversations;
begin
  perform from oneai.conversations as t
  where t.id = p_conversation and t.visitor_id = p_visitor and t.chatbot_id = c.id for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  select * into i from oneai.inbox_conversations as n where n.conversation_id = p_conversation;
  if i.status = 'open' and oneai.visitor_mails_left(i.workspace_id) > 0 and not exists (
    select from oneai.visitor_mail_addresses as a
    where a.conversation_id = p_conversation and a.email = p_email and a.confirmed_at is not null)
  then
    perform oneai.take_request_of_network(c.id, p_network, 'mail', p_most, p_visitor);
    insert into oneai.visitor_mail_addresses as a (conversation_id, email, read_number)
    select p_conversation, p_email, coalesce(max(m.sequence_number), 0)
    from oneai.chat_messages as m where m.conversation_id = p_conversation and m.is_latest
    on conflict (conversation_id) do update set email = excluded.email, asked_at = oneai.now(), token_hash = null,
      token_expires_at = null, confirmed_at = null, read_number = excluded.read_number, mail_due_at = null;
    if oneai.take_visitor_mail(i.workspace_id, hash, 'confirmation') then
      perform oneai.enqueue_visitor_mail(
        'visitor_confirmation', concat_ws('/', p_conversation, extract(epoch from oneai.now())), i, hash, 0);
    end if;
  end if;
  return jsonb_build_object('mail', oneai.visitor_mail_state(i));
end
$$;
revoke execute on function oneai.leave_mail_address from public;
grant execute on function oneai.leave_mail_address to oneai_app;

-- The owner of the address has pressed the link with this token; whether it is valid. Again: the same.
create function oneai.confirm_visitor_mail(p_hash bytea) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.visitor_mail_addresses set confirmed_at = coalesce(confirmed_at, oneai.now())
  where token_hash = p_hash and (confirmed_at is not null or token_expires_at > oneai.now());
  return found;
end
$$;
revoke execute on function oneai.confirm_visitor_mail from public;
grant execute on function oneai.confirm_visitor_mail to oneai_app;

-- A member's message is mailed in five minutes, unless the visitor reads it before. The conversation is locked.
create function oneai.mail_later_to_visitor(p_conversation uuid) returns void
language sql security definer set search_path = ''
as $$
  update oneai.visitor_mail_addresses set mail_due_at = coalesce(mail_due_at, oneai.now() + interval '5 minutes')
  where conversation_id = p_conversation
$$;
revoke execute on function oneai.mail_later_to_visitor from public;

-- The visitor has read the conversation up to this message.
create function oneai.read_by_visitor(p_conversation uuid, p_number integer) returns void
language sql security definer set search_path = ''
as $$
  update oneai.visitor_mail_addresses set read_number = p_number, mail_due_at = null
  where conversation_id = p_conversation and read_number < p_number
$$;
revoke execute on function oneai.read_by_visitor from public;

-- Members' messages that the visitor has neither read nor was mailed, after a number: [{name, text}], at most the last twenty.
create function oneai.unread_by_visitor(address oneai.visitor_mail_addresses, p_after integer)
returns table (number integer, name text, content text)
language plpgsql stable security definer set search_path = '' rows 20
as $$
begin
  return query
  select n.* from (
    select m.sequence_number, oneai.member_name(w.member_id, m.workspace_id), m.content
    from oneai.chat_messages as m left join oneai.member_messages as w on w.message_id = m.id
    where m.conversation_id = address.conversation_id and m.is_latest and m.role = 'assistant' and m.model_id = 'member'
      and m.sequence_number > greatest(address.read_number, p_after)
    order by m.sequence_number desc limit 20) as n
  order by 1;
end
$$;
revoke execute on function oneai.unread_by_visitor from public;

-- Queues the next due mail with members' messages; how many were looked at: 0 or 1. What is over a limit is tried again in an hour.
create function oneai.enqueue_due_visitor_mail() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  address oneai.visitor_mail_addresses;
  i oneai.inbox_conversations;
  hash bytea;
  due timestamptz;
begin
  select * into address from oneai.visitor_mail_addresses as a
  where a.confirmed_at is not null and a.mail_due_at <= oneai.now()
  order by a.mail_due_at limit 1 for update skip locked;
  if not found then
    return 0;
  end if;
  select * into i from oneai.inbox_conversations as n where n.conversation_id = address.conversation_id;
  hash := oneai.address_hash(address.email);
  if exists (select from oneai.unread_by_visitor(address, address.mailed_number)) then
    if oneai.take_visitor_mail(i.workspace_id, hash, 'messages') then
      perform oneai.enqueue_visitor_mail('visitor_messages',
        concat_ws('/', i.conversation_id, extract(epoch from address.mail_due_at)), i, hash, address.mailed_number);
    else
      due := oneai.now() + interval '1 hour';
    end if;
  end if;
  update oneai.visitor_mail_addresses set mail_due_at = due where conversation_id = address.conversation_id;
  return 1;
end
$$;
revoke execute on function oneai.enqueue_due_visitor_mail from public;
grant execute on function oneai.enqueue_due_visitor_mail to oneai_app;

-- Ends mail from the workspace to an address for good.
create function oneai.refuse_visitor_mail(p_workspace uuid, p_hash bytea) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.visitor_mail_refusals (workspace_id, address_hash)
  select w.id, p_hash from oneai.workspaces as w where w.id = p_workspace
  on conflict do nothing;
end
$$;
revoke execute on function oneai.refuse_visitor_mail from public;

-- An address bounced or complained: its newest mail of the last seven days counts as failed. Stops mail to visitors of that
-- workspace for thirty days if more than one in a hundred of its mails of thirty days failed, and it sent a hundred or five failed.
-- Whether it does.
create function oneai.count_failed_visitor_mail(p_hash bytea) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  workspace uuid;
  sums record;
begin
  update oneai.visitor_mails as m set failed = true
  where m.id = (
    select n.id from oneai.visitor_mails as n
    where n.address_hash = p_hash and n.created_at > oneai.now() - interval '7 days' order by n.created_at desc, n.id desc limit 1)
  returning m.workspace_id into workspace;
  select count(*) as mails, count(*) filter (where m.failed) as failed into sums
  from oneai.visitor_mails as m where m.workspace_id = workspace and m.created_at > oneai.now() - interval '30 days';
  if sums.failed * 100 <= sums.mails or (sums.mails < 100 and sums.failed < 5) or exists (
    select from oneai.visitor_mail_stops as s where s.workspace_id = workspace and s.ends_at > oneai.now())
  then
    return false;
  end if;
  insert into oneai.visitor_mail_stops (workspace_id, ends_at) values (workspace, oneai.now() + interval '30 days')
  on conflict (workspace_id) do update set ends_at = excluded.ends_at;
  perform oneai.raise_alert('visitor_mail_stopped', workspace::text, to_jsonb(sums));
  perform oneai.enqueue_mail(oneai.owner_of(workspace), 'visitor_mail_stopped',
    concat_ws('/', workspace, extract(epoch from oneai.now())),
    to_jsonb(sums) || jsonb_build_object('workspace_id', workspace, 'ends_at', oneai.now() + interval '30 days'));
  return true;
end
$$;
revoke execute on function oneai.count_failed_visitor_mail from public;

-- An address is confirmed for the workspace in which it was left, and for no other one to which the chatbot moves.
create function oneai.forget_mail_address_of_moved() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  delete from oneai.visitor_mail_addresses where conversation_id = new.conversation_id;
  return null;
end
$$;
revoke execute on function oneai.forget_mail_address_of_moved from public;

create trigger forget_mail_address_of_moved after update of workspace_id on oneai.inbox_conversations
  for each row when (old.workspace_id <> new.workspace_id) execute function oneai.forget_mail_address_of_moved();

-- Deletes at most p_limit addresses that were not confirmed in seven days; returns how many. Their links and the mail that has
-- them ended before. Such an address may be that of someone who never saw the chat.
create function oneai.delete_unconfirmed_mail_addresses(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted integer;
begin
  delete from oneai.visitor_mail_addresses where conversation_id in (
    select a.conversation_id from oneai.visitor_mail_addresses as a
    where a.confirmed_at is null and a.asked_at <= oneai.now() - interval '7 days'
    order by a.asked_at limit p_limit for update skip locked);
  get diagnostics deleted = row_count;
  return deleted;
end
$$;
revoke execute on function oneai.delete_unconfirmed_mail_addresses from public;
grant execute on function oneai.delete_unconfirmed_mail_addresses to oneai_app;

-- Deletes at most p_limit rows of mail to visitors that no limit and no share of failed mail counts any more; returns how many.
create function oneai.delete_old_visitor_mails(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  deleted integer;
begin
  delete from oneai.visitor_mails where id in (
    select m.id from oneai.visitor_mails as m where m.created_at <= oneai.now() - interval '31 days'
    order by m.created_at limit p_limit for update skip locked);
  get diagnostics deleted = row_count;
  return deleted;
end
$$;
revoke execute on function oneai.delete_old_visitor_mails from public;
grant execute on function oneai.delete_old_visitor_mails to oneai_app;
