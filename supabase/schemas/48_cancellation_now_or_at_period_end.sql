-- Cancelling a subscription, at once or at the end of its period, and undoing that. Each function is one short
-- transaction that locks the user first; the payment provider is called afterwards, as oneai.provider_operations has
-- it.

-- Cancels at the end of the period, which is ours until the provider is sent it: 72 hours before, since mandates are
-- debited from three days before, and a cancellation there cannot be undone. Null where no period is running; else the
-- operation's id, and whether it is due.
create function oneai.cancel_at_period_end(p_id uuid, p_reason text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  subscription oneai.subscriptions;
  ends timestamptz;
  operation oneai.provider_operations;
begin
  select * into subscription from oneai.subscriptions where id = p_id for no key update;
  ends := oneai.paid_through(subscription);
  if ends is null then
    return null;
  end if;
  update oneai.subscriptions
  set cancel_requested_at = coalesce(cancel_requested_at, oneai.now()),
      cancel_reason = coalesce(p_reason, cancel_reason), updated_at = oneai.now()
  where id = p_id;
  insert into oneai.provider_operations as c (dedupe_key, kind, subscription_id, reason, due_at)
  values (
    'cancel_at_period_end:' || p_id, 'cancel_at_period_end', p_id, 'requested',
    greatest(oneai.now(), ends - interval '72 hours'))
  on conflict (dedupe_key) do update
  set state = 'pending', due_at = excluded.due_at, attempts = 0, locked_until = null, last_error = null
  where c.state = 'cancelled'
  returning * into operation;
  return jsonb_build_object('operation', operation.id, 'due', coalesce(operation.due_at <= oneai.now(), false));
end
$$;
revoke execute on function oneai.cancel_at_period_end from public;

-- The user's request to cancel at the end of the period: as oneai.cancel_at_period_end. Pending replacements are
-- cancelled. Raises ON409 subscription_not_changeable.
create function oneai.request_cancellation(p_user uuid, p_reason text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  manageable oneai.subscriptions;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  select * into manageable from oneai.manageable_subscription(p_user);
  if manageable.id is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable';
  end if;
  perform oneai.cancel_pending_replacements(manageable.id);
  return oneai.cancel_at_period_end(manageable.id, p_reason);
end
$$;
revoke execute on function oneai.request_cancellation from public;
grant execute on function oneai.request_cancellation to oneai_app;

-- Undoes a cancellation, and cancels pending replacements. Raises ON409 subscription_not_changeable where nothing was
-- cancelled, cancellation_final where the provider has it, or may.
create function oneai.undo_cancellation(p_user uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  manageable oneai.subscriptions;
  operation oneai.provider_operations;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  select * into manageable from oneai.manageable_subscription(p_user);
  if manageable.id is null and exists (
    select from oneai.subscriptions where user_id = p_user and cancel_requested_at is not null)
  then
    raise exception using errcode = 'ON409', message = 'cancellation_final';
  end if;
  if manageable.cancel_requested_at is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable',
      detail = '{"message": "Nothing was cancelled."}';
  end if;
  select * into operation from oneai.provider_operations
  where dedupe_key = 'cancel_at_period_end:' || manageable.id for update;
  if operation.state = 'succeeded' or operation.sent_at is not null or operation.locked_until > oneai.now() then
    raise exception using errcode = 'ON409', message = 'cancellation_final';
  end if;
  update oneai.provider_operations set state = 'cancelled' where id = operation.id;
  update oneai.subscriptions set cancel_requested_at = null, cancel_reason = null, updated_at = oneai.now()
  where id = manageable.id;
  perform oneai.cancel_pending_replacements(manageable.id);
end
$$;
revoke execute on function oneai.undo_cancellation from public;
grant execute on function oneai.undo_cancellation to oneai_app;

-- Ends the user's subscription at once; the projection refunds what is unused. Raises ON409 subscription_not_changeable.
create function oneai.end_subscription(p_user uuid, p_reason text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  manageable oneai.subscriptions;
begin
  perform 1 from oneai.users where id = p_user for no key update;
  select * into manageable from oneai.manageable_subscription(p_user);
  if manageable.id is null then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable';
  end if;
  perform oneai.cancel_pending_replacements(manageable.id);
  update oneai.provider_operations set state = 'cancelled'
  where dedupe_key = 'cancel_at_period_end:' || manageable.id and state = 'pending';
  insert into oneai.provider_operations as c (dedupe_key, kind, subscription_id, reason)
  values ('cancel:' || manageable.id, 'cancel', manageable.id, 'requested')
  on conflict (dedupe_key) do update
  set state = 'pending', reason = 'requested', due_at = excluded.due_at, attempts = 0, last_error = null,
      locked_until = case c.state when 'pending' then c.locked_until end
  where c.state <> 'succeeded';
  update oneai.subscriptions
  set access_ends_at = at, ended_by_user_at = at, cancel_requested_at = coalesce(cancel_requested_at, at),
      cancel_reason = coalesce(p_reason, cancel_reason),
      -- If this request fails from here on, the next projection completes it.
      next_sync_at = at, updated_at = at
  where id = manageable.id;
end
$$;
revoke execute on function oneai.end_subscription from public;
grant execute on function oneai.end_subscription to oneai_app;

-- A replacement that begins at the end of another's period ends that one once it is authorized, and not before: a user
-- who never authorizes it keeps their plan. Earlier replacements for that end are cancelled.
create function oneai.cancel_replaced_subscription() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.cancel_checkout(s.id) from oneai.subscriptions as s
  where s.replaces = new.replaces and s.created_at < new.created_at and s.status in ('none', 'trial')
    and s.cancelled_at is null and s.access_ends_at is null;
  perform oneai.cancel_at_period_end(new.replaces, null);
  return null;
end
$$;
revoke execute on function oneai.cancel_replaced_subscription from public;

create trigger cancel_replaced_subscription after update of status on oneai.subscriptions for each row
  when (new.replaces is not null and new.status = 'trial' and old.status = 'none' and new.access_ends_at is null)
  execute function oneai.cancel_replaced_subscription();

-- A deleted user must not be charged: ends all their subscriptions that have not ended at the provider, now or when
-- they were replaced, and returns the operations that cancel them there. A charge that comes all the same counts for no
-- period, and is refunded. The refunds that were decided stay decided.
create function oneai.end_subscriptions(p_user uuid) returns uuid[]
language plpgsql security definer set search_path = ''
as $$
declare
  ended uuid[];
begin
  perform 1 from oneai.users where id = p_user for no key update;
  ended := array(
    select s.id from oneai.subscriptions as s
    where s.user_id = p_user and (s.status <> 'cancelled'
      or s.provider_subscription_id is not null and not coalesce((s.snapshot ->> 'ended')::boolean, false)));
  update oneai.subscriptions
  set access_ends_at = coalesce(superseded_at, oneai.now()), updated_at = oneai.now()
  where id = any (ended) and access_ends_at is null;
  update oneai.provider_operations set state = 'cancelled'
  where subscription_id = any (ended) and kind = 'cancel_at_period_end' and state = 'pending';
  update oneai.provider_operations set reason = 'erased'
  where subscription_id = any (ended) and state = 'pending' and dedupe_key = 'refund:' || payment_id;
  insert into oneai.provider_operations as c (dedupe_key, kind, subscription_id, reason)
  select 'cancel:' || s.id, 'cancel', s.id, 'erased' from oneai.subscriptions as s
  where s.id = any (ended) and s.provider_subscription_id is not null order by s.id
  on conflict (dedupe_key) do update
  set reason = 'erased', state = 'pending', due_at = least(c.due_at, excluded.due_at), attempts = 0,
      last_error = null
  where c.state <> 'succeeded';
  return array(
    select c.id from oneai.provider_operations as c
    where c.subscription_id = any (ended) and c.kind = 'cancel' and c.state = 'pending' order by c.id);
end
$$;
revoke execute on function oneai.end_subscriptions from public;
grant execute on function oneai.end_subscriptions to oneai_app;

-- The provider's ids of the user's subscriptions that it may still charge, because no cancellation reached it (yet): also of
-- those that ended here, and were paid or authorized there.
create function oneai.still_active_at_provider(p_user uuid) returns text[]
language sql stable security definer set search_path = ''
as $$
  select array(
    select s.provider_subscription_id from oneai.subscriptions as s
    where s.user_id = p_user and s.status <> 'none'
      and (s.status <> 'cancelled' or s.snapshot ->> 'status' <> 'none' and not (s.snapshot ->> 'ended')::boolean)
      and not exists (
        select from oneai.provider_operations as c
        where c.subscription_id = s.id and c.kind = 'cancel' and c.state = 'succeeded')
    order by 1)
$$;
revoke execute on function oneai.still_active_at_provider from public;
grant execute on function oneai.still_active_at_provider to oneai_app;
