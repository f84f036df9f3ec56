-- What a role may do in a workspace. The table of roles and rights is in docs/api.md.

-- The lowest role that has this right: `read`, `write` (asks, makes and changes), `manage` (members, keys, settings),
-- `spend` (plan and seats) or `own` (transfer, deletion). Null for another word.
create function oneai.role_of_right(p_right text) returns text
language sql immutable
as $$
  select case p_right when 'read' then 'viewer' when 'write' then 'member' when 'manage' then 'admin'
    when 'spend' then 'owner' when 'own' then 'owner' end
$$;
revoke execute on function oneai.role_of_right from public;
grant execute on function oneai.role_of_right to authenticated, oneai_service, oneai_app;

-- 1 for a viewer to 4 for an owner, so that roles can be compared. Null for another word.
create function oneai.role_rank(p_role text) returns integer
language sql immutable
as $$ select array_position(array['viewer', 'member', 'admin', 'owner'], p_role) $$;
revoke execute on function oneai.role_rank from public;
grant execute on function oneai.role_rank to authenticated, oneai_service, oneai_app;

create function oneai.role_has_right(p_role text, p_right text) returns boolean
language sql immutable
as $$ select coalesce(oneai.role_rank(p_role) >= oneai.role_rank(oneai.role_of_right(p_right)), false) $$;
revoke execute on function oneai.role_has_right from public;
grant execute on function oneai.role_has_right to authenticated, oneai_service, oneai_app;

-- Refuses a role that lacks the right with ON403 `role_insufficient`, which names the lowest one that has it.
create function oneai.require_role_right(p_role text, p_right text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if not oneai.role_has_right(p_role, p_right) then
    raise exception using errcode = 'ON403', message = 'role_insufficient',
      detail = json_build_object('required_role', oneai.role_of_right(p_right));
  end if;
end
$$;
revoke execute on function oneai.require_role_right from public;

-- The user's role in the workspace, if it has this right there. ON404 `workspace_not_found` is the same for a workspace
-- that does not exist, one of others, and one in deletion whose owner the user is not. ON403 `role_insufficient`,
-- `workspace_suspended`, and `workspace_deleting` for owners, who only read and restore it then. Only leaving needs no
-- more than this: everything else asks oneai.require_right.
create function oneai.require_role(p_user uuid, p_workspace uuid, p_right text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  found_role text;
  suspended boolean;
  ends_at timestamptz;
begin
  select m.role, w.suspended_at is not null, w.deletes_at into found_role, suspended, ends_at
  from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
  where m.user_id = p_user and m.workspace_id = p_workspace;
  if not found or (ends_at is not null and found_role <> 'owner') then
    raise exception using errcode = 'ON404', message = 'workspace_not_found';
  end if;
  if suspended then
    raise exception using errcode = 'ON403', message = 'workspace_suspended';
  end if;
  perform oneai.require_role_right(found_role, p_right);
  if ends_at is not null and p_right not in ('read', 'own') then
    raise exception using errcode = 'ON403', message = 'workspace_deleting', detail = json_build_object(
      'deletes_at', to_char(ends_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
  end if;
  return found_role;
end
$$;
revoke execute on function oneai.require_role from public;

-- As oneai.require_role; also ON403 `second_factor_missing` for members without a second factor in a workspace that
-- requires one. A factor that they have was used for this request. An API key counts as its owner.
create function oneai.require_right(p_user uuid, p_workspace uuid, p_right text) returns text
language plpgsql stable security definer set search_path = ''
as $$
declare
  found_role constant text := oneai.require_role(p_user, p_workspace, p_right);
begin
  if (select w.require_second_factor from oneai.workspaces as w where w.id = p_workspace)
    and not oneai.has_second_factor(p_user)
  then
    raise exception using errcode = 'ON403', message = 'second_factor_missing';
  end if;
  return found_role;
end
$$;
revoke execute on function oneai.require_right from public;
grant execute on function oneai.require_right to oneai_app, oneai_service;

-- The current user's role in the workspace, as oneai.require_right returns it and with its refusals.
create function oneai.require_my_right(p_workspace uuid, p_right text) returns text
language sql stable security definer set search_path = ''
as $$ select oneai.require_right((select auth.uid()), p_workspace, p_right) $$;
revoke execute on function oneai.require_my_right from public;
grant execute on function oneai.require_my_right to authenticated;

-- The workspace that a request chose by its id or slug (in any case), in which the user needs this right. Refuses as
-- oneai.require_right does; a text that is neither is the name of no workspace.
create function oneai.request_workspace(p_user uuid, p_workspace text, p_right text) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  found_id constant uuid := oneai.find_workspace(p_workspace);
begin
  perform oneai.require_right(p_user, found_id, p_right);
  return found_id;
end
$$;
revoke execute on function oneai.request_workspace from public;
grant execute on function oneai.request_workspace to oneai_app;

-- For what a request names by its id: the user has this right in the workspace that it belongs to, which is the one that
-- the request chose, if it chose one. Else ON404 `not_found`, as if it did not exist, and for members as
-- oneai.require_right.
create function oneai.require_named(p_user uuid, p_workspace uuid, p_right text) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_workspace is null or p_workspace <> coalesce(oneai.chosen_workspace(), p_workspace)
    or p_workspace <> p_user and not exists (
      select from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
      where m.user_id = p_user and m.workspace_id = p_workspace and (w.deletes_at is null or m.role = 'owner'))
  then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if p_workspace <> p_user then
    perform oneai.require_right(p_user, p_workspace, p_right);
  end if;
end
$$;
revoke execute on function oneai.require_named from public;

-- The workspaces that a user may change, as oneai.my_writable_workspaces, for statements of the service.
create function oneai.writable_workspaces(p_user uuid) returns setof uuid
language sql stable security definer set search_path = '' rows 1
as $$
  select w.id from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
  where m.user_id = p_user and w.id = coalesce((select oneai.chosen_workspace()), w.id)
    and oneai.role_has_right(m.role, 'write') and w.suspended_at is null and w.deletes_at is null
    and (not w.require_second_factor or oneai.has_second_factor(m.user_id))
$$;
revoke execute on function oneai.writable_workspaces from public;
grant execute on function oneai.writable_workspaces to oneai_service, oneai_app;

-- The workspaces that the current user manages, among them those being deleted as an owner: whose billing they read.
create function oneai.my_managed_workspaces() returns setof uuid
language sql stable security definer set search_path = '' rows 1
as $$
  select w.id from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
  where m.user_id = (select auth.uid()) and w.id = coalesce((select oneai.chosen_workspace()), w.id)
    and oneai.role_has_right(m.role, 'manage') and w.suspended_at is null and (w.deletes_at is null or m.role = 'owner')
    and (not w.require_second_factor or oneai.has_second_factor(m.user_id))
$$;
revoke execute on function oneai.my_managed_workspaces from public;
grant execute on function oneai.my_managed_workspaces to authenticated;
