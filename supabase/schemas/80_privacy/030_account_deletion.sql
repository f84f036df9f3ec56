-- Deletion of the user's own account: the user requests it and may undo it within the grace period; the task
-- `delete_accounts` of functions/maintenance deletes it.

-- Accounts that are being deleted. The rows do not reference oneai.users, because they outlive the sign-in until
-- oneai.erase removes them.
create table oneai.account_deletions (
  user_id uuid primary key,
  deletes_at timestamptz not null,
  -- The end of the worker's lease, and of the pause after a failed attempt.
  next_attempt_at timestamptz not null default oneai.now()
);
create index account_deletions_due on oneai.account_deletions (next_attempt_at, deletes_at);

alter table oneai.account_deletions enable row level security;
create policy "service" on oneai.account_deletions to oneai_service using (true) with check (true);
create policy "admins" on oneai.account_deletions for select to oneai_admin using (true);
revoke all on oneai.account_deletions from anon, authenticated, service_role;
grant select on oneai.account_deletions to oneai_service, oneai_admin;

-- Prevents further charges of a workspace that is being deleted: unpaid checkouts are cancelled, and its subscription
-- ends with its period, or immediately without a paid period. The job projects what follows.
create function oneai.cancel_for_deletion(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  manageable oneai.subscriptions;
begin
  perform oneai.cancel_checkout(s.id) from oneai.subscriptions as s
  where s.workspace_id = p_workspace and s.status = 'none' and s.cancelled_at is null and s.access_ends_at is null;
  select * into manageable from oneai.manageable_subscription(p_workspace);
  if manageable.id is not null and manageable.cancel_requested_at is null then
    perform oneai.cancel_pending_replacements(manageable.id);
    if oneai.cancel_at_period_end(manageable.id, null) then
      update oneai.workspaces set subscription_ended_by_deletion = manageable.id where id = p_workspace;
    else
      perform oneai.end_subscription(p_workspace, null);
    end if;
  end if;
  -- Those that this transaction has changed.
  update oneai.subscriptions set next_sync_at = oneai.now()
  where workspace_id = p_workspace and provider_subscription_id is not null and updated_at = oneai.now();
end
$$;
revoke execute on function oneai.cancel_for_deletion from public;

-- Closes an account that will be deleted: stops its answers, revokes its API keys permanently, cancels its subscription
-- and queues a mail. Teams in which the user is alone are deleted with it. Returns when it will be deleted, in whole
-- seconds. Idempotent. ON401 for an unknown user, ON409 for the last admin, and for the last owner of a team with other
-- members.
create function oneai.close_for_deletion(p_user uuid, p_grace_days integer) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  account oneai.users;
  teams uuid[];
begin
  perform oneai.ensure_user(p_user);
  teams := oneai.lock_workspaces_of(p_user);
  select * into account from oneai.users where id = p_user for no key update;
  if not found then
    raise exception using errcode = 'ON401', message = 'unauthenticated';
  end if;
  if account.deletes_at is not null then
    return account.deletes_at;
  end if;
  if exists (
    select from oneai.workspace_members as m
    where m.user_id = p_user and m.workspace_id <> p_user and m.workspace_id <> all (teams))
  then
    -- The user has joined a team meanwhile, which is not locked.
    raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
  end if;
  perform oneai.require_other_admin(p_user);
  perform oneai.require_other_owners(p_user);
  -- From here on oneai.admit, which locks the same row, refuses questions.
  update oneai.users
  set deletes_at = date_trunc('second', oneai.now()) + make_interval(days => p_grace_days), updated_at = oneai.now()
  where id = p_user returning * into account;
  update oneai.chat_messages set stop_requested_at = oneai.now()
  where user_id = p_user and state = 'streaming' and stop_requested_at is null;
  perform oneai.revoke_api_keys(p_user);
  perform oneai.cancel_for_deletion(p_user);
  perform oneai.close_credits(p_user);
  perform oneai.close_team(t.id, account.deletes_at) from oneai.own_lone_teams(p_user) as t where t.deletes_at is null;
  perform oneai.enqueue_mail(p_user, 'account_deletion', p_user || '/' || extract(epoch from oneai.now()),
    jsonb_build_object('deletes_at', account.deletes_at));
  return account.deletes_at;
end
$$;
revoke execute on function oneai.close_for_deletion from public;
grant execute on function oneai.close_for_deletion to oneai_admin;

-- The same as the owner's request.
create function oneai.request_account_deletion(p_user uuid, p_grace_days integer) returns timestamptz
language plpgsql security definer set search_path = ''
as $$
declare
  requested boolean;
  deletes_at timestamptz;
begin
  perform oneai.lock_workspaces_of(p_user);
  requested := exists (select from oneai.users as u where u.id = p_user and u.deletes_at is not null for update);
  deletes_at := oneai.close_for_deletion(p_user, p_grace_days);
  if not requested then
    perform oneai.record_audit('user', p_user::text, 'account.delete', p_user, 'user', p_user::text);
  end if;
  return deletes_at;
end
$$;
revoke execute on function oneai.request_account_deletion from public;
grant execute on function oneai.request_account_deletion to oneai_app;

-- Undoes the request, and its cancellation if the payment provider does not have that yet. Does nothing without a
-- request. ON409 deletion_final after the grace period.
create function oneai.restore_account(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces;
  account oneai.users;
  manageable oneai.subscriptions;
begin
  select * into payer from oneai.workspaces where id = p_user for no key update;
  select * into account from oneai.users where id = p_user for no key update;
  if account.deletes_at is null then
    return;
  end if;
  -- The second condition: this transaction may have started before the worker's, and waited for it.
  if account.deletes_at <= oneai.now() or exists (select from oneai.account_deletions where user_id = p_user) then
    raise exception using errcode = 'ON409', message = 'deletion_final';
  end if;
  update oneai.users set deletes_at = null, updated_at = oneai.now() where id = p_user;
  update oneai.workspaces set subscription_ended_by_deletion = null, updated_at = oneai.now() where id = p_user;
  perform oneai.reopen_credits(p_user);
  perform oneai.record_audit('user', p_user::text, 'account.restore', p_user, 'user', p_user::text);
  select * into manageable from oneai.manageable_subscription(p_user);
  if manageable.id = payer.subscription_ended_by_deletion then
    begin
      perform oneai.undo_cancellation(p_user, p_user);
    exception when sqlstate 'ON409' then
      null;  -- It ends with its period: a cancellation at the provider cannot be undone.
    end;
  end if;
end
$$;
revoke execute on function oneai.restore_account from public;
grant execute on function oneai.restore_account to oneai_app;

-- Cancels new paid periods of accounts and teams in their grace period, because a payment may have been in progress at
-- the request.
create function oneai.cancel_for_requested_deletions() returns void
language plpgsql security definer set search_path = ''
as $$
declare
  account record;
begin
  for account in
    select w.id from oneai.workspaces as w
    where w.deletes_at is not null or w.id in (select u.id from oneai.users as u where u.deletes_at is not null)
    order by w.id for no key update skip locked
  loop
    -- It may have been restored since this statement started.
    continue when not exists (
      select from oneai.users where id = account.id and deletes_at is not null
      union all
      select from oneai.workspaces where id = account.id and deletes_at is not null);
    perform oneai.cancel_for_deletion(account.id);
  end loop;
end
$$;
revoke execute on function oneai.cancel_for_requested_deletions from public;
grant execute on function oneai.cancel_for_requested_deletions to oneai_app;

-- The next account to delete, oldest first, or null. From then on it cannot be restored; it is claimed again after half
-- an hour unless it is erased by then.
create function oneai.claim_account_deletion() returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  claimed uuid;
begin
  insert into oneai.account_deletions (user_id, deletes_at)
  select u.id, u.deletes_at from (
    select id, deletes_at from oneai.users as o
    where deletes_at <= oneai.now() and not exists (select from oneai.account_deletions where user_id = o.id)
    order by deletes_at, id limit 100 for no key update skip locked) as u
  on conflict (user_id) do nothing;
  update oneai.account_deletions set next_attempt_at = oneai.now() + interval '30 minutes'
  where user_id = (
    select user_id from oneai.account_deletions where next_attempt_at <= oneai.now()
    order by deletes_at, user_id limit 1 for update skip locked)
  returning user_id into claimed;
  return claimed;
end
$$;
revoke execute on function oneai.claim_account_deletion from public;
grant execute on function oneai.claim_account_deletion to oneai_app;

-- Whether refunds of the workspace's payments are pending: their amounts depend on rows that erasure removes.
create function oneai.has_pending_refunds(p_workspace uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.provider_operations as c join oneai.payments as p on p.id = c.payment_id
    where p.workspace_id = p_workspace and c.state = 'pending')
$$;
revoke execute on function oneai.has_pending_refunds from public;
grant execute on function oneai.has_pending_refunds to oneai_app;

-- What deleting the account and its personal workspace erases and what remains, in numbers. Null for an unknown user.
create function oneai.account_deletion_preview(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'as_of', oneai.now(),
    'workspaces', array[p_user] || array(select t.id from oneai.own_lone_teams(p_user) as t),
    'email', nullif(a.email, ''),
    'conversations', (select count(*) from oneai.conversations where user_id = p_user and not temporary),
    'messages', (select count(*) from oneai.chat_messages where user_id = p_user),
    'api_keys', (select count(*) from oneai.api_keys where user_id = p_user and revoked_at is null),
    'share_links', (
      select count(*) from oneai.shares where user_id = p_user and revoked_at is null and taken_down_at is null
        and coalesce(expires_at > oneai.now(), true)),
    'stored_bytes', oneai.storage_of(p_user),
    'invoices', (select count(*) from oneai.invoices where workspace_id = p_user),
    'payments', (select count(*) from oneai.payments where workspace_id = p_user and captured_at is not null),
    'subscription_ends_at', (
      select oneai.paid_through(s) from oneai.manageable_subscription(p_user) as s where s.id is not null))
  from auth.users as a where a.id = p_user
$$;
revoke execute on function oneai.account_deletion_preview from public;
grant execute on function oneai.account_deletion_preview to oneai_app;
