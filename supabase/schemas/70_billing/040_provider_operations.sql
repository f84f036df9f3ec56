-- Operations at payment providers: cancellations, refunds and debits.

-- Each is made once, when it is due: its id is its idempotency key at the provider.
create table oneai.provider_operations (
  id uuid primary key default gen_random_uuid(),
  dedupe_key text not null unique,
  kind text not null check (kind in ('cancel', 'cancel_at_period_end', 'refund', 'charge')),
  -- Null for an order and the refund of its payment.
  subscription_id uuid references oneai.subscriptions (id),
  payment_id uuid references oneai.payments (id),
  -- The order that a `charge` debits.
  order_id uuid references oneai.orders (id),
  -- The amount of a refund or a charge. It follows the facts until a worker claims it, because a key is valid for one amount.
  amount bigint check (amount > 0),
  as_of timestamptz,
  reason text not null check (reason in (
    'requested', 'replaced', 'duplicate', 'unexpected_charge', 'payment_reversed', 'erased', 'operator')),
  -- Of a refund: why its charge buys nothing (oneai/billing/projection/payments.py).
  rejection text,
  state text not null default 'pending' check (state in ('pending', 'succeeded', 'cancelled', 'failed')),
  due_at timestamptz not null default oneai.now(),
  -- Until then one worker holds it.
  locked_until timestamptz,
  -- When it may have reached the provider first, with or without an answer.
  sent_at timestamptz,
  attempts integer not null default 0,
  last_error text,
  created_at timestamptz not null default oneai.now(),
  succeeded_at timestamptz,
  check ((kind = 'refund') = (payment_id is not null)),
  check ((kind = 'charge') = (order_id is not null)),
  check (kind in ('refund', 'charge') or subscription_id is not null),
  check ((kind in ('refund', 'charge')) = (amount is not null))
);
create index provider_operations_due on oneai.provider_operations (due_at) where state = 'pending';
create index provider_operations_by_creation on oneai.provider_operations (state, created_at, id);
create index provider_operations_of_payment on oneai.provider_operations (payment_id) where payment_id is not null;
create index provider_operations_of_subscription on oneai.provider_operations (subscription_id);
create index provider_operations_of_order on oneai.provider_operations (order_id) where order_id is not null;

alter table oneai.provider_operations enable row level security;
create policy "service" on oneai.provider_operations to oneai_service using (true) with check (true);
revoke all on oneai.provider_operations from anon, authenticated, service_role;
grant select on oneai.provider_operations to oneai_service;

-- The payment provider at which an operation is made.
create function oneai.provider_of_operation(o oneai.provider_operations) returns text
language sql stable security definer set search_path = ''
as $$
  select coalesce(
    (select p.payment_provider from oneai.payments as p where p.id = o.payment_id),
    (select s.payment_provider from oneai.subscriptions as s where s.id = o.subscription_id),
    (select b.payment_provider from oneai.orders as b where b.id = o.order_id))
$$;
revoke execute on function oneai.provider_of_operation from public;

-- Claims one due operation for two minutes; null if there is none. A refund's amount is then fixed, because the
-- provider refuses another amount under the same key. An operation whose worker died comes after those that became due
-- meanwhile. None of the providers in p_away is claimed.
create function oneai.claim_operation(p_only uuid, p_away text[] default '{}') returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  claimed oneai.provider_operations;
begin
  update oneai.provider_operations as c
  set locked_until = oneai.now() + interval '2 minutes', attempts = c.attempts + 1,
      sent_at = case c.kind when 'refund' then coalesce(c.sent_at, oneai.now()) else c.sent_at end
  where c.id = (
    select d.id from oneai.provider_operations as d
    where d.state = 'pending' and d.due_at <= oneai.now() and (d.locked_until is null or d.locked_until <= oneai.now())
      and (p_only is null or d.id = p_only)
      and (p_away = '{}' or oneai.provider_of_operation(d) <> all (p_away))
      -- Its amount is to be projected first.
      and (d.dedupe_key not like 'refund:%:credits' or not exists (
        select from oneai.credit_orders as o where o.payment_id = d.payment_id and o.project_at <= oneai.now()))
    order by coalesce(d.locked_until, d.due_at), d.id limit 1 for update skip locked)
  returning * into claimed;
  return (
    select jsonb_build_object('id', claimed.id, 'payment_provider', oneai.provider_of_operation(claimed),
      'dedupe_key', claimed.dedupe_key, 'kind', claimed.kind,
      'reason', claimed.reason, 'amount', claimed.amount, 'currency', coalesce(p.currency, o.currency),
      'attempts', claimed.attempts,
      'subscription_ref', s.provider_subscription_id, 'order_ref', o.provider_order_id,
      'cancel_requested_at', s.cancel_requested_at, 'payment_ref', p.provider_payment_id)
    from (select claimed.id) as c left join oneai.subscriptions as s on s.id = claimed.subscription_id
    left join oneai.payments as p on p.id = claimed.payment_id left join oneai.orders as o on o.id = coalesce(p.order_id, claimed.order_id)
    where c.id is not null);
end
$$;
revoke execute on function oneai.claim_operation from public;
grant execute on function oneai.claim_operation to oneai_app;

-- Marks it before it is sent to the provider.
create function oneai.mark_operation_sent(p_id uuid) returns void
language sql security definer set search_path = ''
as $$ update oneai.provider_operations set sent_at = coalesce(sent_at, oneai.now()) where id = p_id $$;
revoke execute on function oneai.mark_operation_sent from public;
grant execute on function oneai.mark_operation_sent to oneai_app;

-- The outcome of an operation: `succeeded`, `failed`, or `pending`, to be retried after this many seconds.
create function oneai.finish_operation(p_id uuid, p_state text, p_problem text, p_seconds integer) returns void
language sql security definer set search_path = ''
as $$
  update oneai.provider_operations as c
  set state = p_state, last_error = p_problem, locked_until = null,
      due_at = case p_state when 'pending' then oneai.now() + make_interval(secs => p_seconds) else c.due_at end,
      succeeded_at = case p_state when 'succeeded' then oneai.now() end
  where c.id = p_id and c.state = 'pending'
$$;
revoke execute on function oneai.finish_operation from public;
grant execute on function oneai.finish_operation to oneai_app;
