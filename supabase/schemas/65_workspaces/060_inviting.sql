-- Inviting to a team: making, resending, revoking and listing invitations.

-- Consumes one of `p_a_day` units of a UTC day: unlike a rate, a limit that is not refilled within the day. The row has the
-- end of the day and, in microseconds after it, what was consumed, and is deleted as those of rates are. ON429.
create function oneai.take_daily(p_subject text, p_name text, p_a_day integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  ends constant timestamptz := date_trunc('day', oneai.now(), 'UTC') + interval '1 day';
  ends_us constant bigint := (extract(epoch from ends) * 1000000)::bigint;
begin
  insert into oneai.rate_limits as r (subject, limit_name, empty_at) values (p_subject, p_name, ends_us + 1)
  on conflict (subject, limit_name) do update set empty_at = greatest(r.empty_at, ends_us) + 1
  where greatest(r.empty_at, ends_us) - ends_us < p_a_day;
  if not found then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = json_build_object(
      'limit_name', p_name, 'limit', p_a_day, 'retry_after', ceil(extract(epoch from ends - oneai.now()))::integer);
  end if;
end
$$;
revoke execute on function oneai.take_daily from public;

-- An address without what follows a `+`, which most mail services deliver to the same person.
create function oneai.folded_address(p_address text) returns text
language sql immutable
as $$ select pg_catalog.regexp_replace(p_address, '\+[^@]*@', '@') $$;
revoke execute on function oneai.folded_address from public;

-- An invitation as owners and admins see it; its token is never shown.
create function oneai.invitation_json(i oneai.invitations) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'id', i.id, 'email', i.email, 'role', i.role, 'state', oneai.invitation_state(i), 'created_at', i.created_at,
    'expires_at', i.expires_at, 'inviter', (
      select coalesce(u.name, u.email) from oneai.users as u where u.id = i.user_id))
$$;
revoke execute on function oneai.invitation_json from public;

-- Queues the mail of an invitation. The limits of mails are taken here: by workspace, by inviter, and by address. For one
-- address a workspace has three, so that no team uses up those of another, and all workspaces together have twenty.
create function oneai.mail_invitation(i oneai.invitations) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  address constant text := encode(oneai.address_hash(oneai.folded_address(i.email)), 'hex');
begin
  perform oneai.take_daily(i.workspace_id::text, 'invitations_of_workspace', 120);
  perform oneai.take_daily(i.user_id::text, 'invitations_of_user', 120);
  perform oneai.take_daily(i.workspace_id || '/' || address, 'invitations_to_address', 3);
  perform oneai.take_daily(address, 'invitations_to_address_of_all', 20);
  perform oneai.enqueue_mail(i.user_id, 'invitation', concat_ws('/', i.id, i.mails), jsonb_build_object(
    'invitation', i.id, 'workspace', w.name, 'role', i.role, 'expires_at', i.expires_at,
    'inviter', (select coalesce(u.name, u.email, '') from oneai.users as u where u.id = i.user_id)))
  from oneai.workspaces as w where w.id = i.workspace_id;
end
$$;
revoke execute on function oneai.mail_invitation from public;

-- Invites an address to a team that the caller has locked, as a user with the role p_own_role. An open invitation of
-- the same address ends. ON403 for a role above one's own; ON409 without a seat; ON422 for the address of a member;
-- ON429.
create function oneai.invite(p_user uuid, p_workspace uuid, p_own_role text, p_email text, p_role text, p_days integer)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  made oneai.invitations;
begin
  perform oneai.require_rank(p_own_role, p_role);
  if exists (
    select from oneai.workspace_members as m join auth.users as a on a.id = m.user_id
    where m.workspace_id = p_workspace and lower(a.email) = p_email and a.email_confirmed_at is not null
  ) then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
      json_build_array(json_build_object('field', 'email', 'code', 'repeated')));
  end if;
  update oneai.invitations set revoked_at = oneai.now()
  where workspace_id = p_workspace and email = p_email and revoked_at is null and accepted_at is null;
  perform oneai.require_place(p_workspace, null, p_role);
  insert into oneai.invitations (workspace_id, user_id, email, role, may_download, expires_at)
  select w.id, p_user, p_email, p_role, w.members_may_download, oneai.now() + make_interval(days => p_days)
  from oneai.workspaces as w where w.id = p_workspace returning * into made;
  perform oneai.mail_invitation(made);
  perform oneai.record_audit(
    'user', p_user::text, 'invitation.create', p_user, 'workspace', p_workspace::text,
    p_detail => jsonb_build_object('invitation', made.id, 'role', p_role));
  return oneai.invitation_json(made);
end
$$;
revoke execute on function oneai.invite from public;

-- Invites addresses, `[{"email", "role"}]`; one that is refused does not stop the others: returns `{"invitation"}` or
-- `{"code", "detail"}` for each, in their order. They are taken in the order of addresses, so that two requests cannot
-- wait for each other. ON404, ON403, ON409 for a personal workspace.
create function oneai.invite_all(p_user uuid, p_workspace uuid, p_invited jsonb, p_days integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  own_role constant text := oneai.lock_team(p_user, p_workspace, 'manage');
  one record;
  refused_code text;
  refused_detail text;
  results jsonb := '{}';
begin
  perform 1 from oneai.users where id = p_user for no key update;
  for one in
    select e.value ->> 'email' as email, e.value ->> 'role' as role, e.place
    from jsonb_array_elements(p_invited) with ordinality as e (value, place) order by 1, e.place
  loop
    begin
      results := results || jsonb_build_object(one.place::text, jsonb_build_object(
        'invitation', oneai.invite(p_user, p_workspace, own_role, one.email, one.role, p_days)));
    exception when sqlstate 'ON403' or sqlstate 'ON409' or sqlstate 'ON422' or sqlstate 'ON429' then
      get stacked diagnostics refused_code = message_text, refused_detail = pg_exception_detail;
      results := results || jsonb_build_object(one.place::text, jsonb_build_object(
        'code', refused_code, 'detail', coalesce(nullif(refused_detail, ''), '{}')::jsonb));
    end;
  end loop;
  return (select jsonb_agg(results -> n::text order by n) from generate_series(1, jsonb_array_length(p_invited)) as n);
end
$$;
revoke execute on function oneai.invite_all from public;
grant execute on function oneai.invite_all to oneai_app;

-- The same for one address, with its refusal. ON404, ON403, ON409, ON422, ON429.
create function oneai.invite_one(p_user uuid, p_workspace uuid, p_email text, p_role text, p_days integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  own_role constant text := oneai.lock_team(p_user, p_workspace, 'manage');
begin
  perform 1 from oneai.users where id = p_user for no key update;
  return oneai.invite(p_user, p_workspace, own_role, p_email, p_role, p_days);
end
$$;
revoke execute on function oneai.invite_one from public;
grant execute on function oneai.invite_one to oneai_app;

-- A page of a team's invitations, newest first; with p_id only that one. ON404, ON403, ON409 for a personal workspace.
create function oneai.list_invitations(
  p_user uuid, p_workspace uuid, p_id uuid, p_before_created timestamptz, p_before uuid, p_limit integer)
returns setof jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  perform oneai.require_right(p_user, p_workspace, 'read');
  perform oneai.require_team(p_workspace);
  perform oneai.require_right(p_user, p_workspace, 'manage');
  return query select oneai.invitation_json(i) from oneai.invitations as i
  where i.workspace_id = p_workspace and (p_id is null or i.id = p_id)
    and (p_before is null or (i.created_at, i.id) < (p_before_created, p_before))
  order by i.created_at desc, i.id desc limit p_limit;
end
$$;
revoke execute on function oneai.list_invitations from public;
grant execute on function oneai.list_invitations to oneai_app;

-- An invitation of the workspace, locked after it for a change by a user with the role p_own_role. ON404; ON403 for
-- one to a role above theirs.
create function oneai.lock_invitation(p_workspace uuid, p_id uuid, p_own_role text) returns oneai.invitations
language plpgsql security definer set search_path = ''
as $$
declare
  i oneai.invitations;
begin
  select * into i from oneai.invitations where id = p_id and workspace_id = p_workspace for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  perform oneai.require_rank(p_own_role, i.role);
  return i;
end
$$;
revoke execute on function oneai.lock_invitation from public;

-- Sends another mail, whose link replaces that of the mail before, and extends the invitation. One that has expired is
-- open again, if its seat is free. ON404, ON403, ON409, ON429; ON410 for one that is accepted or revoked.
create function oneai.resend_invitation(p_user uuid, p_workspace uuid, p_id uuid, p_days integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  own_role constant text := oneai.lock_team(p_user, p_workspace, 'manage');
  i oneai.invitations;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  i := oneai.lock_invitation(p_workspace, p_id, own_role);
  if oneai.invitation_state(i) = 'expired' then
    perform oneai.require_place(p_workspace, null, i.role);
  elsif oneai.invitation_state(i) <> 'open' then
    raise exception using errcode = 'ON410', message = 'invitation_ended';
  end if;
  update oneai.invitations
  set expires_at = oneai.now() + make_interval(days => p_days), mails = mails + 1, user_id = p_user, token_hash = null,
    may_download = (select w.members_may_download from oneai.workspaces as w where w.id = p_workspace)
  where id = p_id returning * into i;
  perform oneai.mail_invitation(i);
  perform oneai.record_audit(
    'user', p_user::text, 'invitation.resend', p_user, 'workspace', p_workspace::text,
    p_detail => jsonb_build_object('invitation', i.id));
  return oneai.invitation_json(i);
end
$$;
revoke execute on function oneai.resend_invitation from public;
grant execute on function oneai.resend_invitation to oneai_app;

-- Revokes an invitation, which frees its seat. Idempotent for one that has ended. ON404, ON403, ON409.
create function oneai.revoke_invitation(p_user uuid, p_workspace uuid, p_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  own_role constant text := oneai.lock_team(p_user, p_workspace, 'manage');
  i constant oneai.invitations := oneai.lock_invitation(p_workspace, p_id, own_role);
begin
  if i.accepted_at is null and i.revoked_at is null then
    update oneai.invitations set revoked_at = oneai.now() where id = p_id;
    perform oneai.record_audit(
      'user', p_user::text, 'invitation.revoke', p_user, 'workspace', p_workspace::text,
      p_detail => jsonb_build_object('invitation', p_id));
  end if;
end
$$;
revoke execute on function oneai.revoke_invitation from public;
grant execute on function oneai.revoke_invitation to oneai_app;

-- A user's workspaces, those that they left and in which chats of theirs wait, and the invitations that they sent and accepted, for the export of their data.
create function oneai.workspaces_to_export(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'workspaces', (
      select coalesce(jsonb_agg(oneai.workspace_json(o.workspace, o.role) order by o.place), '[]')
      from oneai.workspaces_of(p_user) as o),
    'left_workspaces', (
      select coalesce(jsonb_agg(jsonb_build_object('workspace_id', d.workspace_id, 'name', w.name, 'left_at', d.left_at,
        'chats_erased_at', d.expires_at, 'may_download', d.may_download) order by d.left_at, d.id), '[]')
      from oneai.departures as d join oneai.workspaces as w on w.id = d.workspace_id where d.user_id = p_user),
    'invitations_sent', (
      select coalesce(jsonb_agg(oneai.invitation_json(i) || jsonb_build_object('workspace_id', i.workspace_id)
        order by i.created_at, i.id), '[]')
      from oneai.invitations as i where i.user_id = p_user),
    'invitations_accepted', (
      select coalesce(jsonb_agg(jsonb_build_object('workspace_id', i.workspace_id, 'role', i.role,
        'accepted_at', i.accepted_at) order by i.accepted_at, i.id), '[]')
      from oneai.invitations as i where i.accepted_by = p_user))
$$;
revoke execute on function oneai.workspaces_to_export from public;
grant execute on function oneai.workspaces_to_export to oneai_app;
