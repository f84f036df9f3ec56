-- What becomes of money that goes back is found out, a call that cannot be made keeps no other waiting, and documents are
-- dated in the order of their numbers.

alter table oneai.refunds
  -- What we noted at the provider when we sent it; null of what somebody else gave back.
  add column call_id uuid;

-- When the last of a series was issued.
alter table oneai.invoice_series add column last_issued_at timestamptz;
update oneai.invoice_series as s set last_issued_at = (
  select max(i.issued_at) from oneai.invoices as i
  where i.kind = s.kind and replace(split_part(i.number, '/', 2), '-', '') = s.financial_year);

-- Writes the facts of one person that became different, as oneai/billing/settling.py spells them: subscriptions,
-- payments, refunds, disputes, marks. Of somebody who was erased (p_user is null) nobody keeps what they paid
-- with.
create or replace function oneai.note_facts(p_provider text, p_user uuid, p_facts jsonb) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions as s
  set provider_subscription_id = n.ref, snapshot = n.snapshot, snapshot_rank = n.rank,
      metadata = s.metadata || jsonb_build_object('seen', n.seen),
      mandate_instrument_hash = case when p_user is not null then decode(n.instrument, 'hex') end,
      mandate_instrument_at = n.instrument_at,
      mandate_noted_at = coalesce(
        s.mandate_noted_at, case when n.seen ->> 'authorized_at' is not null then oneai.now() end),
      updated_at = oneai.now()
  from jsonb_to_recordset(p_facts -> 'subscriptions') as n (
    id uuid, ref text, snapshot jsonb, rank text, seen jsonb, instrument text, instrument_at timestamptz)
  where s.id = n.id;
  insert into oneai.payments as p (
    id, user_id, subscription_id, payment_provider, provider_payment_id, amount, currency, status, captured_at,
    created_at, invoice_ref, order_ref, method, period_start, period_end, period_from,
    invoiced_amount, invoiced_currency, invoiced_extras)
  select n.id, coalesce(p_user, '00000000-0000-0000-0000-000000000000'), n.subscription_id, p_provider, n.ref,
    n.amount, n.currency, n.status, n.captured_at, n.at, n.invoice_ref, n.order_ref, n.method,
    n.period_start, n.period_end, n.period_from,
    n.invoiced_amount, n.invoiced_currency, array(select jsonb_array_elements_text(n.invoiced_extras))
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
  insert into oneai.refunds as r (
    id, payment_id, payment_provider, provider_refund_id, amount, status, refunded_at, call_id)
  select n.id, n.payment_id, p_provider, n.ref, n.amount, n.status, n.at, n.call_id
  from jsonb_to_recordset(p_facts -> 'refunds') as n (
    id uuid, payment_id uuid, ref text, amount bigint, status text, at timestamptz, call_id uuid) order by n.id
  on conflict (payment_provider, provider_refund_id) do update
  set status = excluded.status, refunded_at = excluded.refunded_at, call_id = coalesce(r.call_id, excluded.call_id);
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

-- What the provider is to be told, each thing once; operators hear of what they should when it is first decided. What
-- was to be told because of a fact that is otherwise is withdrawn.
create or replace function oneai.settle_calls(p_subscriptions uuid[], p_all jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  call record;
begin
  update oneai.provider_calls as c set state = 'withdrawn'
  where c.subscription_id = any (p_subscriptions) and c.state = 'waiting'
    and (c.held_until is null or c.held_until <= oneai.now())
    and (c.reason in ('duplicate', 'slipped_through') or c.cause like 'refund:%:again:%')
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
      where c.cause = call.cause and c.state = 'waiting' and c.attempts = 0
        and (c.reason = 'slipped_through' or c.cause like 'refund:%:again:%')
        and c.amount is distinct from call.amount;
    elsif call.alert is not null then
      perform oneai.raise_alert(call.alert, call.subject, jsonb_build_object('subscription', call.subscription_id,
        'call', call.cause, 'amount', call.amount));
    end if;
  end loop;
end
$$;

-- Takes one call that is due, for two minutes in which nobody else makes it; null where none is. What a refund comes to
-- is decided once and stays, for the provider refuses another amount under the same key. One whose worker never came back
-- has its turn after those that became due meanwhile.
create or replace function oneai.take_provider_call(p_only uuid, p_refund_days integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  taken oneai.provider_calls;
begin
  update oneai.provider_calls as c
  set held_until = oneai.now() + interval '2 minutes', attempts = c.attempts + 1
  where c.id = (
    select d.id from oneai.provider_calls as d
    where d.state = 'waiting' and d.due_at <= oneai.now() and (d.held_until is null or d.held_until <= oneai.now())
      and (p_only is null or d.id = p_only)
    order by coalesce(d.held_until, d.due_at), d.id limit 1 for update skip locked)
  returning * into taken;
  if taken.kind = 'refund' and taken.amount is null then
    update oneai.provider_calls as c
    set amount = nullif(case c.reason
      when 'replaced' then oneai.credit(c, p_refund_days)
      else coalesce((
        select o.due from oneai.owed_at_end(c.subscription_id, coalesce(c.as_of, c.created_at), p_refund_days) as o
        where o.payment_id = c.payment_id), 0) end, 0)
    where c.id = taken.id returning * into taken;
  end if;
  return (
    select jsonb_build_object('id', taken.id, 'cause', taken.cause, 'kind', taken.kind, 'reason', taken.reason, 'amount', taken.amount,
      'attempts', taken.attempts, 'subscription_ref', s.provider_subscription_id,
      'cancel_requested_at', s.cancel_requested_at, 'payment_ref', p.provider_payment_id)
    from oneai.subscriptions as s left join oneai.payments as p on p.id = taken.payment_id
    where s.id = taken.subscription_id);
end
$$;

-- Whether anything may still happen to a subscription at the provider: until it has ended there, and for as long afterwards
-- as money that was paid for it may go back.
create function oneai.may_move(s oneai.subscriptions) returns boolean
language sql stable security definer set search_path = ''
as $$
  select not coalesce((s.snapshot ->> 'ended')::boolean, false)
    or (coalesce(s.cancelled_at, oneai.now()) > oneai.now() - interval '180 days' and exists (
      select from oneai.payments as p where p.subscription_id = s.id and p.captured_at is not null))
$$;

-- Has the provider asked about every subscription to which anything may still happen; how many they are. Those that
-- somebody is busy with are passed over: they are being told of.
create or replace function oneai.look_at_all() returns integer
language sql security definer set search_path = ''
as $$
  with told as (
    update oneai.subscriptions as s set next_look_at = least(s.next_look_at, oneai.now())
    where s.id in (
      select o.id from oneai.subscriptions as o
      where o.provider_subscription_id is not null and oneai.may_move(o)
      order by o.id for no key update skip locked)
    returning 1
  )
  select count(*)::integer from told
$$;

-- Takes up to `p_most` subscriptions to ask the provider about, for five minutes: those whose time has come, and those
-- that may have been paid without a word, which are asked about every time for half an hour, and then whenever they are
-- twice as old as at the last look; and in the same way those that ended lately with more charges than anybody heard of.
-- `ask`: a period that has ended just now is usually followed by word of the next one, and many end at midnight.
-- `over`: invoices that were paid so long ago that nothing of them goes back any more; `pending`: payments of which
-- something is on its way back; `mandate`: it may yet begin a trial, for an hour after it was known to have a mandate.
create or replace function oneai.take_looks(p_most integer, p_except uuid[]) returns jsonb
language sql security definer set search_path = ''
as $$
  with due as (
    select s.id from oneai.subscriptions as s
    where s.provider_subscription_id is not null and s.id <> all (p_except) and (
      s.next_look_at <= oneai.now()
      or (s.status = 'none' and s.cancelled_at is null and (
        s.created_at > oneai.now() - interval '30 minutes'
        or oneai.now() >= s.created_at + 2 * coalesce(s.looked_at - s.created_at, interval '0')))
      or (s.status = 'cancelled' and s.cancelled_at > oneai.now() - interval '30 days'
        and oneai.now() >= s.cancelled_at + 2 * coalesce(s.looked_at - s.cancelled_at, interval '0')
        and (s.snapshot ->> 'paid_count')::numeric > (
          select count(*) from oneai.payments as p where p.subscription_id = s.id and p.captured_at is not null)))
    order by s.next_look_at nulls first, s.id limit p_most for update skip locked
  ), taken as (
    update oneai.subscriptions as s set looked_at = oneai.now(), next_look_at = oneai.now() + interval '5 minutes'
    from due as d where s.id = d.id
    returning s.id, s.user_id, s.provider_subscription_id, coalesce(
      s.status = 'active' and s.current_period_end between oneai.now() - interval '10 minutes' and oneai.now(), false)
      as told_soon,
      coalesce(s.trial_end > oneai.now(), false) and s.mandate_instrument_hash is null
        and coalesce(s.mandate_noted_at > oneai.now() - interval '1 hour', true) as mandate
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'user_id', t.user_id, 'ref', t.provider_subscription_id,
    'ask', not t.told_soon, 'mandate', t.mandate,
    'over', array(
      select p.invoice_ref from oneai.payments as p
      where p.subscription_id = t.id and p.invoice_ref is not null and p.period_end <= oneai.now()
        and p.captured_at <= oneai.now() - interval '180 days' and not exists (
          select from oneai.refunds as f where f.payment_id = p.id and f.status = 'pending')),
    'pending', array(
      select p.provider_payment_id from oneai.payments as p join oneai.refunds as f on f.payment_id = p.id
      where p.subscription_id = t.id and f.status = 'pending'))), '[]')
  from taken as t
$$;

-- Has the provider asked about it in so many seconds.
create or replace function oneai.look_again(p_id uuid, p_seconds integer) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions as s
  set next_look_at = oneai.now() + make_interval(secs => p_seconds)
  where s.id = p_id and oneai.may_move(s)
$$;

-- The next number of the Indian financial year (April to March in Indian time) that it is now, and when its document is
-- issued: now, but not before `p_since` nor before the last of its series, which whoever waited for it may have begun
-- before. Without a gap: whoever takes one holds the series until their transaction ends, and a transaction that fails
-- gives its number back. What has a number is on disk before anybody hears of it.
-- 16 characters, as the law wants: INV/26-27/000001, CRN/26-27/000001; beyond a million in a year IN/26-27/1000000.
drop function oneai.next_number(text);
create function oneai.next_number(p_kind text, p_since timestamptz, out number text, out issued_at timestamptz)
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := greatest(oneai.now(), p_since);
  began date := (at at time zone 'Asia/Kolkata')::date - interval '3 months';
  year text := to_char(began, 'YY') || to_char(began + interval '1 year', 'YY');
  taken integer;
  digits text;
begin
  perform set_config('synchronous_commit', 'on', true);
  -- Who issues both kinds and who issues them the other way round must not wait in a circle: invoices come first.
  insert into oneai.invoice_series (kind, financial_year, last_number) values ('invoice', year, 0)
  on conflict do nothing;
  perform 1 from oneai.invoice_series where kind = 'invoice' and financial_year = year for update;
  insert into oneai.invoice_series as s (kind, financial_year, last_number, last_issued_at) values (p_kind, year, 1, at)
  on conflict (kind, financial_year) do update
  set last_number = s.last_number + 1, last_issued_at = greatest(s.last_issued_at, excluded.last_issued_at)
  returning s.last_number, s.last_issued_at into taken, issued_at;
  digits := lpad(taken::text, greatest(6, length(taken::text)), '0');
  number := left(case p_kind when 'invoice' then 'INV' else 'CRN' end, 9 - length(digits))
    || '/' || left(year, 2) || '-' || right(year, 2) || '/' || digits;
end
$$;

-- Issues the invoice of a payment, once; its id. Null where there is none to issue: nothing was captured, or not what
-- was sold. p_terms: rate and export_rate (hundredths of a percent), sac, description, seller {name, address, state}.
-- What was paid holds its tax. A buyer in the seller's state pays two equal halves of it, CGST and SGST (a unit that
-- does not halve is left to the taxable value), one elsewhere in India IGST, one abroad IGST at export_rate or nothing.
-- Who told no state is taken to be where the seller is, or abroad where they pay in another currency than India's.
create or replace function oneai.issue_invoice(p_payment uuid, p_terms jsonb) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  paid oneai.payments;
  buyer jsonb;
  here text := p_terms #>> '{seller,state}';
  country text;
  place text;
  rate integer;
  tax bigint;
  half bigint := 0;
  given record;
  issued uuid;
begin
  select * into paid from oneai.payments where id = p_payment for no key update;
  select i.id into issued from oneai.invoices as i where i.payment_id = p_payment and i.kind = 'invoice';
  if issued is not null or paid.captured_at is null or paid.amount = 0 or paid.currency not in ('INR', 'USD')
    or (paid.quarantined_at is not null and paid.released_at is null)
  then
    return issued;
  end if;
  buyer := oneai.buyer_of(paid.user_id);
  country := coalesce(buyer ->> 'country', case paid.currency when 'INR' then 'IN' else 'ZZ' end);
  place := case country when 'IN' then coalesce(buyer ->> 'state', here) else country end;
  rate := coalesce((case country when 'IN' then p_terms ->> 'rate' else p_terms ->> 'export_rate' end)::integer, 0);
  tax := paid.amount - (paid.amount * 20000 + 10000 + rate) / (2 * (10000 + rate));
  if country = 'IN' and place = here then
    half := tax / 2;
    tax := 0;
  end if;
  select * into given from oneai.next_number('invoice', null);
  insert into oneai.invoices (
    user_id, kind, number, issued_at, payment_id, currency, total, taxable, cgst, sgst, igst, tax_rate, sac,
    place_of_supply, description, period_start, period_end, seller, buyer)
  values (
    paid.user_id, 'invoice', given.number, given.issued_at, p_payment, paid.currency, paid.amount,
    paid.amount - 2 * half - tax, half, half, tax, rate, p_terms ->> 'sac', place,
    p_terms ->> 'description', paid.period_start, paid.period_end, p_terms -> 'seller', buyer)
  returning id into issued;
  return issued;
end
$$;

-- Issues the credit note of a refund, once; its id. Null where there is none to issue: the money is not back (yet), or
-- there is no invoice to correct, or nothing left of it. All notes of an invoice together have its taxes in the
-- proportion of what was given back, and never more of anything than it has.
create or replace function oneai.issue_credit_note(p_refund uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  back oneai.refunds;
  bill oneai.invoices;
  noted record;
  issued uuid;
  total bigint;
  share numeric;
  note oneai.invoices;
  given record;
begin
  select * into back from oneai.refunds where id = p_refund;
  perform 1 from oneai.payments where id = back.payment_id for no key update;
  select i.id into issued from oneai.invoices as i where i.refund_id = p_refund and i.kind = 'credit_note';
  select * into bill from oneai.invoices as i where i.payment_id = back.payment_id and i.kind = 'invoice';
  select coalesce(sum(i.total), 0) as total, coalesce(sum(i.cgst), 0) as cgst, coalesce(sum(i.igst), 0) as igst
  into noted from oneai.invoices as i where i.corrects = bill.id;
  total := least(back.amount, bill.total - noted.total);
  if issued is not null or back.status <> 'processed' or bill.id is null or total <= 0 then
    return issued;
  end if;
  note := bill;
  share := noted.total + total;
  note.cgst := trunc(bill.cgst * share / bill.total) - noted.cgst;
  note.igst := trunc(bill.igst * share / bill.total) - noted.igst;
  select * into given from oneai.next_number('credit_note', bill.issued_at);
  insert into oneai.invoices (
    user_id, kind, number, issued_at, payment_id, refund_id, corrects, currency, total, taxable, cgst, sgst, igst,
    tax_rate, sac, place_of_supply, description, period_start, period_end, seller, buyer)
  values (
    bill.user_id, 'credit_note', given.number, given.issued_at, bill.payment_id, p_refund, bill.id, bill.currency,
    total, total - 2 * note.cgst - note.igst, note.cgst, note.cgst, note.igst, bill.tax_rate, bill.sac,
    bill.place_of_supply, bill.description, bill.period_start, bill.period_end, bill.seller, bill.buyer)
  returning id into issued;
  return issued;
end
$$;

revoke execute on function oneai.may_move, oneai.next_number from public;
-- Only our own functions call these, whose owner they are called as.
revoke execute on function oneai.billing_facts, oneai.note_facts, oneai.settle_standing, oneai.give_plan, oneai.refund_due,
  oneai.issue_invoice, oneai.issue_credit_note from oneai_app;
