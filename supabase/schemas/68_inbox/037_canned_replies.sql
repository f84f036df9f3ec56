-- Canned replies: texts that members send often, with variables that oneai/inbox/replies.py fills in.

create table oneai.inbox_replies (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  -- The short name by which members find it.
  name text not null check (name <> '' and octet_length(name) <= 200),
  content text not null check (content <> '' and octet_length(content) <= 16000),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now()
);
create unique index inbox_replies_by_name on oneai.inbox_replies (workspace_id, lower(name));

-- Only functions read it.
alter table oneai.inbox_replies enable row level security;
revoke all on oneai.inbox_replies from anon, authenticated, service_role;

create function oneai.reply_json(r oneai.inbox_replies) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', r.id, 'name', r.name, 'content', r.content, 'created_at', r.created_at,
    'updated_at', r.updated_at)
$$;
revoke execute on function oneai.reply_json from public;

-- What the variables of a reply are in this conversation, for the member who writes it; null: there is no such value.
create function oneai.reply_values(p_user uuid, i oneai.inbox_conversations) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('visitor.name', coalesce(v.name, v.introduced_name), 'visitor.email',
    coalesce(v.email, v.introduced_email), 'member.name', oneai.member_name(p_user, w.id), 'chatbot.name', c.name,
    'workspace.name', oneai.member_name(w.personal_of, w.id))
  from oneai.chatbot_visitors as v, oneai.chatbots as c join oneai.workspaces as w on w.id = c.workspace_id
  where v.id = i.visitor_id and c.id = i.chatbot_id
$$;
revoke execute on function oneai.reply_values from public;

-- The replies of a workspace whose names begin with p_prefix, by name: {items, values (oneai.reply_values of p_conversation;
-- null: none was named)}. The workspace is that of the conversation, else that of the request. ON404, ON403.
create function oneai.list_replies(p_user uuid, p_prefix text, p_conversation uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  i oneai.inbox_conversations;
  named uuid;
begin
  if p_conversation is null then
    named := oneai.require_inbox(p_user);
  else
    i := oneai.require_inbox_row(p_user, p_conversation);
    named := i.workspace_id;
  end if;
  return jsonb_build_object('items', (
    select coalesce(jsonb_agg(oneai.reply_json(r) order by lower(r.name)), '[]') from oneai.inbox_replies as r
    where r.workspace_id = named and starts_with(lower(r.name), lower(p_prefix))),
    'values', case when p_conversation is not null then oneai.reply_values(p_user, i) end);
end
$$;
revoke execute on function oneai.list_replies from public;
grant execute on function oneai.list_replies to oneai_app;

-- A reply that the user may change, locked. ON404, ON403.
create function oneai.require_reply(p_user uuid, p_reply uuid) returns oneai.inbox_replies
language plpgsql security definer set search_path = ''
as $$
declare
  reply oneai.inbox_replies;
begin
  select * into reply from oneai.inbox_replies as r where r.id = p_reply for update;
  perform oneai.require_named(p_user, reply.workspace_id, 'write');
  return reply;
end
$$;
revoke execute on function oneai.require_reply from public;

-- Adds a reply, or changes the name and the content (null: neither) of the one given. A workspace has at most two hundred, each
-- with another name. ON404, ON403, ON422.
create function oneai.save_reply(p_user uuid, p_reply uuid, p_name text, p_content text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  reply oneai.inbox_replies;
  named uuid;
begin
  if p_reply is null then
    named := oneai.require_inbox(p_user);
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('replies ', named), 0));
    perform oneai.refuse_too_many('replies', (
      select count(*) from oneai.inbox_replies as r where r.workspace_id = named), 200);
    insert into oneai.inbox_replies (workspace_id, name, content) values (named, p_name, p_content) returning * into reply;
  else
    reply := oneai.require_reply(p_user, p_reply);
    update oneai.inbox_replies
    set name = coalesce(p_name, name), content = coalesce(p_content, content), updated_at = oneai.now()
    where id = p_reply returning * into reply;
  end if;
  return oneai.reply_json(reply);
exception when unique_violation then
  raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
    jsonb_build_array(jsonb_build_object('field', 'name', 'code', 'repeated')))::text;
end
$$;
revoke execute on function oneai.save_reply from public;
grant execute on function oneai.save_reply to oneai_app;

-- Deletes a reply. ON404, ON403.
create function oneai.delete_reply(p_user uuid, p_reply uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.require_reply(p_user, p_reply);
  delete from oneai.inbox_replies where id = p_reply;
end
$$;
revoke execute on function oneai.delete_reply from public;
grant execute on function oneai.delete_reply to oneai_app;
