-- Members of a team: listed, and given roles.

-- ON409 for a personal workspace, which has no team.
create function oneai.require_team(p_workspace uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if exists (select from oneai.workspaces as w where w.id = p_workspace and w.kind = 'personal') then
    raise exception using errcode = 'ON409', message = 'personal_workspace';
  end if;
end
$$;
revoke execute on function oneai.require_team from public;

-- Locks a team for any change of its members, so that two cannot pass together. Returns the
-- user's role, which has the right. ON404, ON403, ON409 for a personal workspace.
create function oneai.lock_team(p_user uuid, p_workspace uuid, p_right text) returns text
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  perform oneai.require_right(p_user, p_workspace, 'read');
  perform oneai.require_team(p_workspace);
  return oneai.require_right(p_user, p_workspace, p_right);
end
$$;
revoke execute on function oneai.lock_team from public;

-- ON403 if a role with this rank may not give, change or take the other role, which is above its own.
create function oneai.require_rank(p_role text, p_other text) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if oneai.role_rank(p_role) < oneai.role_rank(p_other) then
    raise exception using errcode = 'ON403', message = 'role_insufficient',
      detail = json_build_object('required_role', p_other);
  end if;
end
$$;
revoke execute on function oneai.require_rank from public;

-- Whether the workspace has an owner besides this user. One whose account is being deleted does not count: a workspace
-- always has an owner. The caller has locked the workspace.
create function oneai.has_other_owner(p_workspace uuid, p_user uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.workspace_members as m join oneai.users as u on u.id = m.user_id
    where m.workspace_id = p_workspace and m.role = 'owner' and m.user_id <> p_user and u.deletes_at is null)
$$;
revoke execute on function oneai.has_other_owner from public;

-- ON409 if the user is the only owner of the workspace, which the caller has locked.
create function oneai.require_other_owner(p_workspace uuid, p_user uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if not oneai.has_other_owner(p_workspace, p_user) then
    raise exception using errcode = 'ON409', message = 'last_owner';
  end if;
end
$$;
revoke execute on function oneai.require_other_owner from public;

-- The seats that members take: owners, admins and members.
create function oneai.seats_of_members(p_workspace uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select count(*)::integer from oneai.workspace_members as m where m.workspace_id = p_workspace and m.role <> 'viewer'
$$;
revoke execute on function oneai.seats_of_members from public;

-- The seats that are taken, with those of open invitations.
create function oneai.seats_taken(p_workspace uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select (
    oneai.seats_of_members(p_workspace)
    + (select count(*) from oneai.invitations as i
       where i.workspace_id = p_workspace and i.role <> 'viewer' and oneai.invitation_state(i) = 'open'))::integer
$$;
revoke execute on function oneai.seats_taken from public;

-- ON409 `no_seat_left` for a member without a seat, where a team has more members than its plan has seats: owners have
-- theirs first, then those who joined first. A team without a plan has no units that a seat could use.
create function oneai.require_own_seat(p_user uuid, payer oneai.workspaces) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  taken integer;
begin
  if payer.kind <> 'team' or payer.plan_limits is null then
    return;
  end if;
  taken := oneai.seats_of_members(payer.id);
  if taken > payer.seats and p_user = any (array(select m.user_id from oneai.members_without_seat(payer.id, payer.seats) as m))
  then
    raise exception using errcode = 'ON409', message = 'no_seat_left', detail = json_build_object(
      'seats', payer.seats, 'seats_taken', taken, 'refusal', json_build_object('code', 'no_own_seat'));
  end if;
end
$$;
revoke execute on function oneai.require_own_seat from public;

-- The members who have no seat if the team has `p_seats`, the newest first.
create function oneai.members_without_seat(p_workspace uuid, p_seats integer)
returns table (user_id uuid, joined_at timestamptz)
language sql stable security definer set search_path = ''
as $$
  select m.user_id, m.joined_at from oneai.workspace_members as m
  where m.workspace_id = p_workspace and m.role <> 'viewer'
  order by m.role = 'owner', m.joined_at desc, m.user_id desc
  limit greatest(oneai.seats_of_members(p_workspace) - p_seats, 0)
$$;
revoke execute on function oneai.members_without_seat from public;

-- ON409 unless `p_more` more seats are free in the workspace, which the caller has locked.
create function oneai.require_seats(p_workspace uuid, p_more integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  bought constant integer := oneai.seats_to_fill(p_workspace);
  taken constant integer := oneai.seats_taken(p_workspace);
begin
  if p_more > 0 and taken + p_more > bought then
    raise exception using errcode = 'ON409', message = 'no_seat_left', detail = json_build_object(
      'seats', bought, 'seats_taken', taken);
  end if;
end
$$;
revoke execute on function oneai.require_seats from public;

-- ON409 unless `p_more` more viewers fit: five, and five for each seat.
create function oneai.require_viewers(p_workspace uuid, p_more integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  most constant integer := (select 5 + 5 * w.seats from oneai.workspaces as w where w.id = p_workspace);
  taken constant integer := (
    (select count(*) from oneai.workspace_members as m where m.workspace_id = p_workspace and m.role = 'viewer')
    + (select count(*) from oneai.invitations as i
       where i.workspace_id = p_workspace and i.role = 'viewer' and oneai.invitation_state(i) = 'open'));
begin
  if p_more > 0 and taken + p_more > most then
    raise exception using errcode = 'ON409', message = 'no_seat_left', detail = json_build_object(
      'viewers', most, 'viewers_taken', taken);
  end if;
end
$$;
revoke execute on function oneai.require_viewers from public;

-- The place that a user with this role takes, who had the role `p_before` (null: none). ON409 if there is none.
create function oneai.require_place(p_workspace uuid, p_before text, p_role text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if p_role = 'viewer' and p_before is distinct from 'viewer' then
    perform oneai.require_viewers(p_workspace, 1);
  elsif p_role <> 'viewer' and coalesce(p_before, 'viewer') = 'viewer' then
    perform oneai.require_seats(p_workspace, 1);
  end if;
end
$$;
revoke execute on function oneai.require_place from public;

-- What a member has used of each quota of the team in its current window.
create function oneai.member_used(p_workspace uuid, p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_object_agg(q.quota_key, s.used), '{}')
  from oneai.usage_quotas as q cross join lateral oneai.member_share(q, p_user) as s
  where q.workspace_id = p_workspace and oneai.effective_limit(q, oneai.now()) is not null
$$;
revoke execute on function oneai.member_used from public;

-- A member as other members see them; `used` is null unless p_shows_use.
create function oneai.member_json(m oneai.workspace_members, p_shows_use boolean) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'user_id', m.user_id, 'name', u.name, 'email', u.email, 'role', m.role, 'joined_at', m.joined_at,
    'usage_limit_percent', m.usage_limit_percent,
    'used', case when p_shows_use then oneai.member_used(m.workspace_id, m.user_id) end)
  from oneai.users as u where u.id = m.user_id
$$;
revoke execute on function oneai.member_json from public;

-- A page of a team's members, the first who joined first. Owners and admins see what each has used, others what they
-- have used themselves. ON404, ON409 for a personal workspace.
create function oneai.list_members(
  p_user uuid, p_workspace uuid, p_after_joined timestamptz, p_after uuid, p_limit integer) returns setof jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  manages constant boolean := oneai.role_has_right(oneai.require_right(p_user, p_workspace, 'read'), 'manage');
begin
  perform oneai.require_team(p_workspace);
  return query select oneai.member_json(m, manages or m.user_id = p_user) from oneai.workspace_members as m
  where m.workspace_id = p_workspace
    and (p_after is null or (m.joined_at, m.user_id) > (p_after_joined, p_after))
  order by m.joined_at, m.user_id limit p_limit;
end
$$;
revoke execute on function oneai.list_members from public;
grant execute on function oneai.list_members to oneai_app;

-- Revokes the open invitations of a user who may no longer invite, which frees their seats.
create function oneai.revoke_invitations_of(p_workspace uuid, p_user uuid) returns void
language sql security definer set search_path = ''
as $$
  update oneai.invitations set revoked_at = oneai.now()
  where workspace_id = p_workspace and user_id = p_user and accepted_at is null and revoked_at is null
$$;
revoke execute on function oneai.revoke_invitations_of from public;

-- Sets the fields of a member in p_changes: `role`, and `usage_limit_percent` (null: no limit). A role above one's own
-- is neither given nor changed, and a rise from viewer takes a seat. ON404 for a user who is no member; ON403; ON409 for
-- the last owner and without a seat; ON422 for an owner of too many teams without a plan.
create function oneai.change_member(p_user uuid, p_workspace uuid, p_member uuid, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  own_role constant text := oneai.lock_team(p_user, p_workspace, 'manage');
  new_role constant text := p_changes ->> 'role';
  member oneai.workspace_members;
begin
  select * into member from oneai.workspace_members where workspace_id = p_workspace and user_id = p_member;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.require_rank(own_role, member.role);
  if new_role is not null and new_role <> member.role then
    perform oneai.require_rank(own_role, new_role);
    if member.role = 'owner' then
      perform oneai.require_other_owner(p_workspace, p_member);
    end if;
    if new_role = 'owner' then
      perform oneai.require_room_for_team(p_member, p_workspace, 'role');
    end if;
    perform oneai.require_place(p_workspace, member.role, new_role);
    update oneai.workspace_members set role = new_role where workspace_id = p_workspace and user_id = p_member;
    if not oneai.role_has_right(new_role, 'manage') then
      perform oneai.revoke_invitations_of(p_workspace, p_member);
    end if;
    perform oneai.record_audit(
      'user', p_user::text, 'member.role', p_member, 'workspace', p_workspace::text,
      p_detail => jsonb_build_object('before', member.role, 'after', new_role));
    if 'owner' in (member.role, new_role) then
      perform oneai.mail_change_of_owners(p_workspace, p_member);
    end if;
    member.role := new_role;
  end if;
  if p_changes ? 'usage_limit_percent' then
    -- Else an admin could end the limit that an owner gave them.
    if p_member = p_user then
      perform oneai.require_rank(own_role, 'owner');
    end if;
    update oneai.workspace_members set usage_limit_percent = (p_changes ->> 'usage_limit_percent')::integer
    where workspace_id = p_workspace and user_id = p_member;
    perform oneai.record_audit(
      'user', p_user::text, 'member.limit', p_member, 'workspace', p_workspace::text,
      p_detail => jsonb_build_object(
        'before', member.usage_limit_percent, 'after', p_changes -> 'usage_limit_percent'));
    member.usage_limit_percent := (p_changes ->> 'usage_limit_percent')::integer;
  end if;
  return oneai.member_json(member, true);
end
$$;
revoke execute on function oneai.change_member from public;
grant execute on function oneai.change_member to oneai_app;
