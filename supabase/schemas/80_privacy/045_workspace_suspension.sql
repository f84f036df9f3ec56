-- Suspends a team, or ends that; false if nothing changes. Its members are refused from the next request on, and so are
-- its API keys; files of its conversations that they or former members exported end. Subscriptions continue to be charged
-- until they are cancelled. A personal workspace is suspended with its user. Raises ON404 for an unknown workspace, ON409
-- personal_workspace.
create function oneai.set_workspace_suspended(p_workspace uuid, p_suspended boolean) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  suspended oneai.workspaces;
begin
  select * into suspended from oneai.workspaces where id = p_workspace for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  elsif suspended.kind = 'personal' then
    raise exception using errcode = 'ON409', message = 'personal_workspace';
  elsif (suspended.suspended_at is not null) = p_suspended then
    return false;
  end if;
  update oneai.workspaces
  set suspended_at = case when p_suspended then oneai.now() end, updated_at = oneai.now() where id = p_workspace;
  if p_suspended then
    perform oneai.end_exports(array(
      select m.user_id from oneai.workspace_members as m where m.workspace_id = p_workspace));
    update oneai.exports set expires_at = oneai.now()
    where state = 'done' and expires_at > oneai.now()
      and departure_id in (select d.id from oneai.departures as d where d.workspace_id = p_workspace);
  end if;
  return true;
end
$$;
revoke execute on function oneai.set_workspace_suspended from public;
grant execute on function oneai.set_workspace_suspended to oneai_admin;
grant execute on function oneai.owner_of to oneai_admin;

-- Admins list workspaces by creation, and find teams by the start of their name.
create index workspaces_by_creation on oneai.workspaces (created_at, id);
create index teams_by_name on oneai.workspaces (lower(name::text) collate "C", id) where kind = 'team';

-- How much a workspace has, for admins, who read neither chats nor documents.
create function oneai.workspace_use(p_workspace uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'conversations', (select count(*) from oneai.conversations as c where c.workspace_id = p_workspace),
    'documents', (select count(*) from oneai.documents as d where d.workspace_id = p_workspace),
    'api_keys', (select count(*) from oneai.api_keys as k where k.workspace_id = p_workspace and k.revoked_at is null))
$$;
revoke execute on function oneai.workspace_use from public;
grant execute on function oneai.workspace_use to oneai_admin;
