-- Revenue and recurring revenue by the operator's day, in the currency's smallest unit; no currency is converted.
--
-- Billing facts may come late and in any order. Changes are queued. A job computes the parts of each payment and
-- customer in the daily totals, subtracts their previous parts, and stores the new ones for the next time.

-- Payments and customers that changed.
create table oneai.pending_revenue (
  id bigint generated always as identity primary key,
  payment_id uuid,
  workspace_id uuid
);
create index pending_revenue_of_workspace on oneai.pending_revenue (workspace_id);

alter table oneai.pending_revenue enable row level security;
create policy "service" on oneai.pending_revenue for select to oneai_service using (true);
revoke all on oneai.pending_revenue from anon, authenticated, service_role;
grant select on oneai.pending_revenue to oneai_service;

create table oneai.daily_revenue (
  day date not null,
  currency text not null,
  plan_id text not null,
  payment_provider text not null,
  payments bigint not null,
  gross bigint not null,
  -- The tax in it by its invoice, minus that of credit notes.
  tax bigint not null,
  refunds bigint not null,
  refunded bigint not null,
  -- Lost disputes.
  disputes bigint not null,
  disputed bigint not null,
  failed_payments bigint not null,
  failed bigint not null,
  -- The fees of the provider, and of how many payments it states one.
  fees bigint not null,
  payments_with_fee bigint not null,
  primary key (day, currency, plan_id, payment_provider)
);

alter table oneai.daily_revenue enable row level security;
create policy "service" on oneai.daily_revenue to oneai_service using (true) with check (true);
revoke all on oneai.daily_revenue from anon, authenticated, service_role;
grant select on oneai.daily_revenue to oneai_service;

-- The part of each payment in daily_revenue, without a customer, because the payment remains after erasure.
create table oneai.payment_revenue (
  payment_id uuid not null,
  like oneai.daily_revenue
);
create index payment_revenue_of_payment on oneai.payment_revenue (payment_id);

alter table oneai.payment_revenue enable row level security;
create policy "service" on oneai.payment_revenue for select to oneai_service using (true);
revoke all on oneai.payment_revenue from anon, authenticated, service_role;
grant select on oneai.payment_revenue to oneai_service;

-- Changes of monthly recurring revenue and of the number of customers, for each plan, and for all together as the plan
-- ''. The changes up to a day add up to the state at its end.
create table oneai.daily_mrr (
  day date not null,
  currency text not null,
  plan_id text not null,
  movement text not null check (movement in ('new', 'reactivation', 'expansion', 'contraction', 'churn')),
  mrr bigint not null,
  customers bigint not null,
  primary key (day, currency, plan_id, movement)
);

alter table oneai.daily_mrr enable row level security;
create policy "service" on oneai.daily_mrr to oneai_service using (true) with check (true);
revoke all on oneai.daily_mrr from anon, authenticated, service_role;
grant select on oneai.daily_mrr to oneai_service;

-- The part of each customer in daily_mrr; deleted with the workspace, whose totals remain.
create table oneai.customer_mrr (
  workspace_id uuid not null,
  like oneai.daily_mrr
);
create index customer_mrr_of_workspace on oneai.customer_mrr (workspace_id);

alter table oneai.customer_mrr enable row level security;
create policy "service" on oneai.customer_mrr for select to oneai_service using (true);
revoke all on oneai.customer_mrr from anon, authenticated, service_role;
grant select on oneai.customer_mrr to oneai_service;

create function oneai.queue_revenue() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if tg_op = 'UPDATE' and new is not distinct from old then
    return null;
  end if;
  -- Erased customers remain counted.
  if tg_table_name = 'payments' then
    insert into oneai.pending_revenue (payment_id, workspace_id)
    values (new.id, (select w.id from oneai.workspaces as w where w.id = new.workspace_id));
  elsif tg_table_name = 'subscriptions' then
    insert into oneai.pending_revenue (workspace_id) select new.workspace_id where new.workspace_id is not null;
  else
    -- A refund or a lost dispute also ends what its payment paid for, whether or not the payment's row changes with it.
    insert into oneai.pending_revenue (payment_id, workspace_id)
    select p.id, w.id from oneai.payments as p
    left join oneai.workspaces as w on w.id = p.workspace_id and tg_table_name <> 'invoices'
    where p.id = new.payment_id;
  end if;
  return null;
end
$$;
revoke execute on function oneai.queue_revenue from public;

create trigger queue_revenue after insert or update on oneai.payments
  for each row execute function oneai.queue_revenue();
create trigger queue_revenue after insert or update on oneai.refunds
  for each row execute function oneai.queue_revenue();
create trigger queue_revenue after insert or update on oneai.disputes
  for each row execute function oneai.queue_revenue();
create trigger queue_revenue after insert on oneai.invoices
  for each row execute function oneai.queue_revenue();
create trigger queue_revenue after update on oneai.subscriptions
  for each row when (
    (old.status, old.plan_id, old.amount, old.start_at, old.cancel_requested_at, old.cancelled_at, old.access_ends_at,
      old.superseded_at)
    is distinct from (new.status, new.plan_id, new.amount, new.start_at, new.cancel_requested_at, new.cancelled_at,
      new.access_ends_at, new.superseded_at))
  execute function oneai.queue_revenue();

-- The parts of these payments in the days: captures on their day, refunds and lost disputes on their own days, failed
-- payments on the day of the attempt. Quarantined ones have no part until they are released.
create function oneai.revenue_of_payments(p_payments uuid[], p_zone text) returns setof oneai.payment_revenue
language sql stable security definer set search_path = ''
as $$
  with payment as (
    select p.*, coalesce(p.tier, s.plan_id, '') as plan,
      p.captured_at is not null and p.status <> 'failed' and (p.quarantined_at is null or p.released_at is not null)
        as earned,
      (select coalesce(sum(r.amount), 0) from oneai.refunds as r where r.payment_id = p.id and r.status = 'processed')
        as refund_sum
    from oneai.payments as p left join oneai.subscriptions as s on s.id = p.subscription_id
    where p.id = any (p_payments)
  ), entry as (
    select p.id, p.captured_at as at, p.currency, p.plan, 1 as payments, p.amount as gross,
      coalesce((select i.total - i.taxable from oneai.invoices as i where i.payment_id = p.id and i.kind = 'invoice'), 0)
        as tax,
      0 as refunds,
      -- A refund that is only known as a sum.
      greatest(p.amount_refunded - p.refund_sum, 0) as refunded,
      0 as disputes, 0::bigint as disputed, 0 as failed_payments, 0::bigint as failed, coalesce(p.fee, 0) as fees,
      (p.fee is not null)::integer as payments_with_fee
    from payment as p where p.earned
    union all
    select p.id, r.refunded_at, p.currency, p.plan, 0, 0, -coalesce((
      select i.total - i.taxable from oneai.invoices as i where i.refund_id = r.id and i.kind = 'credit_note'), 0),
      1, r.amount, 0, 0, 0, 0, 0, 0
    from payment as p join oneai.refunds as r on r.payment_id = p.id and r.status = 'processed' where p.earned
    union all
    select p.id, d.at, p.currency, p.plan, 0, 0, 0, 0, 0, 1,
      greatest(p.amount - greatest(p.amount_refunded, p.refund_sum), 0), 0, 0, 0, 0
    from payment as p
    cross join lateral (
      select min(d.at) as at from oneai.disputes as d where d.payment_id = p.id and d.status = 'lost') as d
    where p.earned and d.at is not null
    union all
    select p.id, p.created_at, p.currency, p.plan, 0, 0, 0, 0, 0, 0, 0, 1, p.amount, 0, 0
    from payment as p where p.status = 'failed'
  )
  select e.id, (e.at at time zone p_zone)::date, e.currency, e.plan, p.payment_provider, sum(e.payments)::bigint,
    sum(e.gross)::bigint, sum(e.tax)::bigint, sum(e.refunds)::bigint, sum(e.refunded)::bigint, sum(e.disputes)::bigint,
    sum(e.disputed)::bigint, sum(e.failed_payments)::bigint, sum(e.failed)::bigint, sum(e.fees)::bigint,
    sum(e.payments_with_fee)::bigint
  from entry as e join payment as p on p.id = e.id group by 1, 2, 3, 4, 5
$$;
revoke execute on function oneai.revenue_of_payments from public;
grant execute on function oneai.revenue_of_payments to oneai_service;

-- Adds rows to daily_revenue, or subtracts them (p_sign: 1 or -1).
create function oneai.add_daily_revenue(p_rows oneai.payment_revenue[], p_sign integer) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.daily_revenue as d
  select r.day, r.currency, r.plan_id, r.payment_provider, p_sign * sum(r.payments), p_sign * sum(r.gross),
    p_sign * sum(r.tax), p_sign * sum(r.refunds), p_sign * sum(r.refunded), p_sign * sum(r.disputes),
    p_sign * sum(r.disputed), p_sign * sum(r.failed_payments), p_sign * sum(r.failed), p_sign * sum(r.fees),
    p_sign * sum(r.payments_with_fee)
  from unnest(p_rows) as r group by 1, 2, 3, 4
  on conflict (day, currency, plan_id, payment_provider) do update set
    fees = d.fees + excluded.fees, payments_with_fee = d.payments_with_fee + excluded.payments_with_fee,
    payments = d.payments + excluded.payments, gross = d.gross + excluded.gross, tax = d.tax + excluded.tax,
    refunds = d.refunds + excluded.refunds, refunded = d.refunded + excluded.refunded,
    disputes = d.disputes + excluded.disputes, disputed = d.disputed + excluded.disputed,
    failed_payments = d.failed_payments + excluded.failed_payments, failed = d.failed + excluded.failed
$$;
revoke execute on function oneai.add_daily_revenue from public;

-- The monthly share of what one customer has paid for, from one day to another: each paid period until it ends, and the
-- newest one of a continuing subscription without an end. Reversed payments, and subscriptions that ended or were
-- replaced, end then. Sums that only authorize a mandate pay for nothing.
create function oneai.recurring_periods(
  p_workspace uuid, p_zone text, out currency text, out plan_id text, out mrr bigint, out since date, out until date
) returns setof record
language sql stable security definer set search_path = ''
as $$
  with paid as (
    select distinct on (p.subscription_id, p.currency, p.period_start) p.currency,
      coalesce(p.tier, s.plan_id) as plan_id, p.period_start,
      round(p.amount / greatest(1, round(extract(epoch from p.period_end - p.period_start) / 2629746)))::bigint as mrr,
      case when s.status in ('active', 'past_due') and s.cancel_requested_at is null
          and p.period_end = max(p.period_end) over (partition by p.subscription_id)
        then 'infinity' else p.period_end end as ends,
      least(s.superseded_at, s.access_ends_at, case when s.status = 'cancelled' then s.cancelled_at end) as ended_at,
      case when p.amount_refunded >= p.amount then coalesce((
        select max(r.refunded_at) from oneai.refunds as r where r.payment_id = p.id and r.status = 'processed'),
        p.captured_at) end as refunded_at,
      (select min(d.at) from oneai.disputes as d where d.payment_id = p.id and d.status = 'lost') as lost_at
    from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
    where p.workspace_id = p_workspace and p.captured_at is not null and p.status <> 'failed' and p.amount > 0
      and (p.quarantined_at is null or p.released_at is not null) and p.period_end > p.period_start
      and not (p.invoice_ref is null and p.released_at is null and coalesce(p.captured_at < s.start_at, false)
        and coalesce(p.amount < s.amount, false))
    order by p.subscription_id, p.currency, p.period_start, p.amount desc, p.id
  )
  select b.currency, b.plan_id, b.mrr, b.since, b.until
  from (
    select p.currency, p.plan_id, p.mrr, (p.period_start at time zone p_zone)::date as since,
      nullif((least(p.ends, p.ended_at, p.refunded_at, p.lost_at) at time zone p_zone)::date, 'infinity') as until
    from paid as p
  ) as b
  where b.until is null or b.until > b.since
$$;
revoke execute on function oneai.recurring_periods from public;

-- How one customer changed recurring revenue and the number of customers, by day and plan. The kind of movement depends
-- on all plans of a currency together: a change of the plan is an expansion or a contraction.
create function oneai.mrr_of_customer(p_workspace uuid, p_zone text) returns setof oneai.customer_mrr
language sql stable security definer set search_path = ''
as $$
  with change as (
    select c.day, c.currency, c.plan_id, sum(c.mrr) as mrr
    from (
      select r.since as day, r.currency, r.plan_id, r.mrr from oneai.recurring_periods(p_workspace, p_zone) as r
      union all
      select r.until, r.currency, r.plan_id, -r.mrr from oneai.recurring_periods(p_workspace, p_zone) as r
      where r.until is not null
    ) as c
    group by 1, 2, 3
  ), by_plan as (
    select c.*, sum(c.mrr) over (partition by c.currency, c.plan_id order by c.day) as after from change as c
  ), by_currency as (
    select t.*, sum(t.mrr) over (partition by t.currency order by t.day) as after
    from (select c.day, c.currency, sum(c.mrr) as mrr from change as c group by 1, 2) as t
  ), movement as (
    select b.day, b.currency, case
      when b.after - b.mrr > 0 and b.after > 0 then case when b.mrr >= 0 then 'expansion' else 'contraction' end
      when b.after > 0 then case
        when max(b.after) over (partition by b.currency order by b.day rows unbounded preceding exclude current row) > 0
        then 'reactivation' else 'new' end
      else 'churn' end as movement
    from by_currency as b
  )
  select p_workspace, p.day, p.currency, p.plan_id, m.movement, p.mrr::bigint,
    (p.after > 0)::integer::bigint - (p.after - p.mrr > 0)::integer
  from (select * from by_plan union all select c.day, c.currency, '', c.mrr, c.after from by_currency as c) as p
  join movement as m on m.day = p.day and m.currency = p.currency
  where p.mrr <> 0
$$;
revoke execute on function oneai.mrr_of_customer from public;
grant execute on function oneai.mrr_of_customer to oneai_service;

-- Adds rows to daily_mrr, or subtracts them (p_sign: 1 or -1).
create function oneai.add_daily_mrr(p_rows oneai.customer_mrr[], p_sign integer) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.daily_mrr as d
  select r.day, r.currency, r.plan_id, r.movement, p_sign * sum(r.mrr), p_sign * sum(r.customers)
  from unnest(p_rows) as r group by 1, 2, 3, 4
  on conflict (day, currency, plan_id, movement) do update set
    mrr = d.mrr + excluded.mrr, customers = d.customers + excluded.customers
$$;
revoke execute on function oneai.add_daily_mrr from public;

-- Updates the totals for these payments and customers, within a transaction that has locked the totals.
create function oneai.replace_revenue(p_payments uuid[], p_workspaces uuid[], p_zone text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  payment_rows oneai.payment_revenue[];
  customer_rows oneai.customer_mrr[];
begin
  with deleted as (
    delete from oneai.payment_revenue as r where r.payment_id = any (p_payments) returning r as one
  )
  select array_agg(d.one) into payment_rows from deleted as d;
  perform oneai.add_daily_revenue(payment_rows, -1);
  payment_rows := array(select r from oneai.revenue_of_payments(p_payments, p_zone) as r);
  insert into oneai.payment_revenue select * from unnest(payment_rows);
  perform oneai.add_daily_revenue(payment_rows, 1);
  with deleted as (
    delete from oneai.customer_mrr as r where r.workspace_id = any (p_workspaces) returning r as one
  )
  select array_agg(d.one) into customer_rows from deleted as d;
  perform oneai.add_daily_mrr(customer_rows, -1);
  customer_rows := array(
    select r from unnest(p_workspaces) as w (id) cross join lateral oneai.mrr_of_customer(w.id, p_zone) as r);
  insert into oneai.customer_mrr select * from unnest(customer_rows);
  perform oneai.add_daily_mrr(customer_rows, 1);
end
$$;
revoke execute on function oneai.replace_revenue from public;

-- Adds up at most `p_limit` queued changes; returns their number. Changes that a transaction queued are seen with what
-- it wrote. Erased customers remain counted.
create function oneai.roll_up_revenue(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  zone text;
  ids bigint[];
begin
  perform 1 from oneai.usage_retention for share;  -- excludes an erasure
  zone := oneai.lock_daily_sums();
  ids := array(select p.id from oneai.pending_revenue as p order by p.id limit p_limit);
  perform oneai.replace_revenue(
    array(select distinct p.payment_id from oneai.pending_revenue as p
      where p.id = any (ids) and p.payment_id is not null),
    array(select distinct p.workspace_id from oneai.pending_revenue as p
      join oneai.workspaces as w on w.id = p.workspace_id
      where p.id = any (ids)),
    zone);
  delete from oneai.pending_revenue where id = any (ids);
  return cardinality(ids);
end
$$;
revoke execute on function oneai.roll_up_revenue from public;
grant execute on function oneai.roll_up_revenue to oneai_app;

-- Counts a customer who is erased a last time, and deletes the customer's part of the totals. Idempotent.
create function oneai.forget_customer(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if not exists (select from oneai.pending_revenue where workspace_id = p_workspace) and not exists (
    select from oneai.customer_mrr where workspace_id = p_workspace)
  then
    return;
  end if;
  perform oneai.replace_revenue('{}', array[p_workspace], oneai.lock_daily_sums());
  delete from oneai.customer_mrr where workspace_id = p_workspace;
  update oneai.pending_revenue set workspace_id = null where workspace_id = p_workspace;
end
$$;
revoke execute on function oneai.forget_customer from public;
