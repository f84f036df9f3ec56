-- Looking up an invitation by its token, and accepting it. The token proves the mail, the address proves the person.

-- An address with most of it hidden: `r•••@e•••.com`.
create function oneai.address_hint(p_address text) returns text
language sql immutable
as $$
  select left(p_address, 1) || '•••@' || left(split_part(p_address, '@', 2), 1) || '•••'
    || coalesce(substring(p_address from '\.[^.@]+$'), '')
$$;
revoke execute on function oneai.address_hint from public;

-- Whether the inviter may still give this role in the workspace, and the workspace still takes members.
create function oneai.may_still_invite(i oneai.invitations) returns boolean
language sql stable security definer set search_path = ''
as $$
  select coalesce((
    select oneai.role_has_right(m.role, 'manage') and oneai.role_rank(m.role) >= oneai.role_rank(i.role)
      and w.suspended_at is null and w.deletes_at is null
      and u.suspended_at is null and u.deletes_at is null
    from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
    join oneai.users as u on u.id = m.user_id
    where m.workspace_id = i.workspace_id and m.user_id = i.user_id), false)
$$;
revoke execute on function oneai.may_still_invite from public;

-- What the page of an invitation shows to those who have its token, without a sign-in. `full`: it is open, and no seat is
-- left. ON410 for a token that is not that of the newest mail.
create function oneai.look_up_invitation(p_token_hash bytea) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  i oneai.invitations;
  state text;
begin
  select * into i from oneai.invitations where token_hash = p_token_hash;
  if not found then
    raise exception using errcode = 'ON410', message = 'invitation_ended';
  end if;
  state := oneai.invitation_state(i);
  if state = 'open' and not oneai.may_still_invite(i) then
    state := 'revoked';
  elsif state = 'open' and i.role <> 'viewer' and oneai.seats_of_members(i.workspace_id) 
    >= oneai.seats_to_fill(i.workspace_id) then
    state := 'full';
  end if;
  return (
    select jsonb_build_object(
      'workspace', jsonb_build_object('name', w.name), 'role', i.role,
      'inviter', coalesce((select coalesce(u.name, oneai.address_hint(u.email)) from oneai.users as u where u.id = i.user_id), ''),
      'email_hint', oneai.address_hint(i.email), 'expires_at', i.expires_at, 'state', state,
      'members_may_download', i.may_download)
    from oneai.workspaces as w where w.id = i.workspace_id);
end
$$;
revoke execute on function oneai.look_up_invitation from public;
grant execute on function oneai.look_up_invitation to oneai_app;

-- ON409 if members take all seats of the workspace, which the caller has locked. Open invitations do not count here: each
-- had its seat when it was made, and if the team has fewer seats by now, those who accept first get them.
create function oneai.require_seat_of_invited(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  bought constant integer := oneai.seats_to_fill(p_workspace);
  taken constant integer := oneai.seats_of_members(p_workspace);
begin
  if taken >= bought then
    raise exception using errcode = 'ON409', message = 'no_seat_left', detail = json_build_object(
      'seats', bought, 'seats_taken', taken);
  end if;
end
$$;
revoke execute on function oneai.require_seat_of_invited from public;

-- Makes the user a member. Locks the workspace and then the invitation, and checks the address, which must be confirmed,
-- the end, the inviter's right and the seats as they are now. The same person who accepts again gets the same answer
-- while they are a member. ON401; ON403 for an unconfirmed or another address; ON409 without a seat; ON410;
-- ON422 for an owner of too many teams without a plan.
create function oneai.accept_invitation(p_user uuid, p_token_hash bytea) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  i oneai.invitations;
  account auth.users;
  own_role text;
begin
  perform oneai.ensure_user(p_user);
  perform 1 from oneai.workspaces
  where id = (select t.workspace_id from oneai.invitations as t where t.token_hash = p_token_hash) for no key update;
  select * into i from oneai.invitations where token_hash = p_token_hash for no key update;
  if not found then
    raise exception using errcode = 'ON410', message = 'invitation_ended';
  end if;
  select * into account from auth.users where id = p_user;
  if not found then
    raise exception using errcode = 'ON401', message = 'unauthenticated';
  end if;
  if lower(coalesce(account.email, '')) <> i.email then
    raise exception using errcode = 'ON403', message = 'invitation_for_another_address',
      detail = json_build_object('email_hint', oneai.address_hint(i.email));
  end if;
  if account.email_confirmed_at is null then
    raise exception using errcode = 'ON403', message = 'email_not_confirmed';
  end if;
  select m.role into own_role from oneai.workspace_members as m
  where m.workspace_id = i.workspace_id and m.user_id = p_user;
  if i.accepted_by = p_user and own_role is not null then
    return jsonb_build_object('workspace_id', i.workspace_id, 'role', own_role);
  end if;
  if oneai.invitation_state(i) <> 'open' or not oneai.may_still_invite(i) then
    raise exception using errcode = 'ON410', message = 'invitation_ended';
  end if;
  update oneai.invitations set accepted_at = oneai.now(), accepted_by = p_user where id = i.id;
  if own_role is null or oneai.role_rank(own_role) < oneai.role_rank(i.role) then
    if i.role <> 'viewer' and coalesce(own_role, 'viewer') = 'viewer' then
      perform oneai.require_seat_of_invited(i.workspace_id);
    end if;
    if i.role = 'owner' then
      perform oneai.require_room_for_team(p_user, i.workspace_id);
    end if;
    insert into oneai.workspace_members (user_id, workspace_id, role, may_download)
    values (p_user, i.workspace_id, i.role, i.may_download)
    on conflict (user_id, workspace_id) do update set role = excluded.role;
    own_role := i.role;
    if i.role = 'owner' then
      perform oneai.mail_change_of_owners(i.workspace_id, p_user);
    end if;
    -- What waited for them since they left is theirs again.
    delete from oneai.departures where workspace_id = i.workspace_id and user_id = p_user;
  end if;
  perform oneai.record_audit(
    'user', p_user::text, 'invitation.accept', p_user, 'workspace', i.workspace_id::text,
    p_detail => jsonb_build_object('invitation', i.id, 'role', own_role));
  return jsonb_build_object('workspace_id', i.workspace_id, 'role', own_role);
end
$$;
revoke execute on function oneai.accept_invitation from public;
grant execute on function oneai.accept_invitation to oneai_app;
