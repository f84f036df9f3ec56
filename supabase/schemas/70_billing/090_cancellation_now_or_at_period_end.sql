-- Users' requests: cancelling a subscription, immediately or at the end of its period, and undoing that. Each function
-- is one short transaction that locks the workspace first and records the request. The operations at the provider and
-- the refunds follow with the projection (oneai/billing/projection/operations.py), which the caller makes in the same
-- transaction, or the job because a sync is due.

-- Cancels at the end of the current period; false if there is none.
create function oneai.cancel_at_period_end(p_id uuid, p_reason text) returns boolean
language sql security definer set search_path = ''
as $$
  with cancelled as (
    update oneai.subscriptions as s
    set cancel_requested_at = coalesce(s.cancel_requested_at, oneai.now()),
        cancel_reason = coalesce(p_reason, s.cancel_reason), updated_at = oneai.now()
    where s.id = p_id and oneai.paid_through(s) is not null
    returning 1
  )
  select exists (select from cancelled)
$$;
revoke execute on function oneai.cancel_at_period_end from public;

-- The workspace's subscription that can be managed, locked with it. Raises ON409 subscription_not_changeable.
create function oneai.lock_manageable(p_workspace uuid) returns oneai.subscriptions
language plpgsql security definer set search_path = ''
as $$
declare
  manageable oneai.subscriptions;
begin
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  select * into manageable from oneai.manageable_subscription(p_workspace);
  if manageable.id is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable';
  end if;
  return manageable;
end
$$;
revoke execute on function oneai.lock_manageable from public;

-- The user's request to cancel at the end of the period: as oneai.cancel_at_period_end. Pending replacements are
-- cancelled. Raises ON409 subscription_not_changeable.
create function oneai.request_cancellation(p_workspace uuid, p_reason text) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  manageable oneai.subscriptions := oneai.lock_manageable(p_workspace);
begin
  perform oneai.cancel_pending_replacements(manageable.id);
  return oneai.cancel_at_period_end(manageable.id, p_reason);
end
$$;
revoke execute on function oneai.request_cancellation from public;
grant execute on function oneai.request_cancellation to oneai_app;

-- Undoes a cancellation, and cancels pending replacements. Raises ON409 subscription_not_changeable if nothing was
-- cancelled or another owner's instrument would be debited, cancellation_final if the provider has it or may have it, or
-- its holder has left.
create function oneai.undo_cancellation(p_user uuid, p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  manageable oneai.subscriptions;
  operation oneai.provider_operations;
begin
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  select * into manageable from oneai.manageable_subscription(p_workspace);
  if manageable.id is null and exists (
    select from oneai.subscriptions where workspace_id = p_workspace and cancel_requested_at is not null)
  then
    raise exception using errcode = 'ON409', message = 'cancellation_final';
  end if;
  if manageable.cancel_requested_at is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable',
      detail = '{"refusal": {"code": "nothing_cancelled"}}';
  end if;
  if manageable.holder_gone_at is not null
    or exists (select from oneai.subscriptions as s where s.replaces = manageable.id and oneai.is_paid_ahead(s))
  then
    raise exception using errcode = 'ON409', message = 'cancellation_final';
  elsif manageable.holder_id <> p_user then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable',
      detail = '{"refusal": {"code": "not_holder"}}';
  end if;
  -- A worker that would claim it waits for this row until the projection has cancelled it.
  select * into operation from oneai.provider_operations
  where subscription_id = manageable.id and kind = 'cancel_at_period_end' for update;
  if operation.state = 'succeeded' or operation.sent_at is not null or operation.locked_until > oneai.now() then
    raise exception using errcode = 'ON409', message = 'cancellation_final';
  end if;
  update oneai.subscriptions set cancel_requested_at = null, cancel_reason = null, updated_at = oneai.now()
  where id = manageable.id;
  perform oneai.cancel_pending_replacements(manageable.id);
end
$$;
revoke execute on function oneai.undo_cancellation from public;
grant execute on function oneai.undo_cancellation to oneai_app;

-- Ends the workspace's subscription immediately. p_rest_as_credits: what cannot go back becomes credits. Raises ON409
-- subscription_not_changeable.
create function oneai.end_subscription(p_workspace uuid, p_reason text, p_rest_as_credits boolean default false) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  manageable oneai.subscriptions := oneai.lock_manageable(p_workspace);
begin
  perform oneai.cancel_pending_replacements(manageable.id);
  update oneai.subscriptions
  set access_ends_at = at, ended_by_user_at = at, cancel_requested_at = coalesce(cancel_requested_at, at),
      cancel_reason = coalesce(p_reason, cancel_reason), rest_as_credits = p_rest_as_credits, updated_at = at
  where id = manageable.id;
end
$$;
revoke execute on function oneai.end_subscription from public;
grant execute on function oneai.end_subscription to oneai_app;

-- A deleted workspace must not be charged: ends all subscriptions that have not ended at the provider, and makes their
-- syncs due; false if there are none. A repeated request makes the cancellations due again. A charge that comes anyway
-- counts for no period, and is refunded.
create function oneai.end_subscriptions(p_workspace uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  update oneai.subscriptions as s
  set access_ends_at = coalesce(s.access_ends_at, oneai.now()), account_closed_at = oneai.now(), next_sync_at = oneai.now(),
      updated_at = oneai.now()
  where s.workspace_id = p_workspace and (s.status <> 'cancelled'
    or s.provider_subscription_id is not null and not coalesce((s.snapshot ->> 'ended')::boolean, false));
  return found;
end
$$;
revoke execute on function oneai.end_subscriptions from public;
grant execute on function oneai.end_subscriptions to oneai_app;

-- The provider's ids of the workspace's subscriptions that it may still charge, because no cancellation reached it
-- (yet), including those that ended here but were paid or authorized there.
create function oneai.still_active_at_provider(p_workspace uuid) returns text[]
language sql stable security definer set search_path = ''
as $$
  select array(
    select s.provider_subscription_id from oneai.subscriptions as s
    where s.workspace_id = p_workspace and s.status <> 'none'
      and (s.status <> 'cancelled' or s.snapshot ->> 'status' <> 'none' and not (s.snapshot ->> 'ended')::boolean)
      and not exists (
        select from oneai.provider_operations as c
        where c.subscription_id = s.id and c.kind = 'cancel' and c.state = 'succeeded')
    order by 1)
$$;
revoke execute on function oneai.still_active_at_provider from public;
grant execute on function oneai.still_active_at_provider to oneai_app;
