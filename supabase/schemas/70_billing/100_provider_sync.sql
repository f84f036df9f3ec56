-- A job syncs subscriptions and orders that should have changed with the payment provider.

-- Whether a subscription can still change at the provider: until it has ended there, and for as long afterwards as its
-- payments may be refunded.
create function oneai.needs_sync(s oneai.subscriptions) returns boolean
language sql stable security definer set search_path = ''
as $$
  select not coalesce((s.snapshot ->> 'ended')::boolean, false)
    or (coalesce(s.cancelled_at, oneai.now()) > oneai.now() - interval '180 days' and exists (
      select from oneai.payments as p where p.subscription_id = s.id and p.captured_at is not null))
$$;
revoke execute on function oneai.needs_sync from public;

-- Makes the sync of a subscription or an order due now.
create function oneai.request_sync(p_provider text, p_ref text) returns timestamptz
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions set next_sync_at = least(next_sync_at, oneai.now())
  where payment_provider = p_provider and provider_subscription_id = p_ref;
  update oneai.orders set next_sync_at = least(next_sync_at, oneai.now())
  where payment_provider = p_provider and provider_order_id = p_ref;
  select oneai.now()
$$;
revoke execute on function oneai.request_sync from public;
grant execute on function oneai.request_sync to oneai_app;

-- Which checkout of the workspace has this id of ours: {payment_provider, ref, is_order, known}; null for none. `ref` is null
-- until the provider has it. `known`: its payment is here, so there is nothing more to read.
create function oneai.find_checkout(p_workspace uuid, p_id uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with orders as (
    select o.payment_provider, o.provider_order_id as ref from oneai.seat_orders as o
    where o.id = p_id and o.workspace_id = p_workspace
    union all
    select o.payment_provider, o.provider_order_id from oneai.offers as o
    where o.id = p_id and o.workspace_id = p_workspace and o.payment_provider is not null
    union all
    select c.payment_provider, o.provider_order_id from oneai.credit_orders as c
      left join oneai.orders as o on o.id = c.order_id
    where c.id = p_id and c.workspace_id = p_workspace
  )
  select jsonb_build_object('payment_provider', found.payment_provider, 'ref', found.ref, 'is_order', found.is_order,
    'known', found.known)
  from (
    select o.payment_provider, o.ref, true as is_order, exists (
      select from oneai.orders as r join oneai.payments as p on p.order_id = r.id
      where r.payment_provider = o.payment_provider and r.provider_order_id = o.ref and p.captured_at is not null) as known
    from orders as o
    union all
    -- A prepaid plan has a page for each period, and one that is open may be paid.
    select s.payment_provider, s.provider_subscription_id, false, s.status <> 'none' and s.pages <= (
      select count(*) from oneai.payments as p where p.subscription_id = s.id and p.captured_at is not null)
    from oneai.subscriptions as s where s.id = p_id and s.workspace_id = p_workspace
  ) as found
$$;
revoke execute on function oneai.find_checkout from public;
grant execute on function oneai.find_checkout to oneai_app;

-- Makes the sync due of every subscription and order that can still change; returns their number. Locked ones are
-- skipped, because they are being processed.
create function oneai.request_all_syncs() returns integer
language sql security definer set search_path = ''
as $$
  with requested as (
    update oneai.subscriptions as s set next_sync_at = least(s.next_sync_at, oneai.now())
    where s.id in (
      select o.id from oneai.subscriptions as o
      where o.provider_subscription_id is not null and oneai.needs_sync(o)
      order by o.id for no key update skip locked)
    returning 1
  ), requested_orders as (
    update oneai.orders as s set next_sync_at = least(s.next_sync_at, oneai.now())
    where s.id in (
      select o.id from oneai.orders as o where o.next_sync_at is not null order by o.id for no key update skip locked)
    returning 1
  )
  select ((select count(*) from requested) + (select count(*) from requested_orders))::integer
$$;
revoke execute on function oneai.request_all_syncs from public;
grant execute on function oneai.request_all_syncs to oneai_app;

-- Claims up to `p_limit` subscriptions to sync, for five minutes: those whose sync is due; unpaid ones, which may have
-- been paid without an event, every time for half an hour, and then whenever they are twice as old as at the last sync;
-- and in the same way those that ended lately with more charges than we know of. `fetch`: false just after a period
-- ended, since an event usually follows, and many periods end at midnight. `closed_invoices` are so old that nothing of
-- them is refunded any more. `with_mandate`: a trial may still start, for an hour after the mandate was stored.
create function oneai.claim_syncs(p_limit integer, p_except uuid[]) returns jsonb
language sql security definer set search_path = ''
as $$
  with due as (
    select s.id from oneai.subscriptions as s
    where s.provider_subscription_id is not null and s.id <> all (p_except) and (
      s.next_sync_at <= oneai.now()
      or (s.status = 'none' and s.cancelled_at is null and (
        s.created_at > oneai.now() - interval '30 minutes'
        or oneai.now() >= s.created_at + 2 * coalesce(s.last_synced_at - s.created_at, interval '0')))
      or (s.status = 'cancelled' and s.cancelled_at > oneai.now() - interval '30 days'
        and oneai.now() >= s.cancelled_at + 2 * coalesce(s.last_synced_at - s.cancelled_at, interval '0')
        and (s.snapshot ->> 'paid_count')::numeric > (
          select count(*) from oneai.payments as p where p.subscription_id = s.id and p.captured_at is not null)))
    order by s.next_sync_at nulls first, s.id limit p_limit for update skip locked
  ), claimed as (
    update oneai.subscriptions as s set last_synced_at = oneai.now(), next_sync_at = oneai.now() + interval '5 minutes'
    from due as d where s.id = d.id
    returning s.id, s.workspace_id, s.payment_provider, s.provider_subscription_id, coalesce(
      s.status = 'active' and s.current_period_end between oneai.now() - interval '10 minutes' and oneai.now(), false)
      as event_expected,
      coalesce(s.trial_end > oneai.now(), false) and s.mandate_instrument_hash is null
        and coalesce(s.mandate_noted_at > oneai.now() - interval '1 hour', true) as with_mandate
  )
  select coalesce(jsonb_agg(jsonb_build_object(
    'id', t.id, 'workspace_id', t.workspace_id, 'payment_provider', t.payment_provider, 'ref', t.provider_subscription_id,
    'fetch', not t.event_expected, 'with_mandate', t.with_mandate,
    'closed_invoices', array(
      select p.invoice_ref from oneai.payments as p
      where p.subscription_id = t.id and p.invoice_ref is not null and p.period_end <= oneai.now()
        and p.captured_at <= oneai.now() - interval '180 days' and not exists (
          select from oneai.refunds as f where f.payment_id = p.id and f.status = 'pending')),
    'payments_with_pending_refund', array(
      select p.provider_payment_id from oneai.payments as p join oneai.refunds as f on f.payment_id = p.id
      where p.subscription_id = t.id and f.status = 'pending'))), '[]')
  from claimed as t
$$;
revoke execute on function oneai.claim_syncs from public;
grant execute on function oneai.claim_syncs to oneai_app;

-- Makes its sync due after this many seconds.
create function oneai.reschedule_sync(p_id uuid, p_seconds integer) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions as s
  set next_sync_at = oneai.now() + make_interval(secs => p_seconds)
  where s.id = p_id and oneai.needs_sync(s)
$$;
revoke execute on function oneai.reschedule_sync from public;
grant execute on function oneai.reschedule_sync to oneai_app;

-- Claims up to `p_limit` orders whose sync is due, none of the providers in p_away. Orders without an answer of the
-- provider are due again in an hour.
create function oneai.claim_order_syncs(p_limit integer, p_except uuid[], p_away text[]) returns jsonb
language sql security definer set search_path = ''
as $$
  with claimed as (
    update oneai.orders as o set next_sync_at = oneai.now() + interval '1 hour'
    where o.id in (
      select d.id from oneai.orders as d where d.next_sync_at <= oneai.now() and d.id <> all (p_except)
        and d.payment_provider <> all (p_away)
      order by d.next_sync_at, d.id limit p_limit for update skip locked)
    returning o.id, o.payment_provider, o.provider_order_id
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', c.id, 'payment_provider', c.payment_provider,
    'ref', c.provider_order_id)), '[]') from claimed as c
$$;
revoke execute on function oneai.claim_order_syncs from public;
grant execute on function oneai.claim_order_syncs to oneai_app;
