-- The facts of users are loaded under their locks and written back.
--
-- What follows from them is projected in Python (oneai/billing/projection/), under the user's lock:
-- oneai.lock_and_load_billing locks and reads, oneai.upsert_facts and oneai.save_projection write.

-- Our subscriptions with these refs, or with payments or invoices that have them.
create function oneai.find_subscriptions(
  p_provider text, p_subscriptions text[], p_ids uuid[], p_payments text[], p_invoices text[]) returns uuid[]
language plpgsql stable security definer set search_path = ''
as $$
begin
  return array(
    select s.id from oneai.subscriptions as s
    where s.payment_provider = p_provider and s.provider_subscription_id = any (p_subscriptions)
    union select s.id from oneai.subscriptions as s where s.id = any (p_ids)
    union select p.subscription_id from oneai.payments as p
    where p.payment_provider = p_provider and p.subscription_id is not null and p.provider_payment_id = any (p_payments)
    union select p.subscription_id from oneai.payments as p
    where p.payment_provider = p_provider and p.subscription_id is not null and p.invoice_ref = any (p_invoices));
end
$$;
revoke execute on function oneai.find_subscriptions from public;

-- All facts of these subscriptions of one user (p_user is null once erased), as oneai/billing/record.py reads them.
-- `p_instruments`: of mandates that are about to be stored.
create function oneai.billing_record(p_user uuid, p_subscriptions uuid[], p_instruments bytea[]) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return jsonb_build_object('user_id', p_user,
    'subscriptions', (select coalesce(jsonb_agg(to_jsonb(s) order by s.id), '[]') from oneai.subscriptions as s
      where s.id = any (p_subscriptions)),
    'payments', (select coalesce(jsonb_agg(to_jsonb(p)), '[]') from oneai.payments as p
      where p.subscription_id = any (p_subscriptions)),
    'refunds', (select coalesce(jsonb_agg(to_jsonb(r)), '[]')
      from oneai.refunds as r join oneai.payments as p on p.id = r.payment_id
      where p.subscription_id = any (p_subscriptions)),
    'disputes', (select coalesce(jsonb_agg(to_jsonb(d)), '[]')
      from oneai.disputes as d join oneai.payments as p on p.id = d.payment_id
      where p.subscription_id = any (p_subscriptions)),
    'lifecycle_events', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from oneai.lifecycle_events as m
      where m.subscription_id = any (p_subscriptions)),
    'grants', (select coalesce(jsonb_agg(to_jsonb(g)), '[]') from oneai.plan_grants as g where g.user_id = p_user),
    'trial', (select to_jsonb(t) from oneai.trials as t where t.user_id = p_user),
    'prices', (select coalesce(jsonb_agg(to_jsonb(k)), '[]') from oneai.prices as k),
    'payments_with_invoice', (select coalesce(jsonb_agg(i.payment_id), '[]')
      from oneai.invoices as i join oneai.payments as p on p.id = i.payment_id
      where i.kind = 'invoice' and p.subscription_id = any (p_subscriptions)),
    'refund_operations', (select coalesce(jsonb_agg(to_jsonb(o)), '[]') from oneai.provider_operations as o
      where o.kind = 'refund' and o.subscription_id = any (p_subscriptions)),
    'instruments_with_trial', (select coalesce(jsonb_agg(t.instrument_hash), '[]') from oneai.trials as t
      where t.user_id is distinct from p_user and (t.instrument_hash = any (p_instruments)
        or t.instrument_hash in (
          select s.mandate_instrument_hash from oneai.subscriptions as s where s.id = any (p_subscriptions)))));
end
$$;
revoke execute on function oneai.billing_record from public;

-- All facts of a user, whose row stays locked until the transaction ends.
create function oneai.lock_billing_record(p_user uuid, p_instruments bytea[] default '{}') returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.users where id = p_user for no key update;
  return oneai.billing_record(
    p_user, array(select s.id from oneai.subscriptions as s where s.user_id = p_user), p_instruments);
end
$$;
revoke execute on function oneai.lock_billing_record from public;

-- The facts of all users to whom these refs belong, and the current time; their rows are locked, and before them the
-- event's (p_event, else null). p_refs: subscriptions, ids (ours), payments, invoices, instruments (of mandates, in
-- hexadecimal); refs are the provider's. A transaction that makes a ref known and one that finds it unknown wait for
-- each other, so that no event stays parked, and so do two trials with one instrument. With p_parked come the parked
-- events with these refs.
create function oneai.lock_and_load_billing(
  p_provider text, p_event text, p_refs jsonb, p_user uuid default null, p_parked boolean default false)
returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found_state text;
  subscriptions text[] := array(select jsonb_array_elements_text(p_refs -> 'subscriptions'));
  payments text[] := array(select jsonb_array_elements_text(p_refs -> 'payments'));
  invoices text[] := array(select jsonb_array_elements_text(p_refs -> 'invoices'));
  ids uuid[] := array(select jsonb_array_elements_text(p_refs -> 'ids')::uuid);
  instruments bytea[] := array(
    select decode(i.hex, 'hex') from jsonb_array_elements_text(p_refs -> 'instruments') as i (hex));
  theirs uuid[];
  people uuid[];
begin
  if p_event is not null then
    select e.state into found_state from oneai.provider_events as e
    where e.payment_provider = p_provider and e.event_id = p_event for update;
    if found_state is distinct from 'pending' and found_state is distinct from 'parked' then
      return jsonb_build_object('state', found_state);
    end if;
    -- The event is on disk, and is processed again if a crash loses the result: no commit waits for the disk.
    perform set_config('synchronous_commit', 'off', true);
  end if;
  perform pg_advisory_xact_lock(k.key) from (
    select distinct hashtextextended(p_provider || ' ' || r.ref, 0) as key
    from unnest(subscriptions || payments || invoices
      || array(select jsonb_array_elements_text(p_refs -> 'instruments'))) as r (ref) order by key) as k;
  theirs := oneai.find_subscriptions(p_provider, subscriptions, ids, payments, invoices);
  people := array(
    select distinct s.user_id from oneai.subscriptions as s where s.id = any (theirs) and s.user_id is not null
    union select p_user where p_user is not null order by 1);
  perform 1 from oneai.users where id = any (people) order by id for no key update;
  perform 1 from oneai.subscriptions where id = any (theirs) and user_id is null order by id for no key update;
  return jsonb_build_object('state', found_state, 'at', oneai.now(), 'people', (
    select coalesce(jsonb_agg(f.facts), '[]') from (
      select oneai.lock_billing_record(u.id, instruments) as facts
      from oneai.users as u where u.id = any (people)
      union all select oneai.billing_record(null, array[s.id], instruments)
      from oneai.subscriptions as s where s.id = any (theirs) and s.user_id is null) as f),
    'parked', case when p_parked and cardinality(theirs) > 0
      then oneai.parked_events(p_provider, p_event, subscriptions, payments, invoices) else '[]' end);
end
$$;
revoke execute on function oneai.lock_and_load_billing from public;
grant execute on function oneai.lock_and_load_billing to oneai_app;

-- Writes the facts of one user that changed, as rows of their tables: subscriptions, payments, refunds, disputes,
-- lifecycle events. Instruments of an erased user (p_user is null) are not kept.
create function oneai.upsert_facts(p_provider text, p_user uuid, p_facts jsonb) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions as s
  set provider_subscription_id = n.provider_subscription_id, snapshot = n.snapshot, snapshot_rank = n.snapshot_rank,
      metadata = s.metadata || n.metadata,
      mandate_instrument_hash = case when p_user is not null then n.mandate_instrument_hash end,
      mandate_instrument_at = n.mandate_instrument_at,
      cancel_requested_at = coalesce(s.cancel_requested_at, n.cancel_requested_at),
      access_ends_at = coalesce(s.access_ends_at, n.access_ends_at),
      checkout_cancelled_at = coalesce(s.checkout_cancelled_at, n.checkout_cancelled_at),
      mandate_noted_at = coalesce(
        s.mandate_noted_at, case when n.metadata #>> '{snapshot_history,authorized_at}' is not null then oneai.now() end),
      updated_at = oneai.now()
  from jsonb_populate_recordset(null::oneai.subscriptions, p_facts -> 'subscriptions') as n
  where s.id = n.id;
  insert into oneai.payments as p (
    id, user_id, subscription_id, payment_provider, provider_payment_id, amount, currency, status, captured_at,
    created_at, invoice_ref, order_ref, method, period_start, period_end, period_from,
    invoiced_amount, invoiced_currency, invoiced_extras)
  select n.id, coalesce(p_user, '00000000-0000-0000-0000-000000000000'), n.subscription_id, p_provider,
    n.provider_payment_id, n.amount, n.currency, n.status, n.captured_at, n.created_at, n.invoice_ref, n.order_ref,
    n.method, n.period_start, n.period_end, n.period_from, n.invoiced_amount, n.invoiced_currency, n.invoiced_extras
  from jsonb_populate_recordset(null::oneai.payments, p_facts -> 'payments') as n order by n.id
  on conflict (payment_provider, provider_payment_id) do update
  set amount = excluded.amount, currency = excluded.currency, status = excluded.status,
      captured_at = excluded.captured_at, created_at = excluded.created_at, invoice_ref = excluded.invoice_ref,
      order_ref = excluded.order_ref, method = excluded.method,
      period_start = excluded.period_start, period_end = excluded.period_end, period_from = excluded.period_from,
      invoiced_amount = excluded.invoiced_amount, invoiced_currency = excluded.invoiced_currency,
      invoiced_extras = excluded.invoiced_extras;
  insert into oneai.refunds as r (
    id, payment_id, payment_provider, provider_refund_id, amount, status, refunded_at, operation_id)
  select n.id, n.payment_id, p_provider, n.provider_refund_id, n.amount, n.status, n.refunded_at, n.operation_id
  from jsonb_populate_recordset(null::oneai.refunds, p_facts -> 'refunds') as n order by n.id
  on conflict (payment_provider, provider_refund_id) do update
  set status = excluded.status, refunded_at = excluded.refunded_at,
      operation_id = coalesce(r.operation_id, excluded.operation_id);
  insert into oneai.disputes (payment_id, payment_provider, provider_dispute_id, status, at)
  select n.payment_id, p_provider, n.provider_dispute_id, n.status, n.at
  from jsonb_populate_recordset(null::oneai.disputes, p_facts -> 'disputes') as n order by n.provider_dispute_id
  on conflict (payment_provider, provider_dispute_id) do update set status = excluded.status, at = excluded.at;
  insert into oneai.lifecycle_events (subscription_id, kind, at, detail)
  select n.subscription_id, n.kind, n.at, n.detail
  from jsonb_populate_recordset(null::oneai.lifecycle_events, p_facts -> 'lifecycle_events') as n
  on conflict (subscription_id, kind, at) do update set detail = excluded.detail
$$;
revoke execute on function oneai.upsert_facts from public;
