-- Data in Postgres for the refund of a payment, whose amount oneai/billing/projection/refunds.py computes, and refunds
-- that operators decide.

-- A workspace's usage of every quota key of a tier: for each of p_queries (tier, since, until) the keys with their
-- limit, window and used units, as oneai/billing/quota_usage.py reads them. A running answer counts the units that it
-- holds. Overrides add nothing to what a plan grants. `until` counts to the end of its second: the provider's times
-- have whole seconds, and a preview in the second of a payment must count the same answers as the refund that follows.
create function oneai.quota_usage(p_workspace uuid, p_queries jsonb) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_agg((
    select coalesce(jsonb_agg(jsonb_build_object('key', q.quota_key, 'limit', q.quota_limit,
      'window', q.reset_frequency, 'used', coalesce(u.units, 0))), '[]')
    from oneai.plan_quotas as q left join (
      select l.quota_key, sum(coalesce(l.settled, l.held)) as units
      from oneai.reservations as r join oneai.reservation_lines as l on l.reservation_id = r.id
      where r.workspace_id = p_workspace
        and r.created_at >= (n.query ->> 'since')::timestamptz
        and r.created_at < date_trunc('second', (n.query ->> 'until')::timestamptz) + interval '1 second'
      group by l.quota_key) as u on u.quota_key = q.quota_key
    where q.tier = n.query ->> 'tier' and q.quota_limit > 0) order by n.place)
  from jsonb_array_elements(p_queries) with ordinality as n (query, place)
$$;
revoke execute on function oneai.quota_usage from public;
grant execute on function oneai.quota_usage to oneai_app;

-- How much of a payment can still be refunded: the captured amount minus refunds that did not fail, and minus refunds
-- of pending operations. 0 if it was not captured, or is in dispute.
create function oneai.refundable_amount(p oneai.payments) returns bigint
language sql stable security definer set search_path = ''
as $$
  select case
    when p.captured_at is null or p.status = 'failed' or exists (
      select from oneai.disputes as d where d.payment_id = p.id and d.status not in ('won', 'closed')) then 0
    else greatest(p.amount - greatest(p.amount_refunded, (
        select coalesce(sum(f.amount), 0) from oneai.refunds as f where f.payment_id = p.id and f.status <> 'failed'))
      - (select coalesce(sum(o.amount), 0) from oneai.provider_operations as o
        where o.payment_id = p.id and o.kind = 'refund' and o.state = 'pending' and not exists (
          select from oneai.refunds as f where f.operation_id = o.id and f.status <> 'failed')), 0)::bigint end
$$;
revoke execute on function oneai.refundable_amount from public;
grant execute on function oneai.refundable_amount to oneai_admin;

-- Stores an operator's refund of part of a payment as an operation; returns its id. p_refundable is the amount that the
-- operator saw: ON412 if it has changed since, for example by the same refund a moment ago. ON404 for a payment that is
-- unknown or belongs to no subscription and no order, ON422 for a bank transfer, for more than can be refunded, or for less
-- than p_least, the provider's minimum.
create function oneai.refund_payment(p_payment uuid, p_amount bigint, p_refundable bigint, p_least bigint) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  paid oneai.payments;
  refundable bigint;
  operation_id uuid := gen_random_uuid();
begin
  select * into paid from oneai.payments where id = p_payment for update;
  if not found or coalesce(paid.subscription_id, paid.order_id) is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  if paid.payment_provider = 'bank_transfer' then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "id", "code": "bank_transfer"}]}';
  end if;
  refundable := oneai.refundable_amount(paid);
  if refundable <> p_refundable then
    raise exception using errcode = 'ON412', message = 'precondition_failed';
  elsif p_amount > refundable or p_amount < p_least then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
      json_build_array(json_build_object('field', 'amount', 'code', case when p_amount > refundable then 'too_large'
        else 'too_small' end, 'least', p_least, 'most', refundable)));
  end if;
  insert into oneai.provider_operations (id, dedupe_key, kind, subscription_id, payment_id, amount, as_of, reason)
  values (operation_id, 'refund:' || paid.id || ':operator:' || operation_id, 'refund', paid.subscription_id, paid.id,
    p_amount, oneai.now(), 'operator');
  return operation_id;
end
$$;
revoke execute on function oneai.refund_payment from public;
grant execute on function oneai.refund_payment to oneai_admin;

-- Records that an operator sent part or all of a payment back by bank, because its provider cannot: an operation that has succeeded, and its refund.
-- Returns the operation's id. Raises what oneai.refund_payment raises, and ON422 for a transfer that is recorded already.
create function oneai.record_bank_refund(p_payment uuid, p_amount bigint, p_refundable bigint, p_reference text) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  ref constant text := 'bank:' || p_reference;
  made uuid;
begin
  -- Offers have the same lock: one transfer is recorded once, for an offer or for another payment.
  perform pg_advisory_xact_lock(hashtextextended('bank_transfer ' || ref, 0));
  if exists (select from oneai.refunds as r where r.provider_refund_id = ref) then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "reference", "code": "repeated_transfer"}]}';
  end if;
  made := oneai.refund_payment(p_payment, p_amount, p_refundable, 1);
  update oneai.provider_operations set state = 'succeeded', sent_at = oneai.now(), succeeded_at = oneai.now() where id = made;
  insert into oneai.refunds (payment_id, payment_provider, provider_refund_id, amount, status, refunded_at, operation_id)
  select p.id, p.payment_provider, ref, p_amount, 'processed', date_trunc('second', oneai.now()), made
  from oneai.payments as p where p.id = p_payment;
  -- The job projects it if the process of the operator's request ends here.
  update oneai.subscriptions as s set next_sync_at = oneai.now() from oneai.payments as p
  where p.id = p_payment and s.id = p.subscription_id;
  update oneai.orders as o set next_sync_at = oneai.now() from oneai.payments as p where p.id = p_payment and o.id = p.order_id;
  return made;
end
$$;
revoke execute on function oneai.record_bank_refund from public;
grant execute on function oneai.record_bank_refund to oneai_admin;
