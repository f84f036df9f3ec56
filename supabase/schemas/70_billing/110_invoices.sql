-- Billing details, invoices and credit notes.

create table oneai.billing_details (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  legal_name text not null,
  address text not null,
  state text not null,
  country text not null,
  gstin text,
  updated_at timestamptz not null default oneai.now()
);

alter table oneai.billing_details enable row level security;
create policy "members see the billing details" on oneai.billing_details
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
revoke all on oneai.billing_details from anon, authenticated, service_role;
grant select on oneai.billing_details to authenticated;

-- Sets a workspace's billing details for its user; false if it does not exist.
create function oneai.put_billing_details(
  p_user uuid, p_workspace uuid, p_legal_name text, p_address text, p_state text, p_country text, p_gstin text
) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from oneai.workspaces where id = p_workspace) then
    perform oneai.ensure_user(p_user);
    if not exists (select from oneai.workspaces where id = p_workspace) then
      return false;
    end if;
  end if;
  insert into oneai.billing_details as d (workspace_id, legal_name, address, state, country, gstin)
  values (p_workspace, p_legal_name, p_address, p_state, p_country, p_gstin)
  on conflict (workspace_id) do update set legal_name = p_legal_name, address = p_address, state = p_state,
    country = p_country, gstin = p_gstin, updated_at = oneai.now();
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
  -- `2627`: April 2026 to March 2027, Indian time.
  financial_year text not null,
  last_number integer not null,
  -- When the last one of the series was issued.
  last_issued_at timestamptz,
  primary key (kind, financial_year)
);

alter table oneai.invoice_series enable row level security;
revoke all on oneai.invoice_series from anon, authenticated, service_role;

-- The next number of the current Indian financial year (April to March in Indian time), and when its document is
-- issued: now, but not before `p_since` nor before the last of its series, because a transaction that waited may have
-- started earlier. There are no gaps: the series is locked until the transaction ends, and a failed transaction returns
-- its number. A number is on disk before it is used. 16 characters, as the law requires: INV/26-27/000001,
-- CRN/26-27/000001; beyond a million in a year IN/26-27/1000000.
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
  -- Transactions that issue both kinds must lock in one order: invoices come first.
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
revoke execute on function oneai.next_number from public;

-- Documents as they were issued; they are stored as long as the law requires, also for erased workspaces.
create table oneai.invoices (
  id uuid primary key default gen_random_uuid(),
  workspace_id uuid,
  kind text not null check (kind in ('invoice', 'credit_note')),
  number text not null unique check (length(number) <= 16),
  payment_id uuid not null references oneai.payments (id),
  refund_id uuid references oneai.refunds (id),
  -- The invoice that a credit note corrects.
  corrects uuid references oneai.invoices (id),
  issued_at timestamptz not null default oneai.now(),
  currency text not null check (currency in ('INR', 'USD')),
  -- In the currency's smallest unit: total = taxable + cgst + sgst + igst.
  total bigint not null,
  taxable bigint not null,
  cgst bigint not null default 0,
  sgst bigint not null default 0,
  igst bigint not null default 0,
  -- In hundredths of a percent: 1800 is 18 %.
  tax_rate integer not null,
  sac text not null,
  place_of_supply text not null,
  description text not null,
  period_start timestamptz,
  period_end timestamptz,
  seller jsonb not null,
  buyer jsonb not null,
  check (total = taxable + cgst + sgst + igst)
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
-- buyer and the place of supply, and either two halves (CGST and SGST) or IGST. `total` is all of it.
create function oneai.included_tax(
  p_workspace uuid, p_amount bigint, p_currency text, p_terms jsonb,
  out buyer jsonb, out place text, out rate integer, out half bigint, out igst bigint, out total bigint)
language plpgsql stable security definer set search_path = ''
as $$
declare
  here constant text := p_terms #>> '{seller,state}';
  country text;
begin
  buyer := oneai.buyer_of(p_workspace);
  country := coalesce(buyer ->> 'country', case p_currency when 'INR' then 'IN' else 'ZZ' end);
  place := case country when 'IN' then coalesce(buyer ->> 'state', here) else country end;
  rate := coalesce((case country when 'IN' then p_terms ->> 'rate' else p_terms ->> 'export_rate' end)::integer, 0);
  igst := p_amount - (p_amount * 20000 + 10000 + rate) / (2 * (10000 + rate));
  half := 0;
  if country = 'IN' and place = here then
    half := igst / 2;
    igst := 0;
  end if;
  total := 2 * half + igst;
end
$$;
revoke execute on function oneai.included_tax from public;

-- Issues the invoice of a payment, once; returns its id. Null if there is none to issue: nothing was captured, or it is
-- quarantined. p_terms: rate and export_rate (hundredths of a percent), sac, description, seller {name, address,
-- state}. Payments include tax. A buyer in the seller's state pays two equal halves of it, CGST and SGST (a unit that
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
  if issued is not null or paid.captured_at is null or paid.amount = 0 or paid.currency not in ('INR', 'USD')
    or (paid.quarantined_at is not null and paid.released_at is null)
  then
    return issued;
  end if;
  tax := oneai.included_tax(paid.workspace_id, paid.amount, paid.currency, p_terms);
  select * into given from oneai.next_number('invoice', null);
  insert into oneai.invoices (
    workspace_id, kind, number, issued_at, payment_id, currency, total, taxable, cgst, sgst, igst, tax_rate, sac,
    place_of_supply, description, period_start, period_end, seller, buyer)
  values (
    paid.workspace_id, 'invoice', given.number, given.issued_at, p_payment, paid.currency, paid.amount,
    paid.amount - tax.total, tax.half, tax.half, tax.igst, tax.rate, p_terms ->> 'sac', tax.place,
    p_terms ->> 'description', paid.period_start, paid.period_end, p_terms -> 'seller', tax.buyer)
  returning id into issued;
  return issued;
end
$$;
revoke execute on function oneai.issue_invoice from public;

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
    workspace_id, kind, number, issued_at, payment_id, refund_id, corrects, currency, total, taxable, cgst, sgst, igst,
    tax_rate, sac, place_of_supply, description, period_start, period_end, seller, buyer)
  values (
    bill.workspace_id, 'credit_note', given.number, given.issued_at, bill.payment_id, p_refund, bill.id, bill.currency,
    total, total - 2 * note.cgst - note.igst, note.cgst, note.cgst, note.igst, bill.tax_rate, bill.sac,
    bill.place_of_supply, bill.description, bill.period_start, bill.period_end, bill.seller, bill.buyer)
  returning id into issued;
  return issued;
end
$$;
revoke execute on function oneai.issue_credit_note from public;
