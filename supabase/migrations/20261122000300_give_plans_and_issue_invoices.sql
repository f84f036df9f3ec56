-- What follows from payments: quotas as if they had always been known, what may be given back, and invoices.

-- ------------------------------------------------------------------------------------------------------------- quotas

-- As before, but the person is always locked first, as whoever gives them a plan does: that one moves open lines from
-- window to window, and neither may wait for the other in a circle.
create or replace function oneai.settle_reservation(
  p_id uuid, p_units bigint, p_tokens bigint default 0, p_cost bigint default 0) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  person uuid;
begin
  perform 1 from oneai.users
  where id = (select r.user_id from oneai.reservations as r where r.id = p_id) for no key update;
  update oneai.reservations set settled_at = at where id = p_id and settled_at is null returning user_id into person;
  if not found then
    return false;
  end if;
  with line as (
    update oneai.reservation_lines as l
    set settled = case l.unit when 'messages' then least(p_units, l.held) when 'tokens' then p_tokens else p_cost end
    where l.reservation_id = p_id
    returning l.quota_key, l.window_start, l.held, l.settled
  )
  update oneai.usage_quotas as q
  set reserved = q.reserved - line.held, used = q.used + line.settled, updated_at = at,
      last_usage_at = case when line.settled > 0 then at else q.last_usage_at end
  from line
  where q.user_id = person and q.quota_key = line.quota_key and q.window_start = line.window_start;
  return true;
end
$$;

-- A person's newest answers are looked up wherever their window begins anew.
drop index oneai.reservations_of_person;
create index reservations_of_person on oneai.reservations (user_id, created_at);

-- Puts one quota into the window that is open now, if it is not in it: where its month, day or three hours (on the grid
-- on which `p_anchor` lies) began, or at `p_since` where that is later. What was held and used is then what the
-- reservations made since then hold and used, and they settle into that window; all others settle into none.
create function oneai.open_window(quota oneai.usage_quotas, p_since timestamptz, p_anchor timestamptz) returns void
language plpgsql
as $$
declare
  -- Whoever waited for the person may have begun before a window that is open by now.
  at timestamptz := greatest(oneai.now(), quota.window_start);
  ends timestamptz := oneai.next_reset(quota.reset_frequency, p_anchor, at);
  begins timestamptz := least(greatest(oneai.window_before(quota.reset_frequency, ends), p_since), at);
begin
  if begins <> quota.window_start then
    update oneai.reservation_lines as l
    -- A window of its own: none begins there without this one in it.
    set window_start = case when r.created_at >= begins then begins else r.created_at end
    from oneai.reservations as r
    where r.user_id = quota.user_id and l.reservation_id = r.id and l.quota_key = quota.quota_key
      and (r.created_at >= begins) <> (l.window_start = begins);
    select coalesce(sum(l.settled), 0), coalesce(sum(l.held) filter (where l.settled is null), 0)
    into quota.used, quota.reserved
    from oneai.reservations as r join oneai.reservation_lines as l on l.reservation_id = r.id
    where r.user_id = quota.user_id and l.quota_key = quota.quota_key and r.created_at >= begins;
  end if;
  update oneai.usage_quotas
  set used = quota.used, reserved = quota.reserved, window_start = begins, next_reset_at = ends,
      updated_at = oneai.now()
  where user_id = quota.user_id and quota_key = quota.quota_key and (window_start, next_reset_at) <> (begins, ends);
end
$$;

-- Gives somebody the quotas of a plan; exceptions stay. Use counts since `p_since`, or since the running window of a
-- quota began where that is null or earlier; three hours are counted from `p_anchor`, null: from the sign-up.
-- Where windows are and what was used in them follows from these and the time alone, so that whatever came between does
-- not matter: the same plan once more changes nothing, and a plan that is over leaves what was used under it used.
create function oneai.give_plan(p_user uuid, p_tier text, p_since timestamptz, p_anchor timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  anchor timestamptz;
  quota oneai.usage_quotas;
begin
  update oneai.users
  set subscription_tier = p_tier, quota_since = p_since, quota_anchor = p_anchor, updated_at = oneai.now()
  where id = p_user returning coalesce(p_anchor, created_at) into anchor;
  if not found then
    return;
  end if;
  perform 1 from oneai.usage_quotas where user_id = p_user order by quota_key for update;
  update oneai.usage_quotas as q
  set subscription_tier = p_tier, quota_limit = null, grace_units = 0, updated_at = oneai.now()
  where q.user_id = p_user
    and not exists (select from oneai.plan_quotas as p where p.tier = p_tier and p.quota_key = q.quota_key);
  insert into oneai.usage_quotas as q (
    user_id, quota_key, subscription_tier, quota_limit, grace_units, reset_frequency, window_start, next_reset_at)
  select p_user, p.quota_key, p.tier, p.quota_limit, p.grace_units, p.reset_frequency, '-infinity', '-infinity'
  from oneai.plan_quotas as p where p.tier = p_tier order by p.quota_key
  on conflict (user_id, quota_key) do update
  set subscription_tier = excluded.subscription_tier, quota_limit = excluded.quota_limit,
      grace_units = excluded.grace_units, reset_frequency = excluded.reset_frequency, updated_at = oneai.now();
  for quota in select * from oneai.usage_quotas where user_id = p_user order by quota_key loop
    perform oneai.open_window(quota, p_since, anchor);
  end loop;
end
$$;

drop function oneai.assign_plan(uuid, text, boolean);

-- ------------------------------------------------------------------------------------------------ what is given back

-- What is owed of a payment, in the currency's smallest unit, if what it paid for ends at `p_at`: of its amount the
-- share of the time that is not over, or of the large messages not used since it was captured, whichever is less;
-- without what was given back already. Nothing later than `p_days` after the capture, nor of what is in dispute.
-- A period of several months has the large messages of as many.
create function oneai.refund_due(p_payment uuid, p_at timestamptz, p_days integer) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  paid oneai.payments;
  plan record;
  seconds numeric;
  units numeric;
  unused numeric;
begin
  select * into paid from oneai.payments where id = p_payment;
  if paid.captured_at is null or paid.status = 'failed' or p_at > paid.captured_at + make_interval(days => p_days)
    or exists (select from oneai.disputes as d where d.payment_id = p_payment and d.status not in ('won', 'closed'))
  then
    return 0;
  end if;
  select coalesce(paid.tier, s.plan_id) as tier, case when s.period = 'yearly' then 12 else 1 end as months into plan
  from oneai.subscriptions as s where s.id = paid.subscription_id;
  paid.period_start := coalesce(paid.period_start, paid.captured_at);
  paid.period_end := coalesce(paid.period_end, paid.period_start + make_interval(months => plan.months));
  seconds := extract(epoch from paid.period_end - paid.period_start);
  unused := trunc(paid.amount * case when seconds > 0
    then least(greatest(extract(epoch from paid.period_end - p_at), 0), seconds) / seconds else 0 end);
  select q.quota_limit * plan.months into units
  from oneai.plan_quotas as q where q.tier = plan.tier and q.quota_key = 'large_messages';
  if units > 0 then
    unused := least(unused, trunc(paid.amount * greatest(units - (
      select coalesce(sum(coalesce(l.settled, l.held)), 0)
      from oneai.reservations as r join oneai.reservation_lines as l on l.reservation_id = r.id
      where r.user_id = paid.user_id and l.quota_key = 'large_messages'
        and r.created_at >= paid.captured_at and r.created_at <= p_at), 0) / units));
  end if;
  return greatest(unused - greatest(paid.amount_refunded, (
    select coalesce(sum(f.amount), 0) from oneai.refunds as f
    where f.payment_id = p_payment and f.status <> 'failed')), 0);
end
$$;

-- ---------------------------------------------------------------------------------------------------------- documents

-- The next number of the Indian financial year (April to March in Indian time) that it is now, without a gap: whoever
-- takes one holds the series until their transaction ends, and a transaction that fails gives its number back.
-- 16 characters, as the law wants: INV/26-27/000001, CRN/26-27/000001; beyond a million in a year IN/26-27/1000000.
create function oneai.next_number(p_kind text) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  began date := (oneai.now() at time zone 'Asia/Kolkata')::date - interval '3 months';
  year text := to_char(began, 'YY') || to_char(began + interval '1 year', 'YY');
  taken integer;
  digits text;
begin
  -- Who issues both kinds and who issues them the other way round must not wait in a circle: invoices come first.
  insert into oneai.invoice_series (kind, financial_year, last_number) values ('invoice', year, 0)
  on conflict do nothing;
  perform 1 from oneai.invoice_series where kind = 'invoice' and financial_year = year for update;
  insert into oneai.invoice_series as s (kind, financial_year, last_number) values (p_kind, year, 1)
  on conflict (kind, financial_year) do update set last_number = s.last_number + 1 returning s.last_number into taken;
  digits := lpad(taken::text, greatest(6, length(taken::text)), '0');
  return left(case p_kind when 'invoice' then 'INV' else 'CRN' end, 9 - length(digits))
    || '/' || left(year, 2) || '-' || right(year, 2) || '/' || digits;
end
$$;

-- Whom a document is made out to: what they told, or what is known of them.
create function oneai.buyer_of(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(
    (select jsonb_build_object('legal_name', d.legal_name, 'address', d.address, 'state', d.state,
      'country', d.country, 'gstin', d.gstin) from oneai.billing_details as d where d.user_id = p_user),
    (select jsonb_build_object('legal_name', coalesce(u.name, u.email)) from oneai.users as u
      where u.id = p_user and coalesce(u.name, u.email) is not null),
    jsonb_build_object('legal_name', 'Customer'))
$$;

-- Issues the invoice of a payment, once; its id. Null where there is none to issue: nothing was captured, or not what
-- was sold. p_terms: rate and export_rate (hundredths of a percent), sac, description, seller {name, address, state}.
-- What was paid holds its tax. A buyer in the seller's state pays two equal halves of it, CGST and SGST (a unit that
-- does not halve is left to the taxable value), one elsewhere in India IGST, one abroad IGST at export_rate or nothing.
-- Who told no state is taken to be where the seller is, or abroad where they pay in another currency than India's.
create function oneai.issue_invoice(p_payment uuid, p_terms jsonb) returns uuid
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
  insert into oneai.invoices (
    user_id, kind, number, payment_id, currency, total, taxable, cgst, sgst, igst, tax_rate, sac, place_of_supply,
    description, period_start, period_end, seller, buyer)
  values (
    paid.user_id, 'invoice', oneai.next_number('invoice'), p_payment, paid.currency, paid.amount,
    paid.amount - 2 * half - tax, half, half, tax, rate, p_terms ->> 'sac', place,
    p_terms ->> 'description', paid.period_start, paid.period_end, p_terms -> 'seller', buyer)
  returning id into issued;
  return issued;
end
$$;

-- Issues the credit note of a refund, once; its id. Null where there is none to issue: the money is not back (yet), or
-- there is no invoice to correct, or nothing left of it. All notes of an invoice together have its taxes in the
-- proportion of what was given back, and never more of anything than it has.
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
  insert into oneai.invoices (
    user_id, kind, number, payment_id, refund_id, corrects, currency, total, taxable, cgst, sgst, igst, tax_rate, sac,
    place_of_supply, description, period_start, period_end, seller, buyer)
  values (
    bill.user_id, 'credit_note', oneai.next_number('credit_note'), bill.payment_id, p_refund, bill.id, bill.currency,
    total, total - 2 * note.cgst - note.igst, note.cgst, note.cgst, note.igst, bill.tax_rate, bill.sac,
    bill.place_of_supply, bill.description, bill.period_start, bill.period_end, bill.seller, bill.buyer)
  returning id into issued;
  return issued;
end
$$;

-- ------------------------------------------------------------------------------------------------------------ margins

-- As before, of what is really there: not what failed or is in quarantine, nor what was given or taken back.
create or replace view oneai.margin_by_plan_month with (security_invoker = true) as
  select coalesce(paid.month, spent.month) as month, coalesce(paid.plan_id, spent.subscription_tier) as plan_id,
    paid.currency, coalesce(paid.payments, 0) as payments, coalesce(paid.revenue, 0) as revenue,
    coalesce(spent.people, 0) as people, coalesce(spent.cost_micro_usd, 0) as cost_micro_usd
  from (
    select date_trunc('month', p.captured_at at time zone 'UTC')::date as month, coalesce(p.tier, s.plan_id) as plan_id,
      p.currency, count(*) as payments, sum(p.amount - least(p.amount, greatest(p.amount_refunded, (
        select coalesce(sum(f.amount), 0) from oneai.refunds as f where f.payment_id = p.id and f.status = 'processed'
      ))))::bigint as revenue
    from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
    where p.captured_at is not null and p.status <> 'failed' and (p.quarantined_at is null or p.released_at is not null)
      and not exists (select from oneai.disputes as d where d.payment_id = p.id and d.status = 'lost')
    group by 1, 2, 3
  ) as paid
  full join oneai.cost_by_tier_month as spent
    on spent.month = paid.month and spent.subscription_tier = paid.plan_id;

revoke execute on function oneai.open_window, oneai.give_plan, oneai.refund_due, oneai.next_number, oneai.buyer_of,
  oneai.issue_invoice, oneai.issue_credit_note from public;
grant execute on function oneai.give_plan, oneai.refund_due, oneai.issue_invoice, oneai.issue_credit_note to oneai_app;
