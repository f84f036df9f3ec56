-- Mail about a plan: a cancellation, its end, a pause, a change, a refund, a trial before it charges, and seats that end.

-- Teams whose next period, within a week, has fewer seats than are taken, because the larger subscription that was to
-- follow added seats is not authorized, and those that have fewer already: their mail names who has no seat then, 20 at
-- most. Each turn of a period has one mail.
create function oneai.seats_ending_mail()
returns table (workspace_id uuid, kind text, cause text, data jsonb, named uuid[])
language sql stable security definer set search_path = ''
as $$
  select t.id, 'seats_ending', concat_ws(':', t.subscription, extract(epoch from t.since)), jsonb_build_object(
    'team', t.name, 'seats', t.seats, 'taken', oneai.seats_of_members(t.id), 'ends_at', t.since, 'members', (
      select jsonb_agg(n.name order by n.joined_at, n.name) from (
        select coalesce(u.name, u.email, '') as name, m.joined_at
        from oneai.members_without_seat(t.id, t.seats) as m join oneai.users as u on u.id = m.user_id limit 20) as n)),
    array(select m.user_id from oneai.members_without_seat(t.id, t.seats) as m)
  from (
    select w.id, w.name, s.id as subscription, f.seats, f.since
    from oneai.subscriptions as s join oneai.workspaces as w on w.id = s.workspace_id
    cross join lateral (
      select s.quantity as seats, s.current_period_end as since
      where s.current_period_end between oneai.now() and oneai.now() + interval '7 days'
        and s.cancel_requested_at is null and w.seats > s.quantity
      union all
      select w.seats, s.current_period_start where w.plan_limits is not null) as f
    where s.status = 'active' and w.kind = 'team' and w.subscription_id = s.id and s.plan_id = 'team') as t
  where oneai.seats_of_members(t.id) > t.seats
$$;
revoke execute on function oneai.seats_ending_mail from public;

-- Queues mail about changes of plans within the last p_days days that are older than p_settles, so that a late fact can
-- still correct them; returns the number. Each cause has one mail, however often it runs: the history's cause, the
-- request to cancel, the credit note's number, the trial.
create function oneai.enqueue_subscription_mail(p_days integer, p_settles interval, p_trial_notice interval)
returns integer
language sql security definer set search_path = ''
as $$
  with changes as (
    select h.workspace_id, 'subscription_update' as kind, h.cause as cause_key, jsonb_build_object(
      'event', case h.change_reason when 'pause' then 'paused' when 'resume' then 'resumed'
        when 'upgrade' then 'changed' when 'downgrade' then 'changed' else 'ended' end,
      'plan', case when h.change_reason in ('resume') then h.new_tier else h.old_tier end,
      'new_plan', h.new_tier, 'at', h.changed_at) as data
    from oneai.subscription_history as h
    where h.changed_at between oneai.now() - make_interval(days => p_days) and oneai.now() - p_settles
      and h.workspace_id is not null and h.cause is not null and (
        h.change_reason in ('pause', 'resume')
        or h.change_reason in ('upgrade', 'downgrade') and h.old_tier <> h.new_tier
        or h.change_reason = 'cancellation' and h.cause like 'ended:%' and h.old_tier <> h.new_tier
        or h.change_reason = 'payment_failure' and h.old_tier <> h.new_tier
          -- The last reminder already announces the end of the plan.
          and not exists (select from oneai.outbox as o where o.kind = 'payment_reminder'
            and o.cause_key = concat_ws(':', h.subscription_id, h.metadata ->> 'period_end', 4)))
  ), cancellations as (
    select s.workspace_id, 'subscription_update',
      concat_ws(':', 'cancel', s.id, extract(epoch from s.cancel_requested_at)),
      jsonb_build_object('event', case
        -- The trial has not started, so it cannot end.
        when s.status = 'trial' and s.trial_end is not null and s.trial_start is null then 'cancelled_before_start'
        else 'cancellation_scheduled' end, 'plan', s.plan_id, 'at', coalesce(
        case when s.status = 'trial' then s.trial_end end, s.current_period_end))
    from oneai.subscriptions as s
    where s.cancel_requested_at > oneai.now() - make_interval(days => p_days) and s.workspace_id is not null
      and s.status in ('trial', 'active', 'past_due', 'paused') and s.access_ends_at is null
      -- What its payer agreed to for the time after it is charged then: another plan, period or number of seats.
      and not exists (select from oneai.subscriptions as n
        where n.replaces = s.id and n.status = 'trial' and n.access_ends_at is null)
      -- The mail about the deletion of an account or of a team already contains this.
      and not exists (select from oneai.workspaces as w where w.id = s.workspace_id and w.deletes_at is not null)
      and not exists (select from oneai.users as u where u.id = oneai.owner_of(s.workspace_id)
        and u.deletes_at is not null)
      and coalesce(case when s.status = 'trial' then s.trial_end end, s.current_period_end) > oneai.now()
      -- The trial may still start.
      and not (s.status = 'trial' and s.trial_end is not null and s.mandate_instrument_hash is null
        and s.mandate_noted_at > oneai.now() - interval '1 hour')
  ), refunds as (
    select i.workspace_id, 'payment_refund', i.number, jsonb_build_object(
      'amount', r.amount, 'currency', p.currency, 'payment_id', p.provider_payment_id, 'credit_note', i.number,
      'refunded_at', r.refunded_at, 'refused', (select 'other_country' from oneai.provider_operations as o
        where o.id = r.operation_id and o.rejection = 'other_country'))
    from oneai.invoices as i join oneai.refunds as r on r.id = i.refund_id join oneai.payments as p on p.id = r.payment_id
    where i.kind = 'credit_note' and i.issued_at > oneai.now() - make_interval(days => p_days)
      and i.workspace_id is not null
  ), trials as (
    select s.workspace_id, 'trial_ending', concat_ws(':', s.id, extract(epoch from s.trial_end)), jsonb_build_object(
      'plan', s.plan_id, 'amount', s.amount * s.quantity, 'currency', s.currency, 'charged_at', s.trial_end)
    from oneai.subscriptions as s
    where s.status = 'trial' and s.trial_start is not null and s.cancel_requested_at is null
      and s.workspace_id is not null
      and s.trial_end > oneai.now() and s.trial_end <= oneai.now() + p_trial_notice
  )
  select count(*) filter (where oneai.enqueue_mail(oneai.owner_of(m.workspace_id), m.kind, m.cause_key, m.data, m.named,
    m.workspace_id))::integer
  from (
    select c.*, null::uuid[] as named from (
      select * from changes union all select * from cancellations union all select * from refunds
      union all select * from trials) as c
    union all select * from oneai.seats_ending_mail()
  ) as m
  where exists (select from oneai.workspaces as w where w.id = m.workspace_id)
    and not exists (select from oneai.outbox as o where (o.kind, o.cause_key) = (m.kind, m.cause_key))
$$;
revoke execute on function oneai.enqueue_subscription_mail from public;
grant execute on function oneai.enqueue_subscription_mail to oneai_app;
