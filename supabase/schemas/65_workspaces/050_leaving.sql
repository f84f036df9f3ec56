-- The end of a membership: by removal, or because the member leaves.

-- ON422 unless the heir of a member is another member of the team who may own things there. Null: no one inherits.
create function oneai.require_heir(p_workspace uuid, p_member uuid, p_heir uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_heir is not null and (p_heir = p_member or not exists (
    select from oneai.workspace_members as m join oneai.users as u on u.id = m.user_id
    where m.workspace_id = p_workspace and m.user_id = p_heir and oneai.role_has_right(m.role, 'write')
      and u.deletes_at is null))
  then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "heir_user_id", "code": "not_a_member"}]}';
  end if;
end
$$;
revoke execute on function oneai.require_heir from public;

-- Gives a member's private documents and collections in a team to their heir there. Documents of a collection whose name
-- the heir has already leave it.
create function oneai.inherit_documents(p_workspace uuid, p_member uuid, p_heir uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.documents set collection_id = null
  where workspace_id = p_workspace and collection_id in (
    select c.id from oneai.collections as c
    join oneai.collections as h on h.workspace_id = c.workspace_id and lower(h.name) = lower(c.name)
    where c.workspace_id = p_workspace and c.user_id = p_member and c.visibility = 'private'
      and h.user_id = p_heir and h.visibility = 'private');
  delete from oneai.collections as c using oneai.collections as h
  where c.workspace_id = p_workspace and c.user_id = p_member and c.visibility = 'private'
    and h.workspace_id = p_workspace and h.user_id = p_heir and h.visibility = 'private'
    and lower(h.name) = lower(c.name);
  update oneai.collections set user_id = p_heir
  where workspace_id = p_workspace and user_id = p_member and visibility = 'private';
  update oneai.documents set user_id = p_heir
  where workspace_id = p_workspace and user_id = p_member and visibility = 'private' and not attached;
end
$$;
revoke execute on function oneai.inherit_documents from public;

-- Decides what becomes of all that a member owns alone in a team, which the caller has locked. Private documents are the
-- heir's. Without an heir they wait for `p_days`, as private conversations always do; if the membership says so, the
-- member gets a mail with a link to download the conversations. Public links to their conversations there end, and so do
-- uploads whose file has not arrived. What was shared with the team stays.
create function oneai.depart(p_workspace uuid, p_member uuid, p_heir uuid, p_days integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  d oneai.departures;
begin
  delete from oneai.documents where workspace_id = p_workspace and user_id = p_member and arrived_at is null;
  if p_heir is not null then
    perform oneai.inherit_documents(p_workspace, p_member, p_heir);
  end if;
  update oneai.shares as s set revoked_at = oneai.now()
  from oneai.conversations as c
  where c.id = s.conversation_id and s.user_id = p_member and c.workspace_id = p_workspace and s.revoked_at is null;
  insert into oneai.departures (workspace_id, user_id, may_download, expires_at)
  select p_workspace, p_member, m.may_download, oneai.now() + make_interval(days => p_days)
  from oneai.workspace_members as m
  where m.workspace_id = p_workspace and m.user_id = p_member and (
    exists (
      select from oneai.conversations as c
      where c.workspace_id = p_workspace and c.user_id = p_member and c.visibility = 'private' and not c.temporary)
    or exists (
      select from oneai.documents as o
      where o.workspace_id = p_workspace and o.user_id = p_member and o.visibility = 'private')
    or exists (
      select from oneai.collections as k
      where k.workspace_id = p_workspace and k.user_id = p_member and k.visibility = 'private'))
  on conflict (workspace_id, user_id) do update set may_download = excluded.may_download, token_hash = null,
    left_at = excluded.left_at, expires_at = excluded.expires_at
  returning * into d;
  if d.may_download and exists (select from oneai.conversations_of_departure(d.id)) then
    perform oneai.enqueue_mail(p_member, 'departure', concat_ws('/', d.id, extract(epoch from d.left_at)), jsonb_build_object(
      'departure', d.id, 'workspace', w.name, 'expires_at', d.expires_at))
    from oneai.workspaces as w where w.id = p_workspace;
  end if;
end
$$;
revoke execute on function oneai.depart from public;

-- Ends a membership in a team that the caller has locked: access ends with the next request, and the keys that the user
-- made there and their invitations are revoked. An answer that is being written ends and is charged, because the
-- reservation is the workspace's.
create function oneai.end_membership(p_workspace uuid, p_member uuid, p_heir uuid, p_days integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  owned constant boolean := exists (
    select from oneai.workspace_members where workspace_id = p_workspace and user_id = p_member and role = 'owner');
begin
  perform oneai.require_heir(p_workspace, p_member, p_heir);
  update oneai.api_keys set revoked_at = oneai.now()
  where workspace_id = p_workspace and user_id = p_member and revoked_at is null;
  perform oneai.revoke_invitations_of(p_workspace, p_member);
  perform oneai.depart(p_workspace, p_member, p_heir, p_days);
  delete from oneai.workspace_members where workspace_id = p_workspace and user_id = p_member;
  if owned then
    perform oneai.mail_change_of_owners(p_workspace, p_member);
  end if;
end
$$;
revoke execute on function oneai.end_membership from public;

-- Removes a member, at most of one's own role; `p_heir` inherits what they own alone, and their private conversations
-- wait for `p_days`. ON404 for a user who is no member; ON403; ON409 for the last owner; ON422 for an heir who is no
-- other member.
create function oneai.remove_member(p_user uuid, p_workspace uuid, p_member uuid, p_heir uuid, p_days integer)
returns void
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
  perform oneai.end_membership(p_workspace, p_member, p_heir, p_days);
  perform oneai.record_audit(
    'user', p_user::text, 'member.remove', p_member, 'workspace', p_workspace::text,
    p_detail => jsonb_build_object('role', removed, 'inherited', p_heir is not null));
end
$$;
revoke execute on function oneai.remove_member from public;
grant execute on function oneai.remove_member to oneai_app;

-- Ends the user's own membership, with the same effects, also without the second factor that the team requires.
-- ON404, ON409 for a personal workspace and for the last owner, ON422 for an heir who is no other member.
create function oneai.leave_workspace(p_user uuid, p_reference text, p_heir uuid, p_days integer) returns void
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
  perform oneai.end_membership(left_workspace, p_user, p_heir, p_days);
  perform oneai.record_audit(
    'user', p_user::text, 'member.leave', p_user, 'workspace', left_workspace::text,
    p_detail => jsonb_build_object('role', own_role, 'inherited', p_heir is not null));
end
$$;
revoke execute on function oneai.leave_workspace from public;
grant execute on function oneai.leave_workspace to oneai_app;
