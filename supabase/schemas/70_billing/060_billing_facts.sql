-- Loads the facts of workspaces under their locks, and writes them back.
--
-- Python projects what follows from them (oneai/billing/projection/) under the workspace's lock:
-- oneai.lock_and_load_billing locks and reads, oneai.upsert_facts and oneai.save_projection write.

-- Keys of advisory locks for references, in order: a transaction that makes a reference known and one that finds it
-- unknown wait for each other.
create function oneai.ref_locks(p_provider text, p_refs jsonb) returns setof bigint
language sql immutable
as $$
  select distinct hashtextextended(p_provider || ' ' || r.ref, 0) as key
  from jsonb_each(p_refs - 'ids' - 'workspaces') as e (kind, refs), jsonb_array_elements_text(e.refs) as r (ref)
  order by key
$$;
revoke execute on function oneai.ref_locks from public;

-- The subscriptions and orders behind these references (p_refs as in oneai.lock_and_load_billing), with their
-- workspaces. An unknown order belongs to the workspace named with it; that of a known order never changes.
create function oneai.find_owners(p_provider text, p_refs jsonb)
returns table (workspace_id uuid, subscription_id uuid, order_id uuid)
language plpgsql stable security definer set search_path = ''
as $$
declare
  subscriptions text[] := array(select jsonb_array_elements_text(p_refs -> 'subscriptions'));
  ids uuid[] := array(select jsonb_array_elements_text(p_refs -> 'ids')::uuid);
  payments text[] := array(select jsonb_array_elements_text(p_refs -> 'payments'));
  invoices text[] := array(select jsonb_array_elements_text(p_refs -> 'invoices'));
  orders text[] := array(select jsonb_array_elements_text(p_refs -> 'orders'));
begin
  -- Each kind of reference separately: most events have one or two, and the others cost nothing.
  if subscriptions <> '{}' then
    return query select s.workspace_id, s.id, null::uuid from oneai.subscriptions as s
    where s.payment_provider = p_provider and s.provider_subscription_id = any (subscriptions);
  end if;
  if ids <> '{}' then
    return query select s.workspace_id, s.id, null::uuid from oneai.subscriptions as s
    where s.payment_provider = p_provider and s.id = any (ids);
  end if;
  if payments <> '{}' or invoices <> '{}' then
    return query select coalesce(s.workspace_id, o.workspace_id), s.id, o.id
    from (
      select p.subscription_id, p.order_id from oneai.payments as p
      where p.payment_provider = p_provider and p.provider_payment_id = any (payments)
      union select p.subscription_id, p.order_id from oneai.payments as p
      where p.payment_provider = p_provider and p.invoice_ref = any (invoices)) as p
    left join oneai.subscriptions as s on s.id = p.subscription_id
    left join oneai.orders as o on o.id = p.order_id
    where coalesce(s.id, o.id) is not null;
  end if;
  if orders <> '{}' then
    return query select o.workspace_id, null::uuid, o.id from oneai.orders as o
    where o.payment_provider = p_provider and o.provider_order_id = any (orders);
    if not found then
      return query select w.id, null::uuid, null::uuid from oneai.workspaces as w
      where w.id = any (array(select jsonb_array_elements_text(p_refs -> 'workspaces')::uuid));
    end if;
  end if;
end
$$;
revoke execute on function oneai.find_owners from public;

-- All facts of these subscriptions and orders of one workspace (p_workspace is null once erased), as
-- oneai/billing/record.py reads them. `p_instruments`: of mandates that are about to be stored.
create function oneai.billing_record(p_workspace uuid, p_subscriptions uuid[], p_orders uuid[], p_instruments bytea[])
returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  payments uuid[] := array(
    select p.id from oneai.payments as p where p.subscription_id = any (p_subscriptions)
    union all select p.id from oneai.payments as p where p_orders <> '{}' and p.order_id = any (p_orders));
begin
  return jsonb_build_object('workspace_id', p_workspace,
    'kind', (select w.kind from oneai.workspaces as w where w.id = p_workspace),
    'subscriptions', (select coalesce(jsonb_agg(to_jsonb(s) order by s.id), '[]') from oneai.subscriptions as s
      where s.id = any (p_subscriptions)),
    'orders', (select coalesce(jsonb_agg(to_jsonb(o)), '[]') from oneai.orders as o where o.id = any (p_orders)),
    'payments', (select coalesce(jsonb_agg(to_jsonb(p)), '[]') from oneai.payments as p where p.id = any (payments)),
    'refunds', (select coalesce(jsonb_agg(to_jsonb(r)), '[]') from oneai.refunds as r
      where r.payment_id = any (payments)),
    'disputes', (select coalesce(jsonb_agg(to_jsonb(d)), '[]') from oneai.disputes as d
      where d.payment_id = any (payments)),
    'lifecycle_events', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from oneai.lifecycle_events as m
      where m.subscription_id = any (p_subscriptions)),
    'seat_orders', (select coalesce(jsonb_agg(to_jsonb(o)), '[]') from oneai.seat_orders as o
      where o.subscription_id = any (p_subscriptions)),
    'offers', (select coalesce(jsonb_agg(to_jsonb(o) order by o.created_at, o.id), '[]') from oneai.offers as o
      where o.workspace_id = p_workspace),
    'credit_orders', case when p_orders = '{}' then '[]' else oneai.credit_order_facts(p_orders) end,
    'grants', (select coalesce(jsonb_agg(to_jsonb(g)), '[]') from oneai.plan_grants as g
      where g.workspace_id = p_workspace),
    -- Of this workspace, else of a person who pays here: a trial is once per person over all workspaces.
    'trial', (select to_jsonb(t) from oneai.trials as t
      where p_workspace is not null and (t.workspace_id = p_workspace or t.user_id in (
        select s.holder_id from oneai.subscriptions as s where s.id = any (p_subscriptions) and s.trial_end is not null))
      order by t.workspace_id = p_workspace desc limit 1),
    'prices', (select coalesce(jsonb_agg(to_jsonb(k)), '[]') from oneai.prices as k),
    'payments_with_invoice', (select coalesce(jsonb_agg(i.payment_id), '[]') from oneai.invoices as i
      where i.kind = 'invoice' and i.payment_id = any (payments)),
    'refund_operations', (select coalesce(jsonb_agg(to_jsonb(o)), '[]') from oneai.provider_operations as o
      where o.payment_id = any (payments)),
    'instruments_with_trial', (select coalesce(jsonb_agg(t.instrument_hash), '[]') from oneai.trials as t
      where t.workspace_id is distinct from p_workspace and t.instrument_hash = any (p_instruments || array(
        select s.mandate_instrument_hash from oneai.subscriptions as s where s.id = any (p_subscriptions)))));
end
$$;
revoke execute on function oneai.billing_record from public;

-- All facts of a workspace, for which the caller has locked its row.
create function oneai.workspace_billing_record(p_workspace uuid, p_instruments bytea[] default '{}') returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
begin
  return oneai.billing_record(
    p_workspace, array(select s.id from oneai.subscriptions as s where s.workspace_id = p_workspace),
    array(select o.id from oneai.orders as o where o.workspace_id = p_workspace), p_instruments);
end
$$;
revoke execute on function oneai.workspace_billing_record from public;

-- The facts of all workspaces to which these refs belong, and the current time; their rows are locked, and before them
-- the event's (p_event, else null). All references are p_provider's, which is null without any. p_refs: subscriptions, ids (ours), payments, invoices, orders with the `workspaces`
-- named in them, instruments (of mandates, in hexadecimal); refs are the provider's. Transactions with the same ref
-- wait for each other, so that no event stays parked, and of two trials with one instrument there is one. With p_parked
-- come the parked events with these refs.
create function oneai.lock_and_load_billing(
  p_provider text, p_event text, p_refs jsonb, p_workspace uuid default null, p_parked boolean default false)
returns jsonb
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  found_state text;
  instruments bytea[] := array(
    select decode(i.hex, 'hex') from jsonb_array_elements_text(p_refs -> 'instruments') as i (hex));
  payers uuid[];
  erased_subscriptions uuid[];
  erased_orders uuid[];
  known boolean;
begin
  if p_event is not null then
    select e.state into found_state from oneai.provider_events as e
    where e.payment_provider = p_provider and e.event_id = p_event for update;
    if found_state is distinct from 'pending' and found_state is distinct from 'parked' then
      return jsonb_build_object('state', found_state);
    end if;
    -- The event is on disk and is processed again if a crash loses the result, so no commit waits for the disk.
    perform set_config('synchronous_commit', 'off', true);
  end if;
  perform pg_advisory_xact_lock(k.key) from oneai.ref_locks(p_provider, p_refs) as k (key);
  select array_agg(distinct f.workspace_id) filter (where f.workspace_id is not null), count(*) > 0,
    array_agg(distinct f.subscription_id) filter (where f.workspace_id is null and f.subscription_id is not null),
    array_agg(distinct f.order_id) filter (where f.workspace_id is null and f.order_id is not null)
  into payers, known, erased_subscriptions, erased_orders from oneai.find_owners(p_provider, p_refs) as f;
  payers := payers || p_workspace;
  perform 1 from oneai.workspaces where id = any (payers) order by id for no key update;
  perform 1 from oneai.subscriptions where id = any (erased_subscriptions) order by id for no key update;
  perform 1 from oneai.orders where id = any (erased_orders) order by id for no key update;
  return jsonb_build_object('state', found_state, 'at', oneai.now(), 'workspaces', (
    select coalesce(jsonb_agg(f.facts), '[]') from (
      select oneai.workspace_billing_record(w.id, instruments) as facts from oneai.workspaces as w
      where w.id = any (payers)
      union all select oneai.billing_record(null, array[e.id], '{}', instruments)
      from unnest(erased_subscriptions) as e (id)
      union all select oneai.billing_record(null, '{}', array[e.id], '{}') from unnest(erased_orders) as e (id)) as f),
    'parked', case when p_parked and known then oneai.parked_events(p_provider, p_event, p_refs) else '[]' end);
end
$$;
revoke execute on function oneai.lock_and_load_billing from public;
grant execute on function oneai.lock_and_load_billing to oneai_app;

-- Writes the facts of one workspace that changed, as rows of their tables: subscriptions, orders, payments, refunds,
-- disputes, lifecycle events. Each names its provider. Instruments of an erased workspace (p_workspace is null) are not
-- stored.
create function oneai.upsert_facts(p_workspace uuid, p_facts jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  -- Most events change one or two kinds of facts, and unchanged kinds cost nothing.
  if p_facts -> 'subscriptions' <> '[]' then
    update oneai.subscriptions as s
    set provider_subscription_id = n.provider_subscription_id, snapshot = n.snapshot, snapshot_rank = n.snapshot_rank,
        metadata = s.metadata || n.metadata,
        mandate_instrument_hash = case when p_workspace is not null then n.mandate_instrument_hash end,
        mandate_instrument_at = n.mandate_instrument_at,
        cancel_requested_at = coalesce(s.cancel_requested_at, n.cancel_requested_at),
        access_ends_at = coalesce(s.access_ends_at, n.access_ends_at),
        checkout_cancelled_at = coalesce(s.checkout_cancelled_at, n.checkout_cancelled_at),
        mandate_noted_at = coalesce(
          s.mandate_noted_at, case when n.metadata #>> '{snapshot_history,authorized_at}' is not null then oneai.now() end),
        updated_at = oneai.now()
    from jsonb_populate_recordset(null::oneai.subscriptions, p_facts -> 'subscriptions') as n
    where s.id = n.id;
  end if;
  if p_facts -> 'orders' <> '[]' then
    insert into oneai.orders (
      id, workspace_id, payment_provider, provider_order_id, amount, currency, description, page_url)
    select n.id, p_workspace, n.payment_provider, n.provider_order_id, n.amount, n.currency, n.description, n.page_url
    from jsonb_populate_recordset(null::oneai.orders, p_facts -> 'orders') as n
    on conflict (id) do update
    set amount = excluded.amount, currency = excluded.currency, description = excluded.description,
        page_url = excluded.page_url;
  end if;
  if p_facts -> 'payments' <> '[]' then
    insert into oneai.payments as p (
      id, workspace_id, subscription_id, order_id, payment_provider, provider_payment_id, amount, currency, status,
      captured_at,
      created_at, invoice_ref, order_ref, method, period_start, period_end, period_from,
      invoiced_amount, invoiced_currency, invoiced_extras, instrument_hash, denied_at, country, fee)
    select n.id, coalesce(p_workspace, '00000000-0000-0000-0000-000000000000'), n.subscription_id, n.order_id,
      n.payment_provider, n.provider_payment_id, n.amount, n.currency, n.status, n.captured_at, n.created_at, n.invoice_ref, n.order_ref,
      n.method, n.period_start, n.period_end, n.period_from, n.invoiced_amount, n.invoiced_currency, n.invoiced_extras,
      n.instrument_hash, n.denied_at, n.country, n.fee
    from jsonb_populate_recordset(null::oneai.payments, p_facts -> 'payments') as n order by n.id
    on conflict (payment_provider, provider_payment_id) do update
    set amount = excluded.amount, currency = excluded.currency, status = excluded.status,
        captured_at = excluded.captured_at, created_at = excluded.created_at, invoice_ref = excluded.invoice_ref,
        order_ref = excluded.order_ref, method = excluded.method,
        period_start = excluded.period_start, period_end = excluded.period_end, period_from = excluded.period_from,
        invoiced_amount = excluded.invoiced_amount, invoiced_currency = excluded.invoiced_currency,
        invoiced_extras = excluded.invoiced_extras, instrument_hash = excluded.instrument_hash,
        denied_at = excluded.denied_at, country = excluded.country,
        fee = excluded.fee;
  end if;
  if p_facts -> 'refunds' <> '[]' then
    insert into oneai.refunds as r (
      id, payment_id, payment_provider, provider_refund_id, amount, status, refunded_at, operation_id, returned)
    select n.id, n.payment_id, n.payment_provider, n.provider_refund_id, n.amount, n.status, n.refunded_at, n.operation_id,
      n.returned
    from jsonb_populate_recordset(null::oneai.refunds, p_facts -> 'refunds') as n order by n.id
    on conflict (payment_provider, provider_refund_id) do update
    set status = excluded.status, refunded_at = excluded.refunded_at, returned = excluded.returned,
        operation_id = coalesce(r.operation_id, excluded.operation_id);
  end if;
  if p_facts -> 'disputes' <> '[]' then
    insert into oneai.disputes (payment_id, payment_provider, provider_dispute_id, status, at)
    select n.payment_id, n.payment_provider, n.provider_dispute_id, n.status, n.at
    from jsonb_populate_recordset(null::oneai.disputes, p_facts -> 'disputes') as n
    order by n.payment_provider, n.provider_dispute_id
    on conflict (payment_provider, provider_dispute_id) do update set status = excluded.status, at = excluded.at;
  end if;
  if p_facts -> 'lifecycle_events' <> '[]' then
    insert into oneai.lifecycle_events (subscription_id, kind, at, detail)
    select n.subscription_id, n.kind, n.at, n.detail
    from jsonb_populate_recordset(null::oneai.lifecycle_events, p_facts -> 'lifecycle_events') as n
    on conflict (subscription_id, kind, at) do update set detail = excluded.detail;
  end if;
end
$$;
revoke execute on function oneai.upsert_facts from public;
