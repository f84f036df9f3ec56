-- Who of the team has a conversation open, and who writes in it: for moments, and never a change of the inbox. The table is
-- unlogged, because a crash of Postgres ends these moments anyway.

create unlogged table oneai.inbox_presence (
  conversation_id uuid not null references oneai.inbox_conversations (conversation_id) on delete cascade,
  user_id uuid not null references oneai.users (id) on delete cascade,
  workspace_id uuid not null,
  present_until timestamptz not null,
  typing_until timestamptz,
  primary key (conversation_id, user_id)
);
create index inbox_presence_of_workspace on oneai.inbox_presence (workspace_id, present_until);
create index inbox_presence_of_user on oneai.inbox_presence (user_id);

alter table oneai.inbox_presence enable row level security;
create policy "service" on oneai.inbox_presence to oneai_service using (true) with check (true);
revoke all on oneai.inbox_presence from anon, authenticated, service_role;
grant select, update, delete on oneai.inbox_presence to oneai_service;

-- The member has the conversation open for the next 30 seconds, and writes in it for the next six (p_typing) or not. ON404,
-- ON403.
create function oneai.be_present(p_user uuid, p_conversation uuid, p_typing boolean) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  workspace constant uuid := (
    select i.workspace_id from oneai.inbox_conversations as i where i.conversation_id = p_conversation
      and i.workspace_id = coalesce(oneai.chosen_workspace(), i.workspace_id));
begin
  if not exists (
    select from oneai.workspace_members as m where m.user_id = p_user and m.workspace_id = workspace)
  then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.require_right(p_user, workspace, 'write');
  insert into oneai.inbox_presence as p (conversation_id, user_id, workspace_id, present_until, typing_until)
  values (p_conversation, p_user, workspace, oneai.now() + interval '30 seconds',
    case when p_typing then oneai.now() + interval '6 seconds' end)
  on conflict (conversation_id, user_id) do update
  set workspace_id = excluded.workspace_id, present_until = excluded.present_until, typing_until = excluded.typing_until;
end
$$;
revoke execute on function oneai.be_present from public;
grant execute on function oneai.be_present to oneai_app;

-- The other members who have conversations of the workspace open: [{conversation_id, member: {user_id, name}, typing}].
create function oneai.present_members(p_user uuid, p_workspace uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('conversation_id', p.conversation_id,
      'member', oneai.author_of(p.user_id, p.workspace_id), 'typing', coalesce(p.typing_until > oneai.now(), false))
      order by p.conversation_id, p.user_id), '[]')
    from oneai.inbox_presence as p
    join oneai.inbox_conversations as i using (conversation_id, workspace_id)
    where p.workspace_id = p_workspace and p.present_until > oneai.now() and p.user_id <> p_user);
end
$$;
revoke execute on function oneai.present_members from public;

-- Whether a member writes to this visitor now.
create function oneai.member_types(p_conversation uuid) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from oneai.inbox_presence as p where p.conversation_id = p_conversation and p.typing_until > oneai.now());
end
$$;
revoke execute on function oneai.member_types from public;
