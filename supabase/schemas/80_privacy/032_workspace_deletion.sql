-- Deletion of a team: an owner requests it, and each owner may undo it within the grace period. Until then its owners
-- read it, and no other user sees it. The task `delete_accounts` of functions/maintenance erases it. A personal
-- workspace is deleted with its user's account (80_privacy/030_account_deletion.sql).

-- Teams whose erasure has started. The rows do not reference oneai.workspaces, because they outlive its row until
-- oneai.erase_workspace removes them.
create table oneai.workspace_deletions (
  workspace_id uuid primary key,
  deletes_at timestamptz not null,
  -- The end of the worker's lease, and of the pause after a failed attempt.
  next_attempt_at timestamptz not null default oneai.now()
);
create index workspace_deletions_due on oneai.workspace_deletions (next_attempt_at, deletes_at);

alter table oneai.workspace_deletions enable row level security;
create policy "service" on oneai.workspace_deletions to oneai_service using (true) with check (true);
create policy "admins" on oneai.workspace_deletions for select to oneai_admin using (true);
revoke all on oneai.workspace_deletions from anon, authenticated, service_role;
grant select on oneai.workspace_deletions to oneai_service, oneai_admin;

create index workspaces_to_delete on oneai.workspaces (deletes_at) where deletes_at is not null;

-- Locks the user's personal workspace and all teams that the user is a member of, by id. Returns the teams.
create function oneai.lock_workspaces_of(p_user uuid) returns uuid[]
language plpgsql security definer set search_path = ''
as $$
declare
  teams uuid[];
begin
  perform 1 from oneai.workspaces as w
  where w.id = p_user
    or w.id = any (array(select m.workspace_id from oneai.workspace_members as m where m.user_id = p_user))
  order by w.id for no key update;
  select array_agg(m.workspace_id order by m.workspace_id) into teams
  from oneai.workspace_members as m where m.user_id = p_user and m.workspace_id <> p_user;
  return coalesce(teams, '{}');
end
$$;
revoke execute on function oneai.lock_workspaces_of from public;

-- Queues a mail to each owner of the workspace; `p_cause` names the cause within the workspace, and `p_named` is as in
-- oneai.enqueue_mail.
create function oneai.mail_owners(
  p_workspace uuid, p_kind text, p_cause text, p_data jsonb, p_named uuid[] default null
) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.enqueue_mail(m.user_id, p_kind, concat_ws('/', p_workspace, p_cause, m.user_id), p_data, p_named)
  from oneai.workspace_members as m where m.workspace_id = p_workspace and m.role = 'owner' order by m.user_id;
end
$$;
revoke execute on function oneai.mail_owners from public;

-- Closes a team that will be deleted at `p_deletes_at`: stops its answers, revokes its API keys permanently, ends
-- the offer to take it over and the files that other members exported, cancels its subscription, and mails its owners. The caller has locked the workspace.
create function oneai.close_team(p_workspace uuid, p_deletes_at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
begin
  -- From here on oneai.require_right refuses everyone but the owners.
  update oneai.workspaces set deletes_at = p_deletes_at, updated_at = oneai.now() where id = p_workspace
  returning * into team;
  update oneai.chat_messages set stop_requested_at = oneai.now()
  where state = 'streaming' and stop_requested_at is null and id in (
    select r.id from oneai.reservations as r where r.workspace_id = p_workspace and r.settled_at is null);
  update oneai.api_keys set revoked_at = oneai.now() where workspace_id = p_workspace and revoked_at is null;
  update oneai.invitations set revoked_at = oneai.now()
  where workspace_id = p_workspace and accepted_at is null and revoked_at is null;
  perform oneai.end_offer(team);
  perform oneai.end_exports(array(
    select m.user_id from oneai.workspace_members as m where m.workspace_id = p_workspace and m.role <> 'owner'));
  perform oneai.cancel_for_deletion(p_workspace);
  perform oneai.close_credits(p_workspace);
  perform oneai.mail_owners(p_workspace, 'workspace_deletion', 'requested/' || extract(epoch from oneai.now()),
    jsonb_build_object('event', 'requested', 'workspace', team.name, 'slug', team.slug, 'at', p_deletes_at));
end
$$;
revoke execute on function oneai.close_team from public;

-- An owner's request. Returns when the team will be deleted, in whole seconds. Idempotent. ON422 if `p_confirm` is not
-- the slug, ON409 `personal_workspace`, and as oneai.require_right.
create function oneai.request_workspace_deletion(
  p_user uuid, p_reference text, p_confirm text, p_grace_days integer) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
  ends_at timestamptz := date_trunc('second', oneai.now()) + make_interval(days => p_grace_days);
begin
  select * into team from oneai.workspaces where id = oneai.find_workspace(p_reference) for no key update;
  perform oneai.require_right(p_user, team.id, 'own');
  if team.kind = 'personal' then
    raise exception using errcode = 'ON409', message = 'personal_workspace',
      detail = '{"refusal": {"code": "personal_deletion"}}';
  end if;
  if lower(btrim(p_confirm)) is distinct from team.slug then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "confirm", "code": "mismatch"}]}';
  end if;
  if team.deletes_at is not null then
    return team.deletes_at;
  end if;
  perform oneai.close_team(team.id, ends_at);
  perform oneai.record_audit('user', p_user::text, 'workspace.delete', p_user, 'workspace', team.id::text,
    p_workspace => team.id);
  return ends_at;
end
$$;
revoke execute on function oneai.request_workspace_deletion from public;
grant execute on function oneai.request_workspace_deletion to oneai_app;

-- The workspace with this id or slug, of an owner. As oneai.require_right.
create function oneai.owned_workspace(p_user uuid, p_reference text) returns uuid
language plpgsql stable security definer set search_path = ''
as $$
declare
  team uuid := oneai.find_workspace(p_reference);
begin
  perform oneai.require_right(p_user, team, 'own');
  return team;
end
$$;
revoke execute on function oneai.owned_workspace from public;
grant execute on function oneai.owned_workspace to oneai_app;

-- Undoes the request, and its cancellation if the payment provider does not have that yet. Keys stay revoked. Does
-- nothing without a request. ON409 `deletion_final` after the grace period, and as oneai.require_room_for_team and
-- oneai.require_right.
create function oneai.restore_workspace(p_user uuid, p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
  account oneai.users;
  manageable oneai.subscriptions;
begin
  select * into team from oneai.workspaces where id = p_workspace for no key update;
  -- An owner whose account is being deleted would leave the team without one.
  select * into account from oneai.users where id = p_user for no key update;
  perform oneai.require_usable_account(account, '{}');
  perform oneai.require_right(p_user, p_workspace, 'own');
  if team.deletes_at is null then
    return;
  end if;
  -- The second condition: this transaction may have started before the worker's, and waited for it.
  if team.deletes_at <= oneai.now() or exists (
    select from oneai.workspace_deletions where workspace_id = p_workspace)
  then
    raise exception using errcode = 'ON409', message = 'deletion_final';
  end if;
  perform oneai.require_room_for_team(p_user, p_workspace);
  update oneai.workspaces set deletes_at = null, subscription_ended_by_deletion = null, updated_at = oneai.now()
  where id = p_workspace;
  perform oneai.reopen_credits(p_workspace);
  perform oneai.record_audit('user', p_user::text, 'workspace.restore', p_user, 'workspace', p_workspace::text,
    p_workspace => p_workspace);
  select * into manageable from oneai.manageable_subscription(p_workspace);
  if manageable.id = team.subscription_ended_by_deletion then
    begin
      perform oneai.undo_cancellation(p_user, p_workspace);
    exception when sqlstate 'ON409' then
      null;  -- It ends with its period: a cancellation at the provider cannot be undone.
    end;
  end if;
end
$$;
revoke execute on function oneai.restore_workspace from public;
grant execute on function oneai.restore_workspace to oneai_app;

-- What deleting the team erases and what remains, in numbers. As oneai.require_right.
create function oneai.workspace_deletion_preview(p_user uuid, p_reference text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  team uuid := oneai.find_workspace(p_reference);
begin
  perform oneai.require_right(p_user, team, 'own');
  return (
    select jsonb_build_object(
      'id', w.id, 'as_of', oneai.now(), 'kind', w.kind, 'slug', w.slug, 'deletes_at', w.deletes_at,
      'members', (select count(*) from oneai.workspace_members as m where m.workspace_id = w.id),
      'conversations', (
        select count(*) from oneai.conversations as c where c.workspace_id = w.id and not c.temporary),
      'documents', (select count(*) from oneai.documents as d where d.workspace_id = w.id and not d.attached),
      'api_keys', (select count(*) from oneai.api_keys as k where k.workspace_id = w.id and k.revoked_at is null),
      'stored_bytes', oneai.storage_of(w.id),
      'invoices', (select count(*) from oneai.invoices as i where i.workspace_id = w.id),
      'payments', (
        select count(*) from oneai.payments as p where p.workspace_id = w.id and p.captured_at is not null),
      'subscription_ends_at', (
        select oneai.paid_through(s) from oneai.manageable_subscription(w.id) as s where s.id is not null))
    from oneai.workspaces as w where w.id = team);
end
$$;
revoke execute on function oneai.workspace_deletion_preview from public;
grant execute on function oneai.workspace_deletion_preview to oneai_app;

-- Mails the owners of the teams that will be deleted within a week, once for each deletion; returns the number of
-- teams. A grace period of a week or less has no such mail.
create function oneai.enqueue_workspace_deletion_reminders() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  team oneai.workspaces;
  reminded integer := 0;
begin
  for team in
    select w.* from oneai.workspaces as w
    where w.deletes_at > oneai.now() and w.deletes_at <= oneai.now() + interval '7 days' and w.kind = 'team'
      and not exists (
        select from oneai.workspace_members as m join oneai.outbox as o on o.user_id = m.user_id
        where m.workspace_id = w.id and m.role = 'owner' and o.kind = 'workspace_deletion' and (
          o.cause_key = concat_ws('/', w.id, 'reminder', extract(epoch from w.deletes_at), m.user_id)
          or starts_with(o.cause_key, w.id || '/requested/') and o.created_at > w.deletes_at - interval '7 days'))
    order by w.id for no key update skip locked
  loop
    perform oneai.mail_owners(team.id, 'workspace_deletion', 'reminder/' || extract(epoch from team.deletes_at),
      jsonb_build_object('event', 'reminder', 'workspace', team.name, 'slug', team.slug, 'at', team.deletes_at));
    reminded := reminded + 1;
  end loop;
  return reminded;
end
$$;
revoke execute on function oneai.enqueue_workspace_deletion_reminders from public;
grant execute on function oneai.enqueue_workspace_deletion_reminders to oneai_app;
