-- The end of a membership: by removal, or because the member leaves.

-- Ends a membership in a team that the caller has locked: access ends with the next request, and the keys that the user
-- made there and their invitations are revoked. An answer that is being written ends and is charged, because the reservation is the
-- workspace's.
create function oneai.end_membership(p_workspace uuid, p_member uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.api_keys set revoked_at = oneai.now()
  where workspace_id = p_workspace and user_id = p_member and revoked_at is null;
  perform oneai.revoke_invitations_of(p_workspace, p_member);
  delete from oneai.workspace_members where workspace_id = p_workspace and user_id = p_member;
end
$$;
revoke execute on function oneai.end_membership from public;

-- Removes a member, at most of one's own role. ON404 for a user who is no member; ON403; ON409 for the last
-- owner.
create function oneai.remove_member(p_user uuid, p_workspace uuid, p_member uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  own_role constant text := oneai.lock_team(p_user, p_workspace, 'manage');
  removed constant text := (
    select m.role from oneai.workspace_members as m where m.workspace_id = p_workspace and m.user_id = p_member);
begin
  if removed is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.require_rank(own_role, removed);
  if removed = 'owner' then
    perform oneai.require_other_owner(p_workspace, p_member);
  end if;
  perform oneai.end_membership(p_workspace, p_member);
  perform oneai.record_audit(
    'user', p_user::text, 'member.remove', p_member, 'workspace', p_workspace::text,
    p_detail => jsonb_build_object('role', removed));
end
$$;
revoke execute on function oneai.remove_member from public;
grant execute on function oneai.remove_member to oneai_app;

-- Ends the user's own membership, also without the second factor that the team requires. ON404, ON409 for a personal workspace and for the last owner.
create function oneai.leave_workspace(p_user uuid, p_reference text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  left_workspace constant uuid := oneai.find_workspace(p_reference);
  own_role text;
begin
  perform 1 from oneai.workspaces where id = left_workspace for no key update;
  own_role := oneai.require_role(p_user, left_workspace, 'read');
  perform oneai.require_team(left_workspace);
  if own_role = 'owner' then
    perform oneai.require_other_owner(left_workspace, p_user);
  end if;
  perform oneai.end_membership(left_workspace, p_user);
  perform oneai.record_audit(
    'user', p_user::text, 'member.leave', p_user, 'workspace', left_workspace::text,
    p_detail => jsonb_build_object('role', own_role));
end
$$;
revoke execute on function oneai.leave_workspace from public;
grant execute on function oneai.leave_workspace to oneai_app;
