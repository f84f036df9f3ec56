-- Writes the projection: subscriptions, payments, history, operations at the provider, and the workspace.

-- The projection of each subscription. `p_keep`: a due sync remains due, because this was not a sync.
create function oneai.save_subscriptions(p_all jsonb, p_keep boolean) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.subscriptions as s
  set status = n.status, plan_id = n.plan_id, period = n.period, currency = n.currency, amount = n.amount,
      quantity = n.quantity, provider_plan_id = n.provider_plan_id, offer_id = n.offer_id, short_url = n.short_url,
      expires_at = n.expires_at, start_at = n.start_at, current_period_start = n.current_period_start,
      current_period_end = n.current_period_end, cancelled_at = n.cancelled_at, superseded_at = n.superseded_at,
      trial_start = n.trial_start, grace_ends_at = n.grace_ends_at, next_sync_at = case
        when p_keep and s.next_sync_at <= oneai.now() and s.provider_subscription_id is not null then s.next_sync_at
        else n.next_sync_at end,
      updated_at = oneai.now()
  from jsonb_populate_recordset(null::oneai.subscriptions, p_all) as n
  where s.id = n.id and (
    s.status, s.plan_id, s.period, s.currency, s.amount, s.quantity, s.provider_plan_id, s.offer_id, s.short_url,
    s.expires_at, s.start_at, s.current_period_start, s.current_period_end, s.cancelled_at, s.superseded_at,
    s.trial_start, s.grace_ends_at, s.next_sync_at
  ) is distinct from (
    n.status, n.plan_id, n.period, n.currency, n.amount, n.quantity, n.provider_plan_id, n.offer_id, n.short_url,
    n.expires_at, n.start_at, n.current_period_start, n.current_period_end, n.cancelled_at, n.superseded_at,
    n.trial_start, n.grace_ends_at, n.next_sync_at);
end
$$;
revoke execute on function oneai.save_subscriptions from public;

-- The projection of payments: whether quarantined, their tier, status and refunds.
create function oneai.save_payments(p_all jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.payments as p
  set quarantined_at = case when n.quarantined then coalesce(p.quarantined_at, oneai.now()) end, tier = n.tier,
      status = n.status, amount_refunded = n.refunded,
      period_start = coalesce(n.prepaid_from, p.period_start), period_end = coalesce(n.prepaid_to, p.period_end)
  from jsonb_to_recordset(p_all) as n (id uuid, quarantined boolean, tier text, status text, refunded bigint,
    prepaid_from timestamptz, prepaid_to timestamptz)
  where p.id = n.id and (p.quarantined_at is not null, p.tier, p.status, p.amount_refunded, p.period_start, p.period_end)
    is distinct from (n.quarantined, n.tier, n.status, n.refunded, coalesce(n.prepaid_from, p.period_start),
      coalesce(n.prepaid_to, p.period_end));
end
$$;
revoke execute on function oneai.save_payments from public;

-- The workspace's history. `found_by` of an entry is the source that first found it.
create function oneai.save_history(p_workspace uuid, p_all jsonb, p_source text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  delete from oneai.subscription_history as h
  where h.workspace_id = p_workspace and h.cause is not null
    and not exists (select from jsonb_to_recordset(p_all) as n (cause text) where n.cause = h.cause);
  insert into oneai.subscription_history as h (
    workspace_id, subscription_id, cause, old_tier, new_tier, change_reason, changed_at, metadata)
  select p_workspace, n.subscription_id, n.cause, n.old_tier, n.new_tier, n.reason, n.at,
    n.metadata || jsonb_build_object('found_by', p_source)
  from jsonb_to_recordset(p_all) as n (
    subscription_id uuid, cause text, old_tier text, new_tier text, reason text, at timestamptz, metadata jsonb)
  order by n.at
  on conflict (workspace_id, cause) do update
  set subscription_id = excluded.subscription_id, old_tier = excluded.old_tier, new_tier = excluded.new_tier,
      change_reason = excluded.change_reason, changed_at = excluded.changed_at,
      metadata = excluded.metadata || jsonb_build_object('found_by', h.metadata -> 'found_by')
  where (h.subscription_id, h.old_tier, h.new_tier, h.change_reason, h.changed_at, h.metadata - 'found_by')
    is distinct from (excluded.subscription_id, excluded.old_tier, excluded.new_tier, excluded.change_reason,
      excluded.changed_at, excluded.metadata - 'found_by');
end
$$;
revoke execute on function oneai.save_history from public;

-- Operations at the provider, each once; an alert is raised when one is first decided. Until it is sent, an operation
-- follows the facts, with its reason, amount and time, and is cancelled if it no longer follows from them; a duplicate
-- or unexpected charge may turn out to be neither even later. One that was given up is made again for another reason,
-- and so is a cancellation that was requested again (as_of). An operator's decision remains.
create function oneai.save_operations(p_subscriptions uuid[], p_payments uuid[], p_orders uuid[], p_all jsonb)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  operation record;
begin
  update oneai.provider_operations as c set state = 'cancelled'
  where (c.subscription_id = any (p_subscriptions) or c.payment_id = any (p_payments) or c.order_id = any (p_orders))
    and c.state = 'pending'
    and (c.locked_until is null or c.locked_until <= oneai.now())
    and c.reason <> 'operator'
    and (c.sent_at is null or c.reason in ('duplicate', 'unexpected_charge') or c.dedupe_key like 'refund:%:again:%')
    and not exists (select from jsonb_to_recordset(p_all) as n (dedupe_key text) where n.dedupe_key = c.dedupe_key);
  for operation in select * from jsonb_to_recordset(p_all) as n (
    dedupe_key text, kind text, reason text, subscription_id uuid, payment_id uuid, order_id uuid, amount bigint,
    as_of timestamptz, due_at timestamptz, alert text, rejection text, subject text)
  loop
    insert into oneai.provider_operations (
      dedupe_key, kind, subscription_id, payment_id, order_id, amount, as_of, reason, rejection, due_at)
    values (operation.dedupe_key, operation.kind, operation.subscription_id, operation.payment_id,
      operation.order_id, operation.amount, operation.as_of, operation.reason, operation.rejection,
      coalesce(operation.due_at, oneai.now()))
    on conflict (dedupe_key) do nothing;
    if not found then
      update oneai.provider_operations as c
      set state = 'pending', reason = operation.reason, due_at = coalesce(operation.due_at, oneai.now()),
          as_of = case c.kind when 'cancel' then operation.as_of else c.as_of end, last_error = null,
          attempts = case when c.state = 'pending' and (c.kind = 'refund' or c.as_of is not distinct from operation.as_of)
            then c.attempts else 0 end
      where c.dedupe_key = operation.dedupe_key
        and (c.state = 'cancelled' or (c.state in ('pending', 'failed') and (
          c.reason <> operation.reason or (c.kind = 'cancel' and c.as_of is distinct from operation.as_of))));
      update oneai.provider_operations as c
      set amount = operation.amount, as_of = operation.as_of,
          due_at = case c.kind when 'cancel_at_period_end' then operation.due_at else c.due_at end
      where c.dedupe_key = operation.dedupe_key and c.state = 'pending' and c.sent_at is null and c.attempts = 0;
    elsif operation.alert is not null then
      perform oneai.raise_alert(operation.alert, operation.subject, jsonb_build_object(
        'subscription', operation.subscription_id,
        'call', operation.dedupe_key, 'amount', operation.amount)
        || jsonb_strip_nulls(jsonb_build_object('reason', operation.rejection)));
    end if;
  end loop;
end
$$;
revoke execute on function oneai.save_operations from public;

-- The workspace's trial, which who pays has had, and its instrument. If another trial has just used the instrument or the
-- person's only one, there is none, and the next sync is due immediately.
create function oneai.save_trial(p_workspace uuid, p_subscription uuid, p_started_at timestamptz, p_instrument bytea)
returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.trials as t (user_id, workspace_id, subscription_id, started_at, instrument_hash)
  values (
    coalesce((select s.holder_id from oneai.subscriptions as s where s.id = p_subscription), oneai.owner_of(p_workspace)),
    p_workspace, p_subscription, p_started_at, p_instrument)
  on conflict (user_id) do update
  set started_at = least(t.started_at, excluded.started_at), instrument_hash = excluded.instrument_hash
  where t.subscription_id = excluded.subscription_id
    and (excluded.started_at < t.started_at or t.instrument_hash is distinct from excluded.instrument_hash);
  if not found and not exists (select from oneai.trials as t where t.subscription_id = p_subscription) then
    update oneai.subscriptions set next_sync_at = oneai.now() where id = p_subscription;
  end if;
exception when unique_violation then
  update oneai.subscriptions set next_sync_at = oneai.now() where id = p_subscription;
end
$$;
revoke execute on function oneai.save_trial from public;

-- Records that a workspace's plan changed: by its owner after a payment or a cancellation (`verify`, `request`), by the
-- payment provider after its event, else by the source that found it. An operator's grant has its own earlier row.
create function oneai.record_plan_change(
  p_workspace uuid, p_from text, p_to text, p_subscription uuid, p_source text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  provider text := (select s.payment_provider from oneai.subscriptions as s where s.id = p_subscription);
  owner constant uuid := oneai.owner_of(p_workspace);
begin
  perform oneai.record_audit(
    case when p_source in ('verify', 'request') then 'user' when p_source = 'webhook' then 'provider' else 'system' end,
    case when p_source in ('verify', 'request') then owner::text
      when p_source = 'webhook' then coalesce(provider, p_source)
      else p_source end,
    'plan.change', owner, 'subscription', p_subscription::text,
    p_detail => jsonb_build_object('from', p_from, 'to', p_to), p_workspace => p_workspace);
end
$$;
revoke execute on function oneai.record_plan_change from public;

-- The projection of the workspace: tier, status, quotas, history, trial.
create function oneai.save_entitlement(p_workspace uuid, p jsonb, p_source text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces;
  usage_since timestamptz := (p ->> 'usage_since')::timestamptz;
  anchor timestamptz := (p ->> 'anchor')::timestamptz;
  window_end constant timestamptz := (p ->> 'window_end')::timestamptz;
  limits constant jsonb := nullif(p -> 'limits', 'null');
begin
  select * into payer from oneai.workspaces where id = p_workspace;
  if (payer.subscription_tier, payer.quota_since, payer.quota_anchor, payer.plan_limits, payer.quota_window_end)
    is distinct from (p ->> 'tier', usage_since, anchor, limits, window_end)
  then
    perform oneai.set_entitled_plan(p_workspace, p ->> 'tier', usage_since, anchor, limits, window_end);
  end if;
  if payer.subscription_tier <> p ->> 'tier' then
    perform oneai.record_plan_change(
      p_workspace, payer.subscription_tier, p ->> 'tier', (p ->> 'subscription_id')::uuid, p_source);
  end if;
  update oneai.workspaces
  set subscription_status = p ->> 'status', subscription_id = (p ->> 'subscription_id')::uuid, updated_at = oneai.now()
  where id = p_workspace and (subscription_status, subscription_id)
    is distinct from (p ->> 'status', (p ->> 'subscription_id')::uuid);
  if payer.kind = 'team' and payer.seats is distinct from (p ->> 'seats')::integer then
    update oneai.workspaces set seats = (p ->> 'seats')::integer where id = p_workspace;
  end if;
  perform oneai.save_history(p_workspace, p -> 'history', p_source);
  perform oneai.save_trial(p_workspace, n.subscription_id, n.started_at, n.instrument)
  from jsonb_to_recordset(p -> 'trials') as n (subscription_id uuid, started_at timestamptz, instrument bytea);
end
$$;
revoke execute on function oneai.save_entitlement from public;

-- Writes the projection of one workspace with the names of oneai/billing/rows.py; p_workspace is null after erasure.
create function oneai.save_projection(p_workspace uuid, p jsonb, p_source text, p_keep boolean default false)
returns void
language plpgsql security definer set search_path = ''
as $$
declare
  invoice record;
  refund record;
begin
  perform oneai.save_subscriptions(p -> 'subscriptions', p_keep);
  perform oneai.save_payments(p -> 'payments');
  if p -> 'offers' <> '[]' then
    perform oneai.save_offers(p -> 'offers');
  end if;
  if p -> 'credits' <> '[]' then
    perform oneai.save_credit_purchases(p -> 'credits');
  end if;
  if p -> 'orders' <> '[]' then
    update oneai.orders as o set next_sync_at = n.next_sync_at
    from jsonb_populate_recordset(null::oneai.orders, p -> 'orders') as n
    -- One that is due stays due until the job has claimed it, which makes it due later.
    where o.id = n.id and not coalesce(o.next_sync_at <= oneai.now(), false)
      and o.next_sync_at is distinct from n.next_sync_at;
  end if;
  if p_workspace is not null then
    perform oneai.save_entitlement(p_workspace, p, p_source);
    if p -> 'returned_credits' <> '[]' then
      perform oneai.save_returned_credits(p_workspace, p -> 'returned_credits');
    end if;
    perform oneai.note_refused_recharges(p_workspace);
  end if;
  perform oneai.save_operations(
    array(select (s ->> 'id')::uuid from jsonb_array_elements(p -> 'subscriptions') as s),
    array(select (s ->> 'id')::uuid from jsonb_array_elements(p -> 'payments') as s),
    array(select (s ->> 'id')::uuid from jsonb_array_elements(p -> 'orders') as s), p -> 'operations');
  -- Numbers without a gap: taking one blocks all others, so it is done last.
  for invoice in select * from jsonb_to_recordset(p -> 'invoices') as n (payment_id uuid, terms jsonb) loop
    perform oneai.issue_invoice(invoice.payment_id, invoice.terms);
  end loop;
  perform oneai.withdraw_credit_notes(array(select (s ->> 'id')::uuid from jsonb_array_elements(p -> 'payments') as s));
  for refund in
    select r.id from oneai.refunds as r
    where r.payment_id in (select (n ->> 'id')::uuid from jsonb_array_elements(p -> 'payments') as n)
      and r.status = 'processed' and not exists (select from oneai.invoices as i where i.refund_id = r.id)
    order by r.refunded_at, r.id
  loop
    perform oneai.issue_credit_note(refund.id);
  end loop;
  -- A receipt names its payment's invoice, which is issued by now.
  perform oneai.enqueue_billing_mail(p_workspace, m.kind, m.cause, m.data || coalesce(
    (select jsonb_build_object('invoice_number', i.number)
     from oneai.payments as o join oneai.invoices as i on i.payment_id = o.id and i.kind = 'invoice'
     where m.kind in ('payment_receipt', 'credit_receipt') and o.id::text = m.cause), '{}'))
  from jsonb_to_recordset(p -> 'mails') as m (kind text, cause text, data jsonb) where p_workspace is not null;
  perform oneai.raise_alert(a.kind, a.subject, a.detail)
  from jsonb_to_recordset(p -> 'alerts') as a (kind text, subject text, detail jsonb);
end
$$;
revoke execute on function oneai.save_projection from public;

-- Writes everything that was projected under one set of locks: p_payers has {workspace_id, facts, projection} of each.
-- The event of p_provider (p_event, else both null) gets the state p_state; the parked events processed with it (p_with) become processed.
create function oneai.save_projections(
  p_provider text, p_event text, p_state text, p_payers jsonb, p_source text, p_keep boolean,
  p_with text[] default '{}')
returns void
language plpgsql security definer set search_path = '' set plan_cache_mode = force_generic_plan
as $$
declare
  entry record;
begin
  for entry in select * from jsonb_to_recordset(p_payers) as n (workspace_id uuid, facts jsonb, projection jsonb) loop
    perform oneai.upsert_facts(entry.workspace_id, entry.facts);
    perform oneai.save_projection(entry.workspace_id, entry.projection, p_source, p_keep);
  end loop;
  update oneai.provider_events as e
  set state = p_state, processed_at = case p_state when 'processed' then oneai.now() end, problem = null
  where e.payment_provider = p_provider and e.event_id = p_event;
  update oneai.provider_events as e set state = 'processed', processed_at = oneai.now(), problem = null
  where e.payment_provider = p_provider and e.event_id = any (p_with);
end
$$;
revoke execute on function oneai.save_projections from public;
grant execute on function oneai.save_projections to oneai_app;
