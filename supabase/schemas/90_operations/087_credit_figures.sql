-- Prepaid credits for operators: figures by day and currency, one workspace, and what payments do not explain.

-- Finds the entries of a time span: they are stored nearly in the order of their times.
create index ledger_entries_by_time on oneai.ledger_entries using brin (at);

-- The rests of grants whose end has come, and is not booked yet because nothing has read or used the credits since.
create function oneai.ended_credits() returns table (at timestamptz, rest bigint)
language sql stable security definer set search_path = ''
as $$
  select g.expires_at, g.remaining_micro_usd from oneai.credit_grants as g
  where g.remaining_micro_usd > 0 and g.expires_at <= oneai.now() and g.frozen_at is null and g.voided_at is null
$$;
revoke execute on function oneai.ended_credits from public;

-- What was booked since then, by account, with the ends that are not booked yet.
create function oneai.credit_amounts_since(p_since timestamptz) returns table (at timestamptz, account text, amount bigint)
language sql stable security definer set search_path = ''
as $$
  select e.at, e.account, e.amount_micro_usd from oneai.ledger_entries as e where e.at >= p_since
  union all
  select n.at, a.account, a.sign * n.rest
  from oneai.ended_credits() as n cross join (values ('expired', 1), ('paid', -1)) as a (account, sign)
  where n.at >= p_since
$$;
revoke execute on function oneai.credit_amounts_since from public;

-- Figures of UTC days: {days, sales, liability, owed_micro_usd}. `days` have what was sold, granted, used and so on by the ledger's accounts, what the
-- answers that credits paid cost, and what workspaces had at the end of the day. An end that has come and is not booked yet counts. `sales` are by day and currency, in its smallest unit.
-- `liability` is what is left now of bought credits, at their price, by currency.
create function oneai.credit_figures(p_since date, p_until date) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with booked as (
    select (m.at at time zone 'UTC')::date as day,
      -sum(m.amount) filter (where m.account = 'sold') as sold,
      -sum(m.amount) filter (where m.account = 'granted') as granted,
      sum(m.amount) filter (where m.account = 'used') as used,
      sum(m.amount) filter (where m.account = 'expired') as expired,
      sum(m.amount) filter (where m.account = 'refunded') as refunded,
      sum(m.amount) filter (where m.account = 'voided') as voided,
      sum(m.amount) filter (where m.account in ('paid', 'promotional')) as more
    from oneai.credit_amounts_since(p_since::timestamp at time zone 'UTC') as m group by 1
  ), now_held as (
    select coalesce(sum(b.paid_micro_usd + b.promotional_micro_usd), 0) - (select coalesce(sum(n.rest), 0) from oneai.ended_credits() as n) as held,
      coalesce(-sum(b.owed_micro_usd), 0) as owed
    from oneai.credit_balances as b
  ), sales as (
    select (o.paid_at at time zone 'UTC')::date as day, o.currency, count(*) as purchases, sum(o.amount) as amount,
      sum(o.tax) as tax, sum(o.credit_micro_usd) as bought, 0::numeric as refunded
    from oneai.credit_orders as o
    where o.paid_at >= p_since::timestamp at time zone 'UTC' and o.paid_at < (p_until + 1)::timestamp at time zone 'UTC'
    group by 1, 2
    union all
    select (r.refunded_at at time zone 'UTC')::date, p.currency, 0, 0, 0, 0, sum(r.amount)
    from oneai.credit_payments as d join oneai.payments as p on p.id = d.payment_id
    join oneai.refunds as r on r.payment_id = p.id and r.status = 'processed'
    where d.rejection is null
      and r.refunded_at >= p_since::timestamp at time zone 'UTC' and r.refunded_at < (p_until + 1)::timestamp at time zone 'UTC'
    group by 1, 2
  )
  select jsonb_build_object(
    'days', (
      select jsonb_agg(jsonb_build_object('day', d.day, 'sold_micro_usd', coalesce(b.sold, 0),
        'granted_micro_usd', coalesce(b.granted, 0), 'used_micro_usd', coalesce(b.used, 0),
        'expired_micro_usd', coalesce(b.expired, 0), 'refunded_micro_usd', coalesce(b.refunded, 0),
        'voided_micro_usd', coalesce(b.voided, 0),
        'cost_micro_usd', coalesce((select sum(s.settled_micro_usd) from oneai.credit_daily_spend as s where s.day = d.day), 0),
        'liability_micro_usd', n.held - coalesce((select sum(l.more) from booked as l where l.day > d.day), 0)) order by d.day)
      from (select g::date as day from generate_series(p_since::timestamp, p_until::timestamp, interval '1 day') as g) as d
      cross join now_held as n left join booked as b on b.day = d.day),
    'sales', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.day, x.currency), '[]') from (
        select s.day, s.currency, sum(s.purchases) as purchases, sum(s.amount) as amount, sum(s.tax) as tax,
          sum(s.bought) as credit_micro_usd, sum(s.refunded) as refunded
        from sales as s group by 1, 2) as x),
    'liability', (
      select coalesce(jsonb_agg(to_jsonb(x) order by x.currency), '[]') from (
        select o.currency, sum(g.remaining_micro_usd + g.held_micro_usd) as credit_micro_usd,
          floor(sum(o.amount::numeric * (g.remaining_micro_usd + g.held_micro_usd) / o.credit_micro_usd)) as amount
        from oneai.credit_grants as g join oneai.credit_orders as o on o.payment_id = g.id
        where g.kind = 'paid' and g.voided_at is null and (g.expires_at > oneai.now() or g.frozen_at is not null)
        group by 1) as x),
    'owed_micro_usd', (select n.owed from now_held as n))
$$;
revoke execute on function oneai.credit_figures from public;
grant execute on function oneai.credit_figures to oneai_app;

-- The credits of one workspace as support sees them, ended grants too. Null for an unknown workspace.
create function oneai.credits_of_workspace(p_workspace uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('workspace_id', w.id, 'available_micro_usd', oneai.available_credits(w.id),
    'held_micro_usd', coalesce(b.held_micro_usd, 0), 'owed_micro_usd', coalesce(-b.owed_micro_usd, 0),
    'buying_limit_micro_usd', (
      select l.max_micro_usd from oneai.credit_buying_limits as l where l.workspace_id = w.id),
    'grants', (
      select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'kind', g.kind, 'granted_micro_usd', g.granted_micro_usd,
        'remaining_micro_usd', g.remaining_micro_usd, 'held_micro_usd', g.held_micro_usd, 'used_micro_usd', g.used_micro_usd,
        'granted_at', g.granted_at, 'expires_at', g.expires_at, 'ended_at', g.voided_at, 'frozen_at', g.frozen_at)
        order by g.granted_at desc, g.id), '[]')
      from oneai.credit_grants as g where g.workspace_id = w.id),
    'blocks', (
      select coalesce(jsonb_agg(jsonb_build_object('payment_id', k.payment_id, 'blocked_at', k.blocked_at)
        order by k.blocked_at), '[]')
      from oneai.credit_blocks as k where k.workspace_id = w.id and k.released_at is null))
  from oneai.workspaces as w left join oneai.credit_balances as b on b.workspace_id = w.id where w.id = p_workspace
$$;
revoke execute on function oneai.credits_of_workspace from public;
grant execute on function oneai.credits_of_workspace to oneai_app;

-- Gives promotional credits; their grant, or null for an unknown workspace.
create function oneai.give_credits(p_workspace uuid, p_micro_usd bigint, p_days integer) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  made constant uuid := gen_random_uuid();
begin
  perform 1 from oneai.workspaces as w where w.id = p_workspace for no key update;
  if not found then
    return null;
  end if;
  perform oneai.grant_credits(p_workspace, made, 'promotional', p_micro_usd, oneai.now() + make_interval(days => p_days));
  return made;
end
$$;
revoke execute on function oneai.give_credits from public;
grant execute on function oneai.give_credits to oneai_admin;

-- Ends a grant and its bonus; its workspace, or null if it is unknown. Nothing, if it has ended.
create function oneai.revoke_credits(p_grant uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  workspace constant uuid := (select g.workspace_id from oneai.credit_grants as g where g.id = p_grant);
begin
  if workspace is not null then
    perform 1 from oneai.workspaces as w where w.id = workspace for no key update;
    perform oneai.void_credit_grant(p_grant);
  end if;
  return workspace;
end
$$;
revoke execute on function oneai.revoke_credits from public;
grant execute on function oneai.revoke_credits to oneai_admin;

-- Ends the blocks of a workspace after lost disputes; their number.
create function oneai.release_credits(p_workspace uuid) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  released integer;
begin
  update oneai.credit_blocks set released_at = oneai.now() where workspace_id = p_workspace and released_at is null;
  get diagnostics released = row_count;
  return released;
end
$$;
revoke execute on function oneai.release_credits from public;
grant execute on function oneai.release_credits to oneai_admin;

-- What payments and grants of credits do not explain: [{kind, id, since}], the oldest first, at most p_limit. A payment that buys needs
-- its grant of the amount that was ordered, one that buys nothing needs its refund within a day, a bought grant needs its payment, and
-- the ledger's sold credits are those of the bought grants. A payment in a provider's list that is not known here (`unknown_payment`, by the
-- provider's id) stays until an operator acknowledges its alert.
create function oneai.unexplained_credits(p_limit integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with paid as (
    select p.id, p.created_at, p.amount, p.amount_refunded, p.status, p.quarantined_at is not null and p.released_at is null as waits,
      o.credit_micro_usd, o.payment_id, o.workspace_id, d.payment_id is not null and d.rejection is null as buys
    from oneai.payments as p join oneai.credit_orders as o on o.order_id = p.order_id
    left join oneai.credit_payments as d on d.payment_id = p.id
    where p.captured_at is not null
  ), found as (
    select 'payment_without_credits' as kind, p.id, p.created_at as since from paid as p
    where p.buys and p.payment_id = p.id and p.workspace_id is not null and not exists (
      select from oneai.credit_grants as g where g.id = p.id and g.kind = 'paid' and g.granted_micro_usd = p.credit_micro_usd)
    union all
    select 'payment_without_refund', p.id, p.created_at from paid as p
    where p.payment_id is distinct from p.id and not p.waits and p.status <> 'disputed' and p.amount_refunded < p.amount
      and p.created_at < oneai.now() - interval '1 day' and not exists (
        select from oneai.disputes as s where s.payment_id = p.id and s.status not in ('won', 'closed'))
    union all
    select 'credits_without_payment', g.id, g.granted_at from oneai.credit_grants as g
    where g.kind = 'paid' and not exists (select from oneai.payments as p where p.id = g.id and p.captured_at is not null)
    union all
    select 'refund_not_sent', g.id, g.voided_at from oneai.credit_grants as g
    where g.refunded_micro_usd > 0 and g.voided_at < oneai.now() - interval '1 day' and not oneai.credit_refund_was_sent(g.id)
      and not exists (
        select from oneai.disputes as s where s.payment_id = g.id and s.status not in ('won', 'closed'))
    union all
    select 'ledger_of_another_amount', g.id, g.granted_at from oneai.credit_grants as g
    where g.kind = 'paid' and not exists (
      select from oneai.ledger_movements as m
      where m.id = oneai.movement_id('purchase:' || g.id) and m.amount_micro_usd = g.granted_micro_usd)
  ), named as (
    select f.kind, f.id::text, f.since from found as f
    union all
    select a.detail ->> 'problem', a.subject, (a.detail ->> 'since')::timestamptz from oneai.operator_alerts as a
    where a.kind = 'credits_unexplained' and a.acknowledged_at is null and a.detail ->> 'problem' = 'unknown_payment'
      and oneai.payments_not_known(a.detail ->> 'payment_provider', array[a.subject]) <> '{}'
  )
  select coalesce(jsonb_agg(to_jsonb(n) order by n.since, n.id), '[]')
  from (select f.kind, f.id, f.since from named as f order by f.since, f.id limit p_limit) as n
$$;
revoke execute on function oneai.unexplained_credits from public;
grant execute on function oneai.unexplained_credits to oneai_app;

-- Once a day: makes the sync due of unpaid orders for credits of the last eight days, as a webhook may have been lost, and returns
-- what is unexplained; null if this ran today.
create function oneai.check_credit_payments() returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  perform pg_advisory_xact_lock(hashtextextended('check credit payments', 0));
  if exists (
    select from oneai.job_cursors as j where j.job = 'credit_payments' and j.done_until > oneai.now() - interval '1 day')
  then
    return null;
  end if;
  perform oneai.mark_job('credit_payments', oneai.now());
  update oneai.orders as o set next_sync_at = oneai.now()
  from oneai.credit_orders as c
  where c.order_id = o.id and c.payment_id is null and c.opened_at > oneai.now() - interval '8 days'
    and o.workspace_id is not null;
  return oneai.unexplained_credits(20);
end
$$;
revoke execute on function oneai.check_credit_payments from public;
grant execute on function oneai.check_credit_payments to oneai_app;
