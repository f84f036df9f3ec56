-- Who owns a team: an owner offers it to a member, who accepts; the owner becomes an admin then. A team is never left
-- without an owner whose account is in use.

-- The open offer of a team; a new one replaces it. It ends with the membership of either side.
create table oneai.workspace_transfers (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  -- The member who is asked, and the owner who asks.
  user_id uuid not null references oneai.users (id) on delete cascade,
  offered_by uuid not null references oneai.users (id) on delete cascade,
  created_at timestamptz not null default oneai.now(),
  expires_at timestamptz not null,
  check (user_id <> offered_by)
);
create index workspace_transfers_of_user on oneai.workspace_transfers (user_id);
create index workspace_transfers_by_owner on oneai.workspace_transfers (offered_by);

alter table oneai.workspace_transfers enable row level security;
create policy "service" on oneai.workspace_transfers to oneai_service using (true) with check (true);
revoke all on oneai.workspace_transfers from anon, authenticated, service_role;
grant select, delete on oneai.workspace_transfers to oneai_service;

-- Refuses changes of a team that is being deleted with ON403 `workspace_deleting`, and of a personal workspace with
-- ON409 `personal_workspace`.
create function oneai.require_open_team(p_workspace oneai.workspaces) returns void
language plpgsql immutable set search_path = ''
as $$
begin
  if p_workspace.kind = 'personal' then
    raise exception using errcode = 'ON409', message = 'personal_workspace';
  end if;
  if p_workspace.deletes_at is not null then
    raise exception using errcode = 'ON403', message = 'workspace_deleting', detail = json_build_object(
      'deletes_at', to_char(p_workspace.deletes_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
  end if;
end
$$;
revoke execute on function oneai.require_open_team from public;

-- How a user is named in mail to members of a team: by address, else by name.
create function oneai.named_member(p_user uuid) returns text
language sql stable security definer set search_path = ''
as $$ select coalesce(nullif(u.email, ''), nullif(u.name, ''), '?') from oneai.users as u where u.id = p_user $$;
revoke execute on function oneai.named_member from public;

-- Mails the receiver of an offer, and every owner of the team.
create function oneai.mail_offer(p_offer oneai.workspace_transfers, p_name text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  cause text := concat_ws('/', 'offered', extract(epoch from p_offer.created_at), p_offer.user_id);
  about jsonb := jsonb_build_object('event', 'offered', 'workspace', p_name, 'at', p_offer.expires_at,
    'person', oneai.named_member(p_offer.user_id));
begin
  perform oneai.enqueue_mail(p_offer.user_id, 'workspace_ownership',
    concat_ws('/', p_offer.workspace_id, cause, 'receiver'), about || '{"to_receiver": true}');
  perform oneai.mail_owners(p_offer.workspace_id, 'workspace_ownership', cause, about, array[p_offer.user_id]);
end
$$;
revoke execute on function oneai.mail_offer from public;

-- Mails every owner of a team that this user is an owner of it now, or is one no more; and the user.
create function oneai.mail_change_of_owners(p_workspace uuid, p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  event constant text := case when exists (
    select from oneai.workspace_members where workspace_id = p_workspace and user_id = p_user and role = 'owner')
    then 'gained' else 'lost' end;
begin
  perform oneai.enqueue_mail(r.user_id, 'workspace_ownership',
    concat_ws('/', p_workspace, event, extract(epoch from oneai.now()), p_user, r.user_id), jsonb_build_object(
      'event', event, 'workspace', w.name, 'at', oneai.now(), 'person', oneai.named_member(p_user)), array[p_user])
  from oneai.workspaces as w cross join lateral (
    select m.user_id from oneai.workspace_members as m where m.workspace_id = w.id and m.role = 'owner'
    union select p_user) as r
  where w.id = p_workspace;
end
$$;
revoke execute on function oneai.mail_change_of_owners from public;

-- Ends the open offer of a workspace, which the caller has locked, and mails its receiver. Returns the receiver, or null
-- if there was none.
create function oneai.end_offer(p_workspace oneai.workspaces) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  ended oneai.workspace_transfers;
begin
  delete from oneai.workspace_transfers where workspace_id = p_workspace.id returning * into ended;
  if ended.user_id is not null and ended.expires_at > oneai.now() then
    perform oneai.enqueue_mail(ended.user_id, 'workspace_ownership',
      concat_ws('/', p_workspace.id, 'withdrawn', extract(epoch from ended.created_at), ended.user_id),
      jsonb_build_object('event', 'withdrawn', 'workspace', p_workspace.name, 'at', oneai.now(),
        'person', oneai.named_member(ended.user_id)));
  end if;
  return ended.user_id;
end
$$;
revoke execute on function oneai.end_offer from public;

-- An offer ends with the membership of its receiver and when the owner who made it is no owner any more, so that a new
-- membership does not revive it.
create function oneai.on_offer_ended() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  is_owner constant boolean := tg_op = 'UPDATE' and new.role = 'owner';
begin
  if tg_op = 'DELETE' or is_owner then
    delete from oneai.workspace_transfers where workspace_id = old.workspace_id and user_id = old.user_id;
  end if;
  if not is_owner and exists (
    select from oneai.workspace_transfers where workspace_id = old.workspace_id and offered_by = old.user_id)
  then
    perform oneai.end_offer(w) from oneai.workspaces as w where w.id = old.workspace_id;
  end if;
  return null;
end
$$;
revoke execute on function oneai.on_offer_ended from public;

create trigger oneai_on_offer_ended after update of role or delete on oneai.workspace_members
  for each row execute function oneai.on_offer_ended();

-- An owner offers a team to a member for `p_days`; an open offer to another member ends. Returns the offer as
-- oneai.show_transfer. ON422 for one who is no member or an owner already, and as oneai.require_right.
create function oneai.offer_transfer(p_user uuid, p_reference text, p_receiver uuid, p_days integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
  offer oneai.workspace_transfers;
begin
  select * into team from oneai.workspaces where id = oneai.find_workspace(p_reference) for no key update;
  perform oneai.require_right(p_user, team.id, 'own');
  perform oneai.require_open_team(team);
  if not exists (
    select from oneai.workspace_members as m join oneai.users as u on u.id = m.user_id
    where m.workspace_id = team.id and m.user_id = p_receiver and m.role <> 'owner' and u.deletes_at is null)
  then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "user_id", "code": "not_a_member"}]}';
  end if;
  select * into offer from oneai.workspace_transfers where workspace_id = team.id;
  if offer.user_id = p_receiver and offer.offered_by = p_user and offer.expires_at > oneai.now() then
    return oneai.show_transfer(p_user, p_reference);
  end if;
  perform oneai.end_offer(team);
  insert into oneai.workspace_transfers (workspace_id, user_id, offered_by, expires_at)
  values (team.id, p_receiver, p_user, oneai.now() + make_interval(days => p_days))
  returning * into offer;
  perform oneai.mail_offer(offer, team.name);
  perform oneai.record_audit('user', p_user::text, 'workspace.transfer', p_receiver, 'workspace', team.id::text,
    p_workspace => team.id);
  return oneai.show_transfer(p_user, p_reference);
end
$$;
revoke execute on function oneai.offer_transfer from public;
grant execute on function oneai.offer_transfer to oneai_app;

-- The open offer, to owners and to its receiver: `user_id`, `name`, `email`, `created_at`, `expires_at`; null if there
-- is none. As oneai.require_right.
create function oneai.show_transfer(p_user uuid, p_reference text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  team uuid := oneai.find_workspace(p_reference);
  role text := oneai.require_right(p_user, team, 'read');
begin
  return (
    select jsonb_build_object('user_id', u.id, 'name', u.name, 'email', u.email, 'created_at', t.created_at,
      'expires_at', t.expires_at)
    from oneai.workspace_transfers as t join oneai.users as u on u.id = t.user_id
    where t.workspace_id = team and t.expires_at > oneai.now() and (role = 'owner' or t.user_id = p_user));
end
$$;
revoke execute on function oneai.show_transfer from public;
grant execute on function oneai.show_transfer to oneai_app;

-- The receiver accepts the offer: they own the team, and the owner who asked is an admin. The trial of the team ends.
-- Returns its id. ON404 `not_found` without an open offer of an owner, ON403 for an unconfirmed address, ON409
-- `no_seat_left` for a viewer without a free seat, and as oneai.require_room_for_team and oneai.require_right.
create function oneai.accept_transfer(p_user uuid, p_reference text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
  offer oneai.workspace_transfers;
  receiver oneai.users;
begin
  select * into team from oneai.workspaces where id = oneai.find_workspace(p_reference) for no key update;
  perform oneai.require_right(p_user, team.id, 'read');
  perform oneai.require_open_team(team);
  select t.* into offer from oneai.workspace_transfers as t
  join oneai.workspace_members as m on m.workspace_id = t.workspace_id and m.user_id = t.offered_by and m.role = 'owner'
  where t.workspace_id = team.id and t.user_id = p_user and t.expires_at > oneai.now();
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  -- Both accounts, so that the deletion of one of them comes before or after.
  perform 1 from oneai.users where id in (offer.user_id, offer.offered_by) order by id for no key update;
  select * into receiver from oneai.users where id = p_user;
  perform oneai.require_usable_account(receiver, '{}');
  if not exists (
    select from auth.users as a
    where a.id = p_user and (a.email_confirmed_at is not null or a.phone_confirmed_at is not null))
  then
    raise exception using errcode = 'ON403', message = 'email_not_confirmed';
  end if;
  if exists (
    select from oneai.workspace_members where workspace_id = team.id and user_id = p_user and role = 'viewer')
  then
    perform oneai.require_seats(team.id, 1);
  end if;
  perform oneai.require_room_for_team(p_user, team.id);
  -- First, because the offer of an owner who is none any more is withdrawn.
  delete from oneai.workspace_transfers where workspace_id = team.id;
  update oneai.workspace_members set role = case user_id when p_user then 'owner' else 'admin' end
  where workspace_id = team.id and user_id in (offer.user_id, offer.offered_by);
  perform oneai.end_team_trial(team.id);
  perform oneai.record_audit('user', p_user::text, 'workspace.accept_transfer', offer.offered_by, 'workspace',
    team.id::text, p_workspace => team.id);
  perform oneai.enqueue_mail(m.user_id, 'workspace_ownership',
    concat_ws('/', team.id, 'accepted', extract(epoch from offer.created_at), m.user_id),
    jsonb_build_object('event', 'accepted', 'workspace', team.name, 'at', oneai.now(),
      'person', oneai.named_member(p_user)), array[p_user])
  from oneai.workspace_members as m
  where m.workspace_id = team.id and (m.role = 'owner' or m.user_id = offer.offered_by) order by m.user_id;
  return team.id;
end
$$;
revoke execute on function oneai.accept_transfer from public;
grant execute on function oneai.accept_transfer to oneai_app;

-- An owner withdraws the open offer, or its receiver declines it. Does nothing without one. As oneai.require_right, with
-- ON403 `role_insufficient` for other members.
create function oneai.withdraw_transfer(p_user uuid, p_reference text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
  receiver uuid;
begin
  select * into team from oneai.workspaces where id = oneai.find_workspace(p_reference) for no key update;
  select t.user_id into receiver from oneai.workspace_transfers as t where t.workspace_id = team.id;
  perform oneai.require_right(p_user, team.id, case when receiver = p_user then 'read' else 'own' end);
  if receiver = p_user then
    delete from oneai.workspace_transfers where workspace_id = team.id;
  else
    receiver := oneai.end_offer(team);
  end if;
  if receiver is not null then
    perform oneai.record_audit('user', p_user::text, 'workspace.withdraw_transfer', receiver, 'workspace',
      team.id::text, p_workspace => team.id);
  end if;
end
$$;
revoke execute on function oneai.withdraw_transfer from public;
grant execute on function oneai.withdraw_transfer to oneai_app;

-- Ends the units of a team's trial, which only the user has who made the team. The caller has locked the workspace.
create function oneai.end_team_trial(p_workspace uuid) returns void
language sql security definer set search_path = ''
as $$
  select oneai.end_override(o.id) from oneai.quota_overrides as o
  where o.workspace_id = p_workspace and o.reason = oneai.team_trial_reason() and o.revoked_at is null
$$;
revoke execute on function oneai.end_team_trial from public;

-- ON409 `last_owner`, with the `workspaces`, if the user is the last owner of teams with other members. The caller has
-- locked these.
create function oneai.require_other_owners(p_user uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  left_alone jsonb;
begin
  select jsonb_agg(jsonb_build_object('id', w.id, 'name', w.name, 'slug', w.slug) order by w.name, w.id)
  into left_alone
  from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
  where m.user_id = p_user and m.role = 'owner' and w.kind = 'team' and w.deletes_at is null
    and not oneai.has_other_owner(w.id, p_user)
    and exists (
      select from oneai.workspace_members as o where o.workspace_id = w.id and o.user_id <> p_user);
  if left_alone is not null then
    raise exception using errcode = 'ON409', message = 'last_owner',
      detail = jsonb_build_object('workspaces', left_alone);
  end if;
end
$$;
revoke execute on function oneai.require_other_owners from public;

-- The teams that have no other member than the user, who owns them.
create function oneai.own_lone_teams(p_user uuid) returns setof oneai.workspaces
language sql stable security definer set search_path = ''
as $$
  select w.* from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
  where m.user_id = p_user and m.role = 'owner' and w.kind = 'team' and not exists (
    select from oneai.workspace_members as o where o.workspace_id = w.id and o.user_id <> p_user)
  order by w.id
$$;
revoke execute on function oneai.own_lone_teams from public;

-- The teams whose deletion the user's request to delete the account has started.
create function oneai.teams_deleted_with(p_user uuid) returns uuid[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(w.id order by w.id), '{}')
  from oneai.users as u join oneai.workspace_members as m on m.user_id = u.id and m.role = 'owner'
  join oneai.workspaces as w on w.id = m.workspace_id and w.kind = 'team' and w.deletes_at = u.deletes_at
  where u.id = p_user
$$;
revoke execute on function oneai.teams_deleted_with from public;
grant execute on function oneai.teams_deleted_with to oneai_app;

-- Ends the memberships of a user whose sign-in is being deleted. A team whose last owner that is gets the admin who is
-- longest in it as its owner, else a member, else a viewer; one without other members is deleted. The caller has locked
-- the workspaces.
create function oneai.end_memberships(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
  heir uuid;
begin
  for team in
    select w.* from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
    where m.user_id = p_user and m.role = 'owner' and w.kind = 'team' and not oneai.has_other_owner(w.id, p_user)
    order by w.id
  loop
    select m.user_id into heir from oneai.workspace_members as m join oneai.users as u on u.id = m.user_id
    where m.workspace_id = team.id and m.user_id <> p_user
    order by u.deletes_at is not null, oneai.role_rank(m.role) desc, m.joined_at, m.user_id limit 1;
    if heir is not null then
      update oneai.workspace_members set role = 'owner' where workspace_id = team.id and user_id = heir;
      perform oneai.record_audit('system', 'delete_accounts', 'workspace.inherit', heir, 'workspace', team.id::text,
        p_workspace => team.id);
      perform oneai.enqueue_mail(heir, 'workspace_ownership',
        concat_ws('/', team.id, 'inherited', extract(epoch from oneai.now()), heir),
        jsonb_build_object('event', 'inherited', 'workspace', team.name, 'at', oneai.now(),
          'person', oneai.named_member(heir)));
    elsif team.deletes_at is null then
      perform oneai.close_team(team.id, oneai.now());
    end if;
  end loop;
  delete from oneai.workspace_members where user_id = p_user and workspace_id <> p_user;
end
$$;
revoke execute on function oneai.end_memberships from public;
