-- The job that looks through the lists of payments, refunds and disputes at providers (oneai/billing/listed_payments.py).

-- The time whose payments and refunds at a provider are to be listed next: {at (now), since, until}, at most a day, and at least six hours that ended
-- ten minutes ago, as lists may be a little late. It begins with our first order or subscription there, at most eight days ago. Null if none is due.
create function oneai.payments_to_list(p_provider text) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with listed as (
    select greatest(oneai.now() - interval '8 days', coalesce(
      (select j.done_until from oneai.job_cursors as j where j.job = 'payments ' || p_provider),
      least((select min(o.created_at) from oneai.orders as o where o.payment_provider = p_provider),
        (select min(s.created_at) from oneai.subscriptions as s where s.payment_provider = p_provider)))) as since,
      oneai.now() - interval '10 minutes' as until
    where exists (select from oneai.orders as o where o.payment_provider = p_provider)
      or exists (select from oneai.subscriptions as s where s.payment_provider = p_provider)
  )
  select jsonb_build_object('at', oneai.now(), 'since', l.since, 'until', least(l.until, l.since + interval '1 day'))
  from listed as l where l.until - l.since >= interval '6 hours'
$$;
revoke execute on function oneai.payments_to_list from public;
grant execute on function oneai.payments_to_list to oneai_app;

-- Which of these payments of a provider are not stored as captured.
create function oneai.payments_not_known(p_provider text, p_refs text[]) returns text[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(r), '{}') from unnest(p_refs) as r
  where not exists (
    select from oneai.payments as p
    where p.payment_provider = p_provider and p.provider_payment_id = r and p.captured_at is not null)
$$;
revoke execute on function oneai.payments_not_known from public;
grant execute on function oneai.payments_not_known to oneai_app;

-- Which of these refunds are of a payment that is stored, and are not stored with this status. The arrays have one item for each refund.
create function oneai.refunds_not_known(p_provider text, p_refs text[], p_payments text[], p_statuses text[]) returns text[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(listed.ref), '{}') from unnest(p_refs, p_payments, p_statuses) as listed (ref, payment, status)
  where exists (
      select from oneai.payments as p where p.payment_provider = p_provider and p.provider_payment_id = listed.payment)
    and not exists (
      select from oneai.refunds as r
      where r.payment_provider = p_provider and r.provider_refund_id = listed.ref and r.status = listed.status)
$$;
revoke execute on function oneai.refunds_not_known from public;
grant execute on function oneai.refunds_not_known to oneai_app;

-- Which of these disputes are of a payment that is stored, and are not stored with this status. One that was lost remains lost, also if it is won later.
-- The arrays have one item for each dispute.
create function oneai.disputes_not_known(p_provider text, p_refs text[], p_payments text[], p_statuses text[]) returns text[]
language sql stable security definer set search_path = ''
as $$
  select coalesce(array_agg(listed.ref), '{}') from unnest(p_refs, p_payments, p_statuses) as listed (ref, payment, status)
  where exists (
      select from oneai.payments as p where p.payment_provider = p_provider and p.provider_payment_id = listed.payment)
    and not exists (
      select from oneai.disputes as d
      where d.payment_provider = p_provider and d.provider_dispute_id = listed.ref and d.status in (listed.status, 'lost'))
$$;
revoke execute on function oneai.disputes_not_known from public;
grant execute on function oneai.disputes_not_known to oneai_app;

-- Stores the fees of a provider's captured payments that had none.
create function oneai.save_fees(p_provider text, p_refs text[], p_fees bigint[]) returns void
language sql security definer set search_path = ''
as $$
  update oneai.payments as p set fee = n.fee from unnest(p_refs, p_fees) as n (ref, fee)
  where p.payment_provider = p_provider and p.provider_payment_id = n.ref and p.fee is null and p.captured_at is not null
$$;
revoke execute on function oneai.save_fees from public;
grant execute on function oneai.save_fees to oneai_app;
