-- Billing details, invoices and credit notes.

create table oneai.billing_details (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  legal_name text not null,
  address text not null,
  state text not null,
  country text not null,
  gstin text,
  updated_at timestamptz not null default oneai.now(),
  -- When the country last changed after a payment.
  country_changed_at timestamptz
);

alter table oneai.billing_details enable row level security;
create policy "members see the billing details" on oneai.billing_details
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
revoke all on oneai.billing_details from anon, authenticated, service_role;
grant select on oneai.billing_details to authenticated;

-- Whether something runs whose price and tax follow from the country: a plan, an offer, or an automatic recharge.
create function oneai.has_running_charges(p_workspace uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (select from oneai.subscriptions as s where s.workspace_id = p_workspace and s.access_ends_at is null
      and s.status in ('trial', 'active', 'past_due', 'paused'))
    or exists (select from oneai.offers as o
      where o.workspace_id = p_workspace and o.paid_at is not null and o.period_end > oneai.now())
    or exists (select from oneai.credit_recharges as r where r.workspace_id = p_workspace and r.is_on)
$$;
revoke execute on function oneai.has_running_charges from public;

-- Sets a workspace's billing details for its user; false if it does not exist. ON422 for another country while something
-- runs, or within 90 days of the last change; before the first payment it can change at any time. What is open to be paid
-- at the price of the old country cannot be paid any more.
create function oneai.put_billing_details(
  p_user uuid, p_workspace uuid, p_legal_name text, p_address text, p_state text, p_country text, p_gstin text
) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  known oneai.billing_details;
  moved boolean;
begin
  if not exists (select from oneai.workspaces where id = p_workspace) then
    perform oneai.ensure_user(p_user);
    if not exists (select from oneai.workspaces where id = p_workspace) then
      return false;
    end if;
  end if;
  -- A checkout locks the same row, so that it sees the old country or the new one.
  perform 1 from oneai.workspaces where id = p_workspace for no key update;
  select * into known from oneai.billing_details where workspace_id = p_workspace;
  moved := known.country <> p_country
    and exists (select from oneai.payments as p where p.workspace_id = p_workspace and oneai.has_bought(p));
  if known.country <> p_country and oneai.has_running_charges(p_workspace) then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "country", "code": "while_running"}]}';
  elsif moved and known.country_changed_at > oneai.now() - interval '90 days' then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "country", "code": "changed_recently"}]}';
  end if;
  if known.country <> p_country then
    update oneai.subscriptions as s set next_sync_at = oneai.now()
    where s.workspace_id = p_workspace and s.status = 'none' and s.cancelled_at is null and s.access_ends_at is null;
    perform oneai.cancel_checkout(s.id) from oneai.subscriptions as s
    where s.workspace_id = p_workspace and s.status = 'none' and s.cancelled_at is null and s.access_ends_at is null;
    update oneai.credit_orders as o set expires_at = oneai.now()
    where o.workspace_id = p_workspace and o.expires_at > oneai.now() and o.paid_at is null and o.charge_sent_at is null;
  end if;
  insert into oneai.billing_details as d (workspace_id, legal_name, address, state, country, gstin)
  values (p_workspace, p_legal_name, p_address, p_state, p_country, p_gstin)
  on conflict (workspace_id) do update set legal_name = p_legal_name, address = p_address, state = p_state,
    country = p_country, gstin = p_gstin, updated_at = oneai.now(),
    country_changed_at = case when moved then oneai.now() else d.country_changed_at end;
  return true;
end
$$;
revoke execute on function oneai.put_billing_details from public;
grant execute on function oneai.put_billing_details to oneai_app;

-- The buyer of a document: the workspace's billing details, or other known data.
create function oneai.buyer_of(p_workspace uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(
    (select jsonb_build_object('legal_name', d.legal_name, 'address', d.address, 'state', d.state,
      'country', d.country, 'gstin', d.gstin) from oneai.billing_details as d where d.workspace_id = p_workspace),
    (select jsonb_build_object('legal_name', coalesce(w.name, u.name, u.email))
      from oneai.workspaces as w left join oneai.users as u on u.id = w.personal_of
      where w.id = p_workspace and coalesce(w.name, u.name, u.email) is not null),
    jsonb_build_object('legal_name', 'Customer'))
$$;
revoke execute on function oneai.buyer_of from public;

-- Numbers without a gap: taking one locks the row of its series.
create table oneai.invoice_series (
  kind text not null check (kind in ('invoice', 'credit_note')),
  -- `2627`: April 2026 to March 2027, Indian time. Other forms count by the calendar year: `ID26` in Jakarta's time for
  -- those of Indonesia, `26` in UTC for plain ones.
  financial_year text not null,
  last_number integer not null,
  -- When the last one of the series was issued.
  last_issued_at timestamptz,
  primary key (kind, financial_year)
);

alter table oneai.invoice_series enable row level security;
revoke all on oneai.invoice_series from anon, authenticated, service_role;

-- The year of a form's series at a moment, as oneai.invoice_series has it.
create function oneai.series_year(p_form text, p_at timestamptz) returns text
language sql stable
as $$
  select case p_form
    when 'ppn' then 'ID' || to_char(p_at at time zone 'Asia/Jakarta', 'YY')
    when 'plain' then to_char(p_at at time zone 'UTC', 'YY')
    else to_char(p_at at time zone 'Asia/Kolkata' - interval '3 months', 'YY')
      || to_char(p_at at time zone 'Asia/Kolkata' + interval '9 months', 'YY') end
$$;
revoke execute on function oneai.series_year from public;

-- The next number of a form's current year, and when its document is issued: now, but not before `p_since` nor before the
-- last of its series, because a transaction that waited may have started earlier. There are no gaps: the series is locked
-- until the transaction ends, and a failed transaction returns its number. A number is on disk before it is used. GST
-- counts by the Indian financial year (April to March in Indian time) and has 16 characters, as the law requires:
-- INV/26-27/000001, CRN/26-27/000001; beyond a million in a year IN/26-27/1000000. Others are INV/ID26/000001 and
-- INV/26/000001.
create function oneai.next_number(
  p_kind text, p_since timestamptz, p_form text default 'gst', out number text, out issued_at timestamptz)
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := greatest(oneai.now(), p_since);
  year constant text := oneai.series_year(p_form, at);
  taken integer;
  digits text;
begin
  perform set_config('synchronous_commit', 'on', true);
  -- Transactions that issue both kinds must lock in one order: invoices come first.
  insert into oneai.invoice_series (kind, financial_year, last_number) values ('invoice', year, 0)
  on conflict do nothing;
  perform 1 from oneai.invoice_series where kind = 'invoice' and financial_year = year for update;
  insert into oneai.invoice_series as s (kind, financial_year, last_number, last_issued_at) values (p_kind, year, 1, at)
  on conflict (kind, financial_year) do update
  set last_number = s.last_number + 1, last_issued_at = greatest(s.last_issued_at, excluded.last_issued_at)
  returning s.last_number, s.last_issued_at into taken, issued_at;
  digits := lpad(taken::text, greatest(6, length(taken::text)), '0');
  number := left(case p_kind when 'invoice' then 'INV' else 'CRN' end, 9 - length(digits)) || '/'
    || case p_form when 'gst' then left(year, 2) || '-' || right(year, 2) else year end || '/' || digits;
end
$$;
revoke execute on function oneai.next_number from public;

-- Documents as they were issued; they are stored as long as the law requires, also for erased workspaces.
create table oneai.invoices (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid,
  kind text not null check (kind in ('invoice', 'credit_note')),
  -- `gst`: India's goods and services tax; `ppn`: Indonesia's; `plain`: any other, with its own tax lines.
  form text not null default 'gst' check (form in ('gst', 'ppn', 'plain')),
  number text not null unique check (length(number) <= 16),
  payment_id uuid not null references oneai.payments (id),
  refund_id uuid references oneai.refunds (id),
  -- The invoice that a credit note corrects.
  corrects uuid references oneai.invoices (id),
  -- When a credit note lost its effect, because the payer's bank sent its refund back.
  withdrawn_at timestamptz,
  issued_at timestamptz not null default oneai.now(),
  currency text not null check (currency in ('INR', 'USD', 'IDR')),
  -- In the currency's smallest unit: total = taxable + cgst + sgst + igst + other_tax.
  total bigint not null,
  taxable bigint not null,
  cgst bigint not null default 0,
  sgst bigint not null default 0,
  igst bigint not null default 0,
  -- The sum of tax_lines: [{name, rate, amount}] of the forms other than GST's.
  other_tax bigint not null default 0,
  tax_lines jsonb not null default '[]',
  -- In hundredths of a percent: 1800 is 18 %.
  tax_rate integer not null,
  sac text not null,
  place_of_supply text not null,
  description text not null,
  period_start timestamptz,
  period_end timestamptz,
  seller jsonb not null,
  buyer jsonb not null,
  -- What proves the buyer's country, of an invoice: oneai.country_proofs.
  country_proofs jsonb,
  check (total = taxable + cgst + sgst + igst + other_tax)
);
create unique index invoices_one_per_payment on oneai.invoices (payment_id) where kind = 'invoice';
create unique index invoices_one_per_refund on oneai.invoices (refund_id) where kind = 'credit_note';
create index invoices_of_workspace on oneai.invoices (workspace_id, issued_at);

alter table oneai.invoices enable row level security;
create policy "members see the invoices" on oneai.invoices
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
revoke all on oneai.invoices from anon, authenticated, service_role;
grant select on oneai.invoices to authenticated;

-- The tax in an amount that the workspace pays, by p_terms (oneai.issue_invoice): its rate in hundredths of a percent, the
-- buyer and the place of supply, and for GST either two halves (CGST and SGST) or IGST, else `other`. `total` is all of it.
create function oneai.included_tax(
  p_workspace uuid, p_amount bigint, p_currency text, p_terms jsonb,
  out buyer jsonb, out place text, out rate integer, out half bigint, out igst bigint, out other bigint, out total bigint)
language plpgsql stable security definer set search_path = ''
as $$
declare
  form constant text := coalesce(p_terms ->> 'form', 'gst');
  home constant text := case form when 'gst' then 'IN' when 'ppn' then 'ID' end;
  here constant text := p_terms #>> '{seller,state}';
  country text;
  tax bigint;
begin
  buyer := oneai.buyer_of(p_workspace);
  country := coalesce(
    buyer ->> 'country', case p_currency when 'INR' then 'IN' when 'IDR' then 'ID' else 'ZZ' end);
  place := case country when 'IN' then coalesce(buyer ->> 'state', here) else country end;
  rate := coalesce(
    (case when form = 'plain' or country = home then p_terms ->> 'rate' else p_terms ->> 'export_rate' end)::integer, 0);
  tax := p_amount - (p_amount * 20000 + 10000 + rate) / (2 * (10000 + rate));
  half := case when form = 'gst' and country = 'IN' and place = here then tax / 2 else 0 end;
  igst := case when form = 'gst' and (country <> 'IN' or place is distinct from here) then tax else 0 end;
  other := case when form = 'gst' then 0 else tax end;
  total := 2 * half + igst + other;
end
$$;
revoke execute on function oneai.included_tax from public;

-- An amount of tax in lines [{name, rate, amount}], in proportion to the rates of p_taxes [{name, rate}]; the last line
-- has what cannot be divided. Without rates there is no line.
create function oneai.tax_lines(p_amount bigint, p_taxes jsonb) returns jsonb
language sql immutable
as $$
  select coalesce(jsonb_agg(jsonb_build_object('name', t.name, 'rate', t.rate, 'amount',
    trunc(p_amount::numeric * t.upto / nullif(t.whole, 0)) - trunc(p_amount::numeric * (t.upto - t.rate) / nullif(t.whole, 0)))
    order by t.n), '[]')
  from (
    select e.n, e.value ->> 'name' as name, (e.value ->> 'rate')::integer as rate,
      sum((e.value ->> 'rate')::integer) over (order by e.n) as upto, sum((e.value ->> 'rate')::integer) over () as whole
    from jsonb_array_elements(coalesce(p_taxes, '[]')) with ordinality as e (value, n)) as t
  where p_amount > 0 and t.rate > 0
$$;
revoke execute on function oneai.tax_lines from public;

-- What proves the country of who paid: `address` when the checkout was opened, else of now; `payment`, where the card,
-- account or wallet is from; and `network`, that of the request. `agree`: two of them are the same country.
create function oneai.country_proofs(paid oneai.payments) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select to_jsonb(t) || jsonb_build_object('agree', coalesce(t.address = t.payment, false) or coalesce(t.address = t.network, false))
  from (
    select coalesce(s.billing_country, c.billing_country, d.country) as address, paid.country as payment,
      coalesce(s.network_country, c.network_country) as network
    from (select 1) as one
    left join oneai.orders as o on o.id = paid.order_id
    left join oneai.seat_orders as e
      on (e.payment_provider, e.provider_order_id) = (o.payment_provider, o.provider_order_id)
    left join oneai.subscriptions as s on s.id = coalesce(paid.subscription_id, e.subscription_id)
    left join oneai.credit_orders as c on c.order_id = paid.order_id
    left join oneai.billing_details as d on d.workspace_id = paid.workspace_id) as t
$$;
revoke execute on function oneai.country_proofs from public;

-- Issues the invoice of a payment, once; returns its id. Null if there is none to issue: nothing was captured, or it is
-- quarantined. p_terms: form, rate and export_rate (hundredths of a percent), taxes (of tax_lines), sac, description,
-- seller {name, address, state}. Payments include tax. With GST, A buyer in the seller's state pays two equal halves of it, CGST and SGST (a unit that
-- cannot be halved is part of the taxable value), one elsewhere in India IGST, one abroad IGST at export_rate or
-- nothing. A buyer without a state is in the seller's state, or abroad if the payment is not in Indian rupees.
create function oneai.issue_invoice(p_payment uuid, p_terms jsonb) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  paid oneai.payments;
  tax record;
  given record;
  issued uuid;
begin
  select * into paid from oneai.payments where id = p_payment for no key update;
  select i.id into issued from oneai.invoices as i where i.payment_id = p_payment and i.kind = 'invoice';
  if issued is not null or paid.captured_at is null or paid.amount = 0 or paid.currency not in ('INR', 'USD', 'IDR')
    or (paid.quarantined_at is not null and paid.released_at is null)
  then
    return issued;
  end if;
  tax := oneai.included_tax(paid.workspace_id, paid.amount, paid.currency, p_terms);
  select * into given from oneai.next_number('invoice', null, coalesce(p_terms ->> 'form', 'gst'));
  insert into oneai.invoices (
    workspace_id, kind, form, number, issued_at, payment_id, currency, total, taxable, cgst, sgst, igst, other_tax,
    tax_lines, tax_rate, sac, place_of_supply, description, period_start, period_end, seller, buyer, country_proofs)
  values (
    paid.workspace_id, 'invoice', coalesce(p_terms ->> 'form', 'gst'), given.number, given.issued_at, p_payment,
    paid.currency, paid.amount, paid.amount - tax.total, tax.half, tax.half, tax.igst, tax.other,
    oneai.tax_lines(tax.other, p_terms -> 'taxes'), tax.rate, p_terms ->> 'sac', tax.place,
    p_terms ->> 'description', paid.period_start, paid.period_end, p_terms -> 'seller', tax.buyer,
    oneai.country_proofs(paid))
  returning id into issued;
  return issued;
end
$$;
revoke execute on function oneai.issue_invoice from public;

-- Withdraws the credit notes of a workspace's payments whose refund came back, so that another refund has its own.
create function oneai.withdraw_credit_notes(p_payments uuid[]) returns void
language sql security definer set search_path = ''
as $$
  update oneai.invoices as i set withdrawn_at = oneai.now()
  from oneai.refunds as r
  where r.payment_id = any (p_payments) and r.returned and i.refund_id = r.id and i.withdrawn_at is null
$$;
revoke execute on function oneai.withdraw_credit_notes from public;

-- Issues the credit note of a refund, once; returns its id. Null if there is none to issue: the refund is not processed
-- (yet), or there is no invoice to correct, or nothing is left of it. All notes of an invoice together have its taxes
-- in proportion to the refunds, and never more than the invoice.
create function oneai.issue_credit_note(p_refund uuid) returns uuid
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
  select coalesce(sum(i.total), 0) as total, coalesce(sum(i.cgst), 0) as cgst, coalesce(sum(i.igst), 0) as igst,
    coalesce(sum(i.other_tax), 0) as other
  into noted from oneai.invoices as i where i.corrects = bill.id and i.withdrawn_at is null;
  total := least(back.amount, bill.total - noted.total);
  if issued is not null or back.status <> 'processed' or bill.id is null or total <= 0 then
    return issued;
  end if;
  note := bill;
  share := noted.total + total;
  note.cgst := trunc(bill.cgst * share / bill.total) - noted.cgst;
  note.igst := trunc(bill.igst * share / bill.total) - noted.igst;
  note.other_tax := trunc(bill.other_tax * share / bill.total) - noted.other;
  select * into given from oneai.next_number('credit_note', bill.issued_at, bill.form);
  insert into oneai.invoices (
    workspace_id, kind, form, number, issued_at, payment_id, refund_id, corrects, currency, total, taxable, cgst, sgst,
    igst, other_tax, tax_lines, tax_rate, sac, place_of_supply, description, period_start, period_end, seller, buyer)
  values (
    bill.workspace_id, 'credit_note', bill.form, given.number, given.issued_at, bill.payment_id, p_refund, bill.id,
    bill.currency, total, total - 2 * note.cgst - note.igst - note.other_tax, note.cgst, note.cgst, note.igst,
    note.other_tax, oneai.tax_lines(note.other_tax, bill.tax_lines), bill.tax_rate, bill.sac,
    bill.place_of_supply, bill.description, bill.period_start, bill.period_end, bill.seller, bill.buyer)
  returning id into issued;
  return issued;
end
$$;
revoke execute on function oneai.issue_credit_note from public;
