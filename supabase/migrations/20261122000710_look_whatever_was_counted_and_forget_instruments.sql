-- A count that no number of ours holds keeps nobody from being looked at, and nothing brings an instrument back.

-- Takes up to `p_most` subscriptions to ask the provider about, for five minutes: those whose time has come, and those
-- that may have been paid without a word, which are asked about every time for half an hour, and then whenever they are
-- twice as old as at the last look; and in the same way those that ended lately with more charges than anybody heard of.
-- `ask`: a period that has ended just now is usually followed by word of the next one, and many end at midnight.
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
      as told_soon
  )
  select coalesce(jsonb_agg(jsonb_build_object('id', t.id, 'user_id', t.user_id, 'ref', t.provider_subscription_id,
    'ask', not t.told_soon)), '[]')
  from taken as t
$$;

-- Writes the facts of one person that became different, as oneai/billing/settling.py spells them: subscriptions,
-- payments, refunds, disputes, marks. Of somebody who was erased (p_user is null) nobody keeps what they paid
-- with.
create or replace function oneai.note_facts(p_provider text, p_user uuid, p_facts jsonb) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions as s
  set provider_subscription_id = n.ref, snapshot = n.snapshot, snapshot_rank = n.rank,
      metadata = s.metadata || jsonb_build_object('seen', n.seen), updated_at = oneai.now()
  from jsonb_to_recordset(p_facts -> 'subscriptions') as n (id uuid, ref text, snapshot jsonb, rank text, seen jsonb)
  where s.id = n.id;
  insert into oneai.payments as p (
    id, user_id, subscription_id, payment_provider, provider_payment_id, amount, currency, status, captured_at,
    created_at, invoice_ref, order_ref, method, instrument_hash, period_start, period_end, period_from,
    invoiced_amount, invoiced_currency, invoiced_extras)
  select n.id, coalesce(p_user, '00000000-0000-0000-0000-000000000000'), n.subscription_id, p_provider, n.ref,
    n.amount, n.currency, n.status, n.captured_at, n.at, n.invoice_ref, n.order_ref, n.method,
    case when p_user is not null then decode(n.instrument, 'hex') end, n.period_start, n.period_end, n.period_from,
    n.invoiced_amount, n.invoiced_currency, array(select jsonb_array_elements_text(n.invoiced_extras))
  from jsonb_to_recordset(p_facts -> 'payments') as n (
    id uuid, subscription_id uuid, ref text, amount bigint, currency text, status text, captured_at timestamptz,
    at timestamptz, invoice_ref text, order_ref text, method text, instrument text, period_start timestamptz,
    period_end timestamptz, period_from text, invoiced_amount bigint, invoiced_currency text, invoiced_extras jsonb)
  order by n.id
  on conflict (payment_provider, provider_payment_id) do update
  set amount = excluded.amount, currency = excluded.currency, status = excluded.status,
      captured_at = excluded.captured_at, created_at = excluded.created_at, invoice_ref = excluded.invoice_ref,
      order_ref = excluded.order_ref, method = excluded.method, instrument_hash = excluded.instrument_hash,
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
