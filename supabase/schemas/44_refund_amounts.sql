-- How much of a payment is refunded.

-- The provider refunds nothing below a rupee or a dollar.
create function oneai.at_least_minimum_refund(p_amount bigint) returns bigint
language sql immutable
as $$ select case when p_amount >= 100 then p_amount else 0 end $$;
revoke execute on function oneai.at_least_minimum_refund from public;

-- What a payment grants and how much of it is used at `p_at`: one row for the `time`, in seconds, and one for every
-- quota key of its plan, in the key's units since the capture. A monthly quota is granted once for every month of the
-- paid period, any other once for every window that begins in it. Overrides add nothing to what a plan grants.
create function oneai.payment_usage(p_payment uuid, p_at timestamptz)
returns table (measure text, used numeric, granted numeric)
language sql stable security definer set search_path = ''
as $$
  with paid as (
    select p.user_id, p.captured_at, coalesce(p.tier, s.plan_id) as tier, b.starts, coalesce(p.period_end,
      b.starts + make_interval(months => case when s.period = 'yearly' then 12 else 1 end)) as ends
    from oneai.payments as p left join oneai.subscriptions as s on s.id = p.subscription_id
    cross join lateral (select coalesce(p.period_start, p.captured_at)) as b (starts)
    where p.id = p_payment and p.captured_at is not null
  ), lasting as (
    select p.*, extract(epoch from p.ends - p.starts) as seconds from paid as p
  ), spent as (
    select l.quota_key, sum(coalesce(l.settled, l.held)) as units
    from paid as p join oneai.reservations as r
      on r.user_id = p.user_id and r.created_at >= p.captured_at and r.created_at <= p_at
    join oneai.reservation_lines as l on l.reservation_id = r.id
    group by l.quota_key
  )
  select 'time', greatest(p.seconds, 1) - least(greatest(extract(epoch from p.ends - p_at), 0), p.seconds),
    greatest(p.seconds, 1)
  from lasting as p
  union all
  select q.quota_key, coalesce(u.units, 0), q.quota_limit * case q.reset_frequency
    -- The mean month of the calendar: 28 to 31 days are one, 365 and 366 are twelve.
    when 'monthly' then greatest(round(p.seconds / 2629746), 1)
    else greatest(ceil(p.seconds / case q.reset_frequency when 'daily' then 86400 else 10800 end), 1) end
  from lasting as p join oneai.plan_quotas as q on q.tier = p.tier and q.quota_limit > 0
  left join spent as u on u.quota_key = q.quota_key
$$;
revoke execute on function oneai.payment_usage from public;

-- The refund of a payment, in the currency's smallest unit, if its paid period ends at `p_at`: its amount times the
-- least unused share of anything oneai.payment_usage has (`limited_by`, with `used` of `granted`), less what was
-- refunded already. 0 later than `p_days` after the capture (limited by `time`, without numbers), in dispute, and below
-- the minimum.
create function oneai.refund_terms(
  p_payment uuid, p_at timestamptz, p_days integer,
  out due bigint, out limited_by text, out used numeric, out granted numeric)
language plpgsql stable security definer set search_path = ''
as $$
declare
  paid oneai.payments;
begin
  due := 0;
  select * into paid from oneai.payments where id = p_payment;
  if paid.captured_at is null or paid.status = 'failed' or exists (
    select from oneai.disputes as d where d.payment_id = p_payment and d.status not in ('won', 'closed'))
  then
    return;
  elsif p_at > paid.captured_at + make_interval(days => p_days) then
    limited_by := 'time';
    return;
  end if;
  select u.measure, u.used, u.granted into limited_by, used, granted
  from oneai.payment_usage(p_payment, p_at) as u
  order by greatest(u.granted - u.used, 0) / u.granted, u.measure <> 'time', u.measure limit 1;
  due := oneai.at_least_minimum_refund((trunc(paid.amount * greatest(granted - used, 0) / granted)
    - greatest(paid.amount_refunded, (
      select coalesce(sum(f.amount), 0) from oneai.refunds as f
      where f.payment_id = p_payment and f.status <> 'failed')))::bigint);
end
$$;
revoke execute on function oneai.refund_terms from public;

-- The refund alone, as oneai.refund_terms computes it.
create function oneai.refund_due(p_payment uuid, p_at timestamptz, p_days integer) returns bigint
language sql stable security definer set search_path = ''
as $$ select t.due from oneai.refund_terms(p_payment, p_at, p_days) as t $$;
revoke execute on function oneai.refund_due from public;

-- What was refunded within p_days of `p_at` of the subscriptions that this one replaced, although their payments were
-- older than p_days: cancelling this one at once refunds so much less.
create function oneai.refunded_for_replaced(p_id uuid, p_at timestamptz, p_days integer) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  before constant uuid := (select s.replaces from oneai.subscriptions as s where s.id = p_id);
begin
  if before is null then
    return 0;
  end if;
  return oneai.refunded_for_replaced(before, p_at, p_days) + (
    select coalesce(sum(oneai.replacement_refund(c, p_days)), 0)
    from oneai.provider_operations as c join oneai.payments as p on p.id = c.payment_id
    where c.subscription_id = before and c.kind = 'refund' and c.reason = 'replaced'
      and c.as_of between p_at - make_interval(days => p_days) and p_at
      and c.as_of > p.captured_at + make_interval(days => p_days));
end
$$;
revoke execute on function oneai.refunded_for_replaced from public;

-- The payments whose period is running at p_at: a plan that was changed in place has several. Those refunded in full
-- anyway are left out.
create function oneai.running_payments(p_subscription uuid, p_at timestamptz) returns setof oneai.payments
language sql stable security definer set search_path = ''
as $$
  select p.* from oneai.payments as p
  where p.subscription_id = p_subscription and p.captured_at is not null and p.period_end > p_at
    and coalesce(p.period_start, p.captured_at) <= p_at and (p.quarantined_at is null or p.released_at is not null)
    and not exists (select from oneai.provider_operations as c
      where c.dedupe_key = 'refund:' || p.id || ':unexpected' and c.state <> 'cancelled')
$$;
revoke execute on function oneai.running_payments from public;

-- The payments running at p_at, the refund of each if their subscription ends then, and what limits it. What was
-- refunded of a replaced subscription (oneai.refunded_for_replaced) is deducted once. A refund that the provider may
-- have keeps its amount, since its key is good for one; a processed one is not requested again.
create function oneai.refunds_on_cancellation(p_subscription uuid, p_at timestamptz, p_days integer)
returns table (
  payment_id uuid, due bigint, amount bigint, currency text, captured_at timestamptz, period_start timestamptz,
  period_end timestamptz, limited_by text, used numeric, granted numeric)
language sql stable security definer set search_path = ''
as $$
  with running as (
    select p.*, t.due as owed, t.limited_by, t.used, t.granted
    from oneai.running_payments(p_subscription, p_at) as p
    cross join lateral oneai.refund_terms(p.id, p_at, p_days) as t
  ), shared as (
    select r.*, least(r.owed, sum(r.owed) over (order by r.captured_at, r.id)
      - oneai.refunded_for_replaced(p_subscription, p_at, p_days))::bigint as left_of_it
    from running as r
  )
  select s.id, case
      when heard.amount is null then oneai.at_least_minimum_refund(s.left_of_it)
      when exists (select from oneai.refunds as f where f.payment_id = s.id and f.status <> 'failed') then 0
      else heard.amount end,
    s.amount, s.currency, s.captured_at, s.period_start, s.period_end, s.limited_by, s.used, s.granted
  from shared as s left join oneai.provider_operations as heard
    on heard.dedupe_key = 'refund:' || s.id and heard.state <> 'succeeded' and heard.attempts > 0
  order by s.captured_at, s.id
$$;
revoke execute on function oneai.refunds_on_cancellation from public;

-- The refund of a payment whose subscription is replaced at `p_at` by one that was first paid with p_price: its unused
-- part however late, since no day is paid for twice, but at most refund_due + p_price - already refunded for replaced
-- ones (then limited by `price`).
create function oneai.replaced_payment_terms(
  p_payment uuid, p_price bigint, p_at timestamptz, p_days integer,
  out due bigint, out limited_by text, out used numeric, out granted numeric)
language plpgsql stable security definer set search_path = ''
as $$
declare
  before constant uuid := (select p.subscription_id from oneai.payments as p where p.id = p_payment);
  most bigint := oneai.refund_due(p_payment, p_at, p_days) + p_price
    - oneai.refunded_for_replaced(before, p_at, p_days);
begin
  select * into due, limited_by, used, granted from oneai.refund_terms(p_payment, p_at, 100000);
  if most < due then
    due := oneai.at_least_minimum_refund(most);
    limited_by := 'price';
    used := null;
    granted := null;
  end if;
end
$$;
revoke execute on function oneai.replaced_payment_terms from public;

-- The amount of a refund for a replaced subscription. A cancelled checkout, a quarantined payment and the small sum
-- that authorizes a mandate have replaced nothing. Once decided it stays.
create function oneai.replacement_refund(p_call oneai.provider_operations, p_days integer) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  price bigint;
begin
  if p_call.amount is not null or p_call.state <> 'pending' then
    return case when p_call.state in ('pending', 'succeeded') then coalesce(p_call.amount, 0) else 0 end;
  end if;
  select p.amount into price
  from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
  where s.replaces = p_call.subscription_id and s.checkout_cancelled_at is null and p.captured_at is not null
    and p.period_start is not null and (p.quarantined_at is null or p.released_at is not null)
    and p.currency = (select o.currency from oneai.payments as o where o.id = p_call.payment_id)
  order by p.captured_at limit 1;
  return (
    select t.due from oneai.replaced_payment_terms(
      p_call.payment_id, coalesce(price, 0), coalesce(p_call.as_of, p_call.created_at), p_days) as t);
end
$$;
revoke execute on function oneai.replacement_refund from public;

-- The refund if a subscription that is first paid with p_price replaced this one of p_user's now: the total of all
-- running payments; the limit as in oneai.end_subscription.
create function oneai.preview_replacement(p_user uuid, p_subscription uuid, p_price bigint, p_days integer)
returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('refund_amount', coalesce(sum(t.due), 0), 'at', oneai.now())
    || coalesce((array_agg(
      jsonb_build_object('limited_by', t.limited_by, 'used', t.used, 'granted', t.granted)
      order by p.amount - t.due desc, p.captured_at))[1], '{}')
  from oneai.running_payments(p_subscription, oneai.now()) as p
  cross join lateral oneai.replaced_payment_terms(p.id, p_price, oneai.now(), p_days) as t
  where p.user_id = p_user
$$;
revoke execute on function oneai.preview_replacement from public;
grant execute on function oneai.preview_replacement to oneai_app;

-- How much of a payment can still be refunded: what was captured less refunds that did not fail, and less what operations
-- on their way will refund. 0 of a payment that was not captured, and of one in dispute.
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

-- Stores the refund of a part of a payment, which an operator decided on, as an operation; its id. p_refundable is what
-- the operator saw: ON412 where it has changed since, such as by the same refund a moment ago. ON404 for a payment that is
-- unknown or belongs to no subscription, ON422 for more than can be refunded, or less than the provider's minimum.
create function oneai.refund_payment(p_payment uuid, p_amount bigint, p_refundable bigint) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  paid oneai.payments;
  refundable bigint;
  operation_id uuid := gen_random_uuid();
begin
  select * into paid from oneai.payments where id = p_payment for update;
  if not found or paid.subscription_id is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  refundable := oneai.refundable_amount(paid);
  if refundable <> p_refundable then
    raise exception using errcode = 'ON412', message = 'precondition_failed';
  elsif p_amount > refundable or oneai.at_least_minimum_refund(p_amount) = 0 then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
      json_build_array(json_build_object('field', 'amount', 'code', case when p_amount > refundable then 'too_large'
        else 'too_small' end, 'message', case when oneai.at_least_minimum_refund(refundable) = 0
          then 'Nothing of this payment can be refunded: it was, or its dispute is open or lost.'
          else format('Between 100 and %s can be refunded.', refundable) end)));
  end if;
  insert into oneai.provider_operations (id, dedupe_key, kind, subscription_id, payment_id, amount, as_of, reason)
  values (operation_id, 'refund:' || paid.id || ':operator:' || operation_id, 'refund', paid.subscription_id, paid.id,
    p_amount, oneai.now(), 'operator');
  return operation_id;
end
$$;
revoke execute on function oneai.refund_payment from public;
grant execute on function oneai.refund_payment to oneai_admin;
