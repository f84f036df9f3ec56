-- What the payment provider told is kept, put to the facts of the person it is about, and what follows is written.
--
-- The thinking is done between the two in Python (oneai/billing/note.py, oneai/billing/standing.py), under the person's
-- lock: oneai.gather_facts locks and reads, oneai.note_facts and oneai.settle_standing write.

-- Where a newer one took its place, computed from what was paid; `access_ends_at` is what was asked for.
alter table oneai.subscriptions add column superseded_at timestamptz;
-- Somebody may pay in a currency nobody sells in; that is quarantined, not lost.
alter table oneai.payments drop constraint payments_currency_check;
alter table oneai.payments add constraint payments_currency_check check (currency ~ '^[A-Z]{3}$');

-- ------------------------------------------------------------------------------------------------------------- events

-- Keeps an event as it came; the state it is in, `new` if nobody knew it.
create function oneai.store_event(
  p_provider text, p_event text, p_kind text, p_body bytea, p_subscription text, p_payment text, p_invoice text)
returns text
language plpgsql security definer set search_path = ''
as $$
declare
  found_state text;
begin
  insert into oneai.provider_events (
    payment_provider, event_id, kind, body, subscription_ref, payment_ref, invoice_ref)
  values (p_provider, p_event, p_kind, p_body, p_subscription, p_payment, p_invoice)
  on conflict (payment_provider, event_id) do nothing;
  if found then
    return 'new';
  end if;
  select e.state into found_state from oneai.provider_events as e
  where e.payment_provider = p_provider and e.event_id = p_event;
  return found_state;
end
$$;

-- An event as it came, and the state it is in.
create function oneai.stored_event(p_provider text, p_event text, out body bytea, out state text)
language sql stable security definer set search_path = ''
as $$
  select e.body, e.state from oneai.provider_events as e where e.payment_provider = p_provider and e.event_id = p_event
$$;

-- An event that could not be applied: why, for operators and for the next try. Whether operators are told of it: of events
-- that cannot be read (`p_unreadable`), of which there may be thousands, once an hour of all together.
create function oneai.fail_event(p_provider text, p_event text, p_problem text, p_unreadable boolean default false)
returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  failed oneai.provider_events;
begin
  update oneai.provider_events as e
  set attempts = e.attempts + 1, problem = p_problem, state = 'unapplied',
      unreadable_at = case when p_unreadable then oneai.now() end
  where e.payment_provider = p_provider and e.event_id = p_event and e.state <> 'applied' returning * into failed;
  if failed.event_id is null or (p_unreadable and exists (
    select from oneai.operator_alerts as a
    where a.kind = 'webhook_unapplied' and a.subject = 'unreadable' and a.acknowledged_at is null
      and a.last_at > oneai.now() - interval '1 hour'))
  then
    return false;
  end if;
  perform oneai.raise_alert('webhook_unapplied', case when p_unreadable then 'unreadable' else p_event end,
    jsonb_build_object('event', p_event, 'kind', failed.kind, 'attempts', failed.attempts, 'problem', p_problem));
  return true;
end
$$;

-- ------------------------------------------------------------------------------------------------------------- facts

-- All facts about these subscriptions of one person (of nobody any more: p_user is null), as oneai/billing/known.py
-- reads them. `p_instruments`: of mandates that are about to be noted.
create function oneai.facts_about(p_user uuid, p_subscriptions uuid[], p_instruments bytea[]) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('user_id', p_user,
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
    'marks', (select coalesce(jsonb_agg(to_jsonb(m)), '[]') from oneai.subscription_marks as m
      where m.subscription_id = any (p_subscriptions)),
    'grants', (select coalesce(jsonb_agg(to_jsonb(g)), '[]') from oneai.plan_grants as g where g.user_id = p_user),
    'trial', (select to_jsonb(t) from oneai.trials as t where t.user_id = p_user),
    'prices', (select coalesce(jsonb_agg(to_jsonb(k)), '[]') from oneai.prices as k),
    'asked_back', (select coalesce(jsonb_agg(distinct c.payment_id), '[]') from oneai.provider_calls as c
      where c.subscription_id = any (p_subscriptions) and c.kind = 'refund'),
    'invoiced', (select coalesce(jsonb_agg(i.payment_id), '[]')
      from oneai.invoices as i join oneai.payments as p on p.id = i.payment_id
      where i.kind = 'invoice' and p.subscription_id = any (p_subscriptions)),
    'taken', (select coalesce(jsonb_agg(t.instrument_hash), '[]') from oneai.trials as t
      where t.user_id is distinct from p_user and (t.instrument_hash = any (p_instruments)
        or t.instrument_hash in (
          select s.mandate_instrument_hash from oneai.subscriptions as s where s.id = any (p_subscriptions)))))
$$;

-- All facts about somebody, whose row is locked until the transaction ends.
create function oneai.billing_facts(p_user uuid, p_instruments bytea[] default '{}') returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.users where id = p_user for no key update;
  return oneai.facts_about(
    p_user, array(select s.id from oneai.subscriptions as s where s.user_id = p_user), p_instruments);
end
$$;

-- The facts of everybody whom something names, and what time it is; their rows are locked, and before them the event's
-- (p_event, else null). p_named: subscriptions, ids (ours), payments, invoices, instruments; refs are the provider's.
-- Whoever makes a ref known and whoever finds it unknown wait for each other, so that no event stays unheard.
create function oneai.gather_facts(p_provider text, p_event text, p_named jsonb, p_user uuid default null)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  found_state text;
  subscriptions text[] := array(select jsonb_array_elements_text(p_named -> 'subscriptions'));
  payments text[] := array(select jsonb_array_elements_text(p_named -> 'payments'));
  invoices text[] := array(select jsonb_array_elements_text(p_named -> 'invoices'));
  ids uuid[] := array(select jsonb_array_elements_text(p_named -> 'ids')::uuid);
  instruments bytea[] := array(select decode(i.hex, 'hex') from jsonb_array_elements_text(p_named -> 'instruments') as i (hex));
  theirs uuid[];
  people uuid[];
begin
  if p_event is not null then
    select e.state into found_state from oneai.provider_events as e
    where e.payment_provider = p_provider and e.event_id = p_event for update;
    if found_state is distinct from 'unapplied' and found_state is distinct from 'stored' then
      return jsonb_build_object('state', found_state);
    end if;
    -- The event is on disk, and is applied again should a crash take what follows from it: nobody waits for that.
    perform set_config('synchronous_commit', 'off', true);
  end if;
  perform pg_advisory_xact_lock(k.key) from (
    select distinct hashtextextended(p_provider || ' ' || r.ref, 0) as key
    from unnest(subscriptions || payments || invoices) as r (ref) order by key) as k;
  theirs := array(
    select s.id from oneai.subscriptions as s
    where (s.payment_provider = p_provider and s.provider_subscription_id = any (subscriptions)) or s.id = any (ids)
    union select p.subscription_id from oneai.payments as p
    where p.payment_provider = p_provider and p.subscription_id is not null
      and (p.provider_payment_id = any (payments) or p.invoice_ref = any (invoices)));
  people := array(
    select distinct s.user_id from oneai.subscriptions as s where s.id = any (theirs) and s.user_id is not null
    union select p_user where p_user is not null order by 1);
  perform 1 from oneai.users where id = any (people) order by id for no key update;
  perform 1 from oneai.subscriptions where id = any (theirs) and user_id is null order by id for no key update;
  return jsonb_build_object('state', found_state, 'at', oneai.now(), 'people', (
    select coalesce(jsonb_agg(f.facts), '[]') from (
      select oneai.billing_facts(u.id, instruments) as facts
      from oneai.users as u where u.id = any (people)
      union all select oneai.facts_about(null, array[s.id], instruments)
      from oneai.subscriptions as s where s.id = any (theirs) and s.user_id is null) as f));
end
$$;

-- Writes the facts of one person that became different, as oneai/billing/settling.py spells them: subscriptions,
-- payments, refunds, disputes, marks.
create function oneai.note_facts(p_provider text, p_user uuid, p_facts jsonb) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions as s
  set provider_subscription_id = n.ref, snapshot = n.snapshot, snapshot_rank = n.rank,
      metadata = s.metadata || jsonb_build_object('seen', n.seen), updated_at = oneai.now()
  from jsonb_to_recordset(p_facts -> 'subscriptions') as n (id uuid, ref text, snapshot jsonb, rank text, seen jsonb)
  where s.id = n.id;
  insert into oneai.payments as p (
    id, user_id, subscription_id, payment_provider, provider_payment_id, amount, currency, status, captured_at,
    created_at, invoice_ref, order_ref, method, period_start, period_end, period_from,
    invoiced_amount, invoiced_currency, invoiced_extras)
  select n.id, coalesce(p_user, '00000000-0000-0000-0000-000000000000'), n.subscription_id, p_provider, n.ref,
    n.amount, n.currency, n.status, n.captured_at, n.at, n.invoice_ref, n.order_ref, n.method,
    n.period_start, n.period_end, n.period_from, n.invoiced_amount, n.invoiced_currency,
    array(select jsonb_array_elements_text(n.invoiced_extras))
  from jsonb_to_recordset(p_facts -> 'payments') as n (
    id uuid, subscription_id uuid, ref text, amount bigint, currency text, status text, captured_at timestamptz,
    at timestamptz, invoice_ref text, order_ref text, method text, period_start timestamptz,
    period_end timestamptz, period_from text, invoiced_amount bigint, invoiced_currency text, invoiced_extras jsonb)
  order by n.id
  on conflict (payment_provider, provider_payment_id) do update
  set amount = excluded.amount, currency = excluded.currency, status = excluded.status,
      captured_at = excluded.captured_at, created_at = excluded.created_at, invoice_ref = excluded.invoice_ref,
      order_ref = excluded.order_ref, method = excluded.method,
      period_start = excluded.period_start, period_end = excluded.period_end, period_from = excluded.period_from,
      invoiced_amount = excluded.invoiced_amount, invoiced_currency = excluded.invoiced_currency,
      invoiced_extras = excluded.invoiced_extras;
  insert into oneai.refunds (id, payment_id, payment_provider, provider_refund_id, amount, status, refunded_at)
  select n.id, n.payment_id, p_provider, n.ref, n.amount, n.status, n.at
  from jsonb_to_recordset(p_facts -> 'refunds') as n (
    id uuid, payment_id uuid, ref text, amount bigint, status text, at timestamptz) order by n.id
  on conflict (payment_provider, provider_refund_id) do update
  set status = excluded.status, refunded_at = excluded.refunded_at;
  insert into oneai.disputes (payment_id, payment_provider, provider_dispute_id, status, at)
  select n.payment_id, p_provider, n.ref, n.status, n.at
  from jsonb_to_recordset(p_facts -> 'disputes') as n (payment_id uuid, ref text, status text, at timestamptz)
  order by n.ref
  on conflict (payment_provider, provider_dispute_id) do update set status = excluded.status, at = excluded.at;
  insert into oneai.subscription_marks (subscription_id, kind, at, detail)
  select n.subscription_id, n.kind, n.at, n.detail
  from jsonb_to_recordset(p_facts -> 'marks') as n (subscription_id uuid, kind text, at timestamptz, detail jsonb)
  on conflict (subscription_id, kind, at) do update set detail = excluded.detail
$$;

-- -------------------------------------------------------------------------------------------------------- standings

-- What follows for each subscription. `p_keep`: one that is due to be looked at stays due, for nobody has looked.
create function oneai.settle_subscriptions(p_all jsonb, p_keep boolean) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions as s
  set status = n.status, plan_id = n.tier, period = n.period, currency = n.currency, amount = n.amount,
      quantity = n.quantity, provider_plan_id = n.plan_ref, offer_id = n.offer_ref, short_url = n.short_url,
      expires_at = n.expires_at, start_at = n.start_at, current_period_start = n.period_start,
      current_period_end = n.period_end, cancelled_at = n.cancelled_at, superseded_at = n.superseded_at,
      trial_start = n.trial_start, next_look_at = case
        when p_keep and s.next_look_at <= oneai.now() and s.provider_subscription_id is not null then s.next_look_at
        else n.next_look_at end,
      updated_at = oneai.now()
  from jsonb_to_recordset(p_all) as n (
    id uuid, status text, tier text, "period" text, currency text, amount bigint, quantity integer, plan_ref text,
    offer_ref text, short_url text, expires_at timestamptz, start_at timestamptz, period_start timestamptz,
    period_end timestamptz, cancelled_at timestamptz, superseded_at timestamptz, trial_start timestamptz,
    next_look_at timestamptz)
  where s.id = n.id and (
    s.status, s.plan_id, s.period, s.currency, s.amount, s.quantity, s.provider_plan_id, s.offer_id, s.short_url,
    s.expires_at, s.start_at, s.current_period_start, s.current_period_end, s.cancelled_at, s.superseded_at,
    s.trial_start, s.next_look_at
  ) is distinct from (
    n.status, n.tier, n.period, n.currency, n.amount, n.quantity, n.plan_ref, n.offer_ref, n.short_url, n.expires_at,
    n.start_at, n.period_start, n.period_end, n.cancelled_at, n.superseded_at, n.trial_start, n.next_look_at)
$$;

-- What follows for payments: what is quarantined, what they paid for, what went back of them.
create function oneai.settle_payments(p_all jsonb) returns void
language sql security definer set search_path = ''
as $$
  update oneai.payments as p
  set quarantined_at = case when n.quarantined then coalesce(p.quarantined_at, oneai.now()) end, tier = n.tier,
      status = n.status, amount_refunded = n.refunded
  from jsonb_to_recordset(p_all) as n (id uuid, quarantined boolean, tier text, status text, refunded bigint)
  where p.id = n.id and (p.quarantined_at is not null, p.tier, p.status, p.amount_refunded)
    is distinct from (n.quarantined, n.tier, n.status, n.refunded)
$$;

-- The person's history, but for what says nothing of its cause. `found_by` of an entry is who first found it.
create function oneai.settle_history(p_user uuid, p_all jsonb, p_found_by text) returns void
language sql security definer set search_path = ''
as $$
  delete from oneai.subscription_history as h
  where h.user_id = p_user and h.cause is not null
    and not exists (select from jsonb_to_recordset(p_all) as n (cause text) where n.cause = h.cause);
  insert into oneai.subscription_history as h (
    user_id, subscription_id, cause, old_tier, new_tier, change_reason, changed_at, metadata)
  select p_user, n.subscription_id, n.cause, n.old_tier, n.new_tier, n.reason, n.at,
    n.metadata || jsonb_build_object('found_by', p_found_by)
  from jsonb_to_recordset(p_all) as n (
    subscription_id uuid, cause text, old_tier text, new_tier text, reason text, at timestamptz, metadata jsonb)
  order by n.at
  on conflict (user_id, cause) do update
  set subscription_id = excluded.subscription_id, old_tier = excluded.old_tier, new_tier = excluded.new_tier,
      change_reason = excluded.change_reason, changed_at = excluded.changed_at,
      metadata = excluded.metadata || jsonb_build_object('found_by', h.metadata -> 'found_by')
  where (h.subscription_id, h.old_tier, h.new_tier, h.change_reason, h.changed_at, h.metadata - 'found_by')
    is distinct from (excluded.subscription_id, excluded.old_tier, excluded.new_tier, excluded.change_reason,
      excluded.changed_at, excluded.metadata - 'found_by')
$$;

-- What the provider is to be told, each thing once; operators hear of what they should when it is first decided. What
-- was to be told because of a fact that is otherwise is withdrawn.
create function oneai.settle_calls(p_subscriptions uuid[], p_all jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  call record;
begin
  update oneai.provider_calls as c set state = 'withdrawn'
  where c.subscription_id = any (p_subscriptions) and c.state = 'waiting'
    and (c.held_until is null or c.held_until <= oneai.now()) and c.reason in ('duplicate', 'slipped_through')
    and not exists (select from jsonb_to_recordset(p_all) as n (cause text) where n.cause = c.cause);
  for call in select * from jsonb_to_recordset(p_all) as n (
    cause text, kind text, reason text, subscription_id uuid, payment_id uuid, amount bigint, as_of timestamptz,
    due_at timestamptz, alert text, subject text)
  loop
    insert into oneai.provider_calls (cause, kind, subscription_id, payment_id, amount, as_of, reason, due_at)
    values (call.cause, call.kind, call.subscription_id, call.payment_id, call.amount, call.as_of, call.reason,
      coalesce(call.due_at, oneai.now()))
    on conflict (cause) do nothing;
    if not found then
      update oneai.provider_calls as c
      set state = 'waiting', due_at = coalesce(call.due_at, oneai.now()), reason = call.reason
      where c.cause = call.cause and c.state = 'withdrawn';
      -- Its key has not been used for another amount.
      update oneai.provider_calls as c set amount = call.amount
      where c.cause = call.cause and c.state = 'waiting' and c.attempts = 0 and c.reason = 'slipped_through'
        and c.amount is distinct from call.amount;
    elsif call.alert is not null then
      perform oneai.raise_alert(call.alert, call.subject, jsonb_build_object('subscription', call.subscription_id,
        'call', call.cause, 'amount', call.amount));
    end if;
  end loop;
end
$$;

-- The trial somebody has, and with what. Where another's was had with the same a moment ago, there is none: it is thought
-- about again at once.
create function oneai.settle_trial(p_user uuid, p_subscription uuid, p_started_at timestamptz, p_instrument bytea)
returns void
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.trials as t (user_id, subscription_id, started_at, instrument_hash)
  values (p_user, p_subscription, p_started_at, p_instrument)
  on conflict (user_id) do update
  set started_at = least(t.started_at, excluded.started_at), instrument_hash = excluded.instrument_hash
  where t.subscription_id = excluded.subscription_id
    and (excluded.started_at < t.started_at or t.instrument_hash is distinct from excluded.instrument_hash);
exception when unique_violation then
  update oneai.subscriptions set next_look_at = oneai.now() where id = p_subscription;
end
$$;

-- What follows for the person: tier, status, quotas, history, a trial had.
create function oneai.settle_person(p_user uuid, p jsonb, p_found_by text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
  since timestamptz := (p ->> 'since')::timestamptz;
  anchor timestamptz := (p ->> 'anchor')::timestamptz;
begin
  select * into person from oneai.users where id = p_user;
  if (person.subscription_tier, person.quota_since, person.quota_anchor) is distinct from (p ->> 'tier', since, anchor) then
    perform oneai.give_plan(p_user, p ->> 'tier', since, anchor);
  end if;
  update oneai.users
  set subscription_status = p ->> 'status', subscription_id = (p ->> 'subscription_id')::uuid, updated_at = oneai.now()
  where id = p_user and (subscription_status, subscription_id)
    is distinct from (p ->> 'status', (p ->> 'subscription_id')::uuid);
  perform oneai.settle_history(p_user, p -> 'history', p_found_by);
  perform oneai.settle_trial(p_user, n.subscription_id, n.started_at, decode(n.instrument, 'hex'))
  from jsonb_to_recordset(p -> 'trials') as n (subscription_id uuid, started_at timestamptz, instrument text);
end
$$;

-- Writes where somebody stands, as oneai/billing/settling.py spells it; p_user is null of what is nobody's any more.
create function oneai.settle_standing(p_user uuid, p jsonb, p_found_by text, p_keep boolean default false) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  paid record;
  back record;
begin
  perform oneai.settle_subscriptions(p -> 'subscriptions', p_keep);
  perform oneai.settle_payments(p -> 'payments');
  if p_user is not null then
    perform oneai.settle_person(p_user, p, p_found_by);
  end if;
  perform oneai.settle_calls(
    array(select (s ->> 'id')::uuid from jsonb_array_elements(p -> 'subscriptions') as s), p -> 'calls');
  -- Numbers without a gap: whoever takes one holds up all others, so it is done last.
  for paid in select * from jsonb_to_recordset(p -> 'invoices') as n (payment_id uuid, terms jsonb) loop
    perform oneai.issue_invoice(paid.payment_id, paid.terms);
  end loop;
  for back in
    select r.id from oneai.refunds as r
    where r.payment_id in (select (n ->> 'id')::uuid from jsonb_array_elements(p -> 'payments') as n)
      and r.status = 'processed' and not exists (select from oneai.invoices as i where i.refund_id = r.id)
    order by r.refunded_at, r.id
  loop
    perform oneai.issue_credit_note(back.id);
  end loop;
  -- A receipt names its payment's invoice, which is issued by now.
  perform oneai.post_mail(p_user, m.kind, m.cause, m.data || coalesce(
    (select jsonb_build_object('invoice_number', i.number)
     from oneai.payments as o join oneai.invoices as i on i.payment_id = o.id and i.kind = 'invoice'
     where m.kind = 'payment_receipt' and o.provider_payment_id = m.data ->> 'payment_id'), '{}'))
  from jsonb_to_recordset(p -> 'mails') as m (kind text, cause text, data jsonb) where p_user is not null;
  perform oneai.raise_alert(a.kind, a.subject, a.detail)
  from jsonb_to_recordset(p -> 'alerts') as a (kind text, subject text, detail jsonb);
end
$$;

-- Everything that was thought about under one set of locks: p_people has {user_id, facts, standing} of each. The event
-- (p_event, else null) is in the state p_state then. Events that were stored because nobody knew what they speak of are to
-- be applied again where p_known names it now: their ids.
create function oneai.settle_everybody(
  p_provider text, p_event text, p_state text, p_people jsonb, p_known text[], p_found_by text, p_keep boolean)
returns text[]
language plpgsql security definer set search_path = ''
as $$
declare
  person record;
  woken text[];
begin
  for person in select * from jsonb_to_recordset(p_people) as n (user_id uuid, facts jsonb, standing jsonb) loop
    perform oneai.note_facts(p_provider, person.user_id, person.facts);
    perform oneai.settle_standing(person.user_id, person.standing, p_found_by, p_keep);
  end loop;
  update oneai.provider_events as e
  set state = p_state, applied_at = case p_state when 'applied' then oneai.now() end, problem = null
  where e.payment_provider = p_provider and e.event_id = p_event;
  -- Whoever holds one of them waits for us, and will know.
  with asleep as (
    select e.payment_provider, e.event_id from oneai.provider_events as e
    where e.payment_provider = p_provider and e.state = 'stored' and e.event_id is distinct from p_event
      and (e.subscription_ref = any (p_known) or e.payment_ref = any (p_known) or e.invoice_ref = any (p_known))
    for update skip locked
  ), awake as (
    update oneai.provider_events as e set state = 'unapplied' from asleep as a
    where (e.payment_provider, e.event_id) = (a.payment_provider, a.event_id)
    returning e.event_id, e.received_at
  )
  select coalesce(array_agg(a.event_id order by a.received_at), '{}') into woken from awake as a;
  return woken;
end
$$;

-- Has the provider asked about a subscription as soon as the job comes by.
create function oneai.look_soon(p_provider text, p_ref text) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions set next_look_at = least(next_look_at, oneai.now())
  where payment_provider = p_provider and provider_subscription_id = p_ref
$$;

revoke execute on function oneai.store_event, oneai.stored_event, oneai.fail_event, oneai.facts_about, oneai.billing_facts,
  oneai.gather_facts, oneai.note_facts, oneai.settle_subscriptions, oneai.settle_payments, oneai.settle_history,
  oneai.settle_calls, oneai.settle_trial, oneai.settle_person, oneai.settle_standing, oneai.settle_everybody,
  oneai.look_soon from public;
grant execute on function oneai.store_event, oneai.stored_event, oneai.fail_event, oneai.billing_facts, oneai.gather_facts,
  oneai.note_facts, oneai.settle_standing, oneai.settle_everybody, oneai.look_soon to oneai_app;
