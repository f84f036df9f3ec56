-- The daily sums as they are now: what the job has added up, and what waits for it, computed when it is read. Each view has
-- the columns of its table, and several rows of one key, so that only sums of it mean something. A statement sees what
-- waits and what is added up in one snapshot: a run of the job changes no sum.
--
-- What waits is found by the partial index of events, by the queues of users and revenue, and by keys.

-- The id before which waiting events are read. It bounds the time of a report after the job has not run for long.
create function oneai.events_read_until() returns bigint
language sql stable
as $$ select min(e.id) + 100000 from oneai.usage_events as e where not e.rolled_up $$;
revoke execute on function oneai.events_read_until from public;
grant execute on function oneai.events_read_until to oneai_service;

-- Up to when the sums have everything: now, or the time of the first event that is not read.
create function oneai.sums_as_of() returns timestamptz
language sql stable
as $$
  select coalesce((
    select e.created_at from oneai.usage_events as e
    where not e.rolled_up and e.id >= (select oneai.events_read_until()) order by e.id limit 1), oneai.now())
$$;
revoke execute on function oneai.sums_as_of from public;
grant execute on function oneai.sums_as_of to oneai_service;

create view oneai.daily_usage_now with (security_invoker = true) as
  select * from oneai.daily_usage
  union all
  select u.*
  from oneai.operator_time_zone as z
  cross join oneai.usage_events as e
  cross join lateral oneai.usage_of_event(e, z.name) as u
  where not e.rolled_up and e.id < (select oneai.events_read_until());
revoke all on oneai.daily_usage_now from anon, authenticated, service_role;
grant select on oneai.daily_usage_now to oneai_service;

create view oneai.daily_latency_now with (security_invoker = true) as
  select * from oneai.daily_latency
  union all
  select l.*
  from oneai.operator_time_zone as z
  cross join oneai.usage_events as e
  cross join lateral oneai.latency_of_event(e, z.name) as l
  where not e.rolled_up and e.id < (select oneai.events_read_until());
revoke all on oneai.daily_latency_now from anon, authenticated, service_role;
grant select on oneai.daily_latency_now to oneai_service;

create view oneai.daily_errors_now with (security_invoker = true) as
  select * from oneai.daily_errors
  union all
  select r.*
  from oneai.operator_time_zone as z
  cross join oneai.usage_events as e
  cross join lateral oneai.error_of_event(e, z.name) as r
  where not e.rolled_up and e.id < (select oneai.events_read_until());
revoke all on oneai.daily_errors_now from anon, authenticated, service_role;
grant select on oneai.daily_errors_now to oneai_service;

-- As oneai.add_active_days would change them.
create view oneai.daily_active_users_now with (security_invoker = true) as
  with waiting as (
    select distinct e.user_id, (e.created_at at time zone z.name)::date as day
    from oneai.operator_time_zone as z cross join oneai.usage_events as e
    where not e.rolled_up and e.id < (select oneai.events_read_until()) and e.user_id is not null
      and e.purpose in ('answer', 'embedding')
  ), added as (
    select w.user_id, w.day, lag(w.day) over of_user as day_before, lead(w.day) over of_user as day_after
    from waiting as w
    where not exists (select from oneai.active_days as a where a.user_id = w.user_id and a.day = w.day)
    window of_user as (partition by w.user_id order by w.day)
  )
  select * from oneai.daily_active_users
  union all
  select n.day, greatest('-infinity', n.day_before, (
      select max(a.day) from oneai.active_days as a where a.user_id = n.user_id and a.day < n.day)), 1
  from added as n
  union all
  -- The next day that is already counted has another previous day.
  select next.day, changed.previous_day, changed.users
  from added as n
  cross join lateral (
    select a.day, a.previous_day from oneai.active_days as a where a.user_id = n.user_id and a.day > n.day
    order by a.day limit 1) as next
  cross join lateral (values (next.previous_day, -1), (n.day, 1)) as changed (previous_day, users)
  where n.day_after is null or n.day_after > next.day;
revoke all on oneai.daily_active_users_now from anon, authenticated, service_role;
grant select on oneai.daily_active_users_now to oneai_service;

create view oneai.daily_users_now with (security_invoker = true) as
  select * from oneai.daily_users
  union all
  select (p.at at time zone z.name)::date, (not p.deleted)::integer, p.deleted::integer
  from oneai.operator_time_zone as z cross join oneai.pending_user_changes as p;
revoke all on oneai.daily_users_now from anon, authenticated, service_role;
grant select on oneai.daily_users_now to oneai_service;

-- Of payments that changed, without their part in the totals and with what they are now.
create view oneai.daily_revenue_now with (security_invoker = true) as
  select * from oneai.daily_revenue
  union all
  select r.day, r.currency, r.plan_id, r.payment_provider, -r.payments, -r.gross, -r.tax, -r.refunds, -r.refunded,
    -r.disputes, -r.disputed, -r.failed_payments, -r.failed, -r.fees, -r.payments_with_fee
  from oneai.payment_revenue as r where r.payment_id in (select p.payment_id from oneai.pending_revenue as p)
  union all
  select r.day, r.currency, r.plan_id, r.payment_provider, r.payments, r.gross, r.tax, r.refunds, r.refunded, r.disputes,
    r.disputed, r.failed_payments, r.failed, r.fees, r.payments_with_fee
  from oneai.operator_time_zone as z
  cross join lateral oneai.revenue_of_payments(
    array(select distinct p.payment_id from oneai.pending_revenue as p where p.payment_id is not null), z.name) as r;
revoke all on oneai.daily_revenue_now from anon, authenticated, service_role;
grant select on oneai.daily_revenue_now to oneai_service;

-- The same of customers; erased ones remain counted.
create view oneai.daily_mrr_now with (security_invoker = true) as
  with changed as (
    select distinct p.workspace_id from oneai.pending_revenue as p join oneai.workspaces as w on w.id = p.workspace_id
  )
  select * from oneai.daily_mrr
  union all
  select m.day, m.currency, m.plan_id, m.movement, -m.mrr, -m.customers
  from oneai.customer_mrr as m where m.workspace_id in (select c.workspace_id from changed as c)
  union all
  select m.day, m.currency, m.plan_id, m.movement, m.mrr, m.customers
  from oneai.operator_time_zone as z
  cross join changed as c
  cross join lateral oneai.mrr_of_customer(c.workspace_id, z.name) as m;
revoke all on oneai.daily_mrr_now from anon, authenticated, service_role;
grant select on oneai.daily_mrr_now to oneai_service;

-- The days of an overview: the last `p_days` up to `p_until`, by default today in `p_zone`, and the `p_before` days before
-- them. Its figures are also by steps of `p_step_days`, counted back from the last day.
create function oneai.compared_days(
  p_days integer, p_before integer, p_until date, p_zone text, p_step_days integer,
  out previous_since date, out since date, out until date, out step_days integer
) returns record
language sql stable
as $$
  select d.until - p_days - p_before + 1, d.until - p_days + 1, d.until, p_step_days
  from (select coalesce(p_until, (oneai.now() at time zone p_zone)::date) as until) as d
$$;
revoke execute on function oneai.compared_days from public;
grant execute on function oneai.compared_days to oneai_service;
