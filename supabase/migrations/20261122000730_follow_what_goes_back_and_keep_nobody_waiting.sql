-- What becomes of money that goes back is found out, a call that cannot be made keeps no other waiting, and documents are
-- dated in the order of their numbers.

-- When the last of a series was issued.
alter table oneai.invoice_series add column last_issued_at timestamptz;
update oneai.invoice_series as s set last_issued_at = (
  select max(i.issued_at) from oneai.invoices as i
  where i.kind = s.kind and replace(split_part(i.number, '/', 2), '-', '') = s.financial_year);

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
