-- Mail about credits that are low, end or are in dispute. Receipts and refunds follow from payments.

-- The lowest level that was reported since the newest purchase or gift.
create table oneai.credit_warnings (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  -- The movement of that purchase or gift.
  refill_id uuid not null,
  left_percent integer not null
);

alter table oneai.credit_warnings enable row level security;
create policy "service" on oneai.credit_warnings to oneai_service using (true) with check (true);
revoke all on oneai.credit_warnings from anon, authenticated, service_role;
grant select on oneai.credit_warnings to oneai_service;

-- Stores an event for each workspace with usage since p_since whose credits fell to a half, a fifth or less than a hundredth (0) of what
-- they were after the newest purchase or gift, once for each of these; what answers hold counts as left. Returns their number. Credits in
-- a dispute are not low.
create function oneai.note_low_credits(p_since timestamptz) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  low record;
  noted integer := 0;
begin
  for low in
    select b.workspace_id, refill.id as refill, l.left_micro_usd,
      case when l.left_micro_usd * 100 < refill.base then 0 when l.left_micro_usd * 5 <= refill.base then 20 else 50 end as step
    from (select distinct e.workspace_id from oneai.usage_events as e where e.created_at >= p_since) as active
    join oneai.credit_balances as b on b.workspace_id = active.workspace_id
    join oneai.workspaces as w on w.id = b.workspace_id and w.deletes_at is null
    cross join lateral (
      select m.id, m.balance_micro_usd as base
      from oneai.credit_grants as g join oneai.ledger_movements as m
        on m.id = oneai.movement_id(case g.kind when 'paid' then 'purchase:' else 'grant:' end || g.id)
      where g.workspace_id = b.workspace_id order by m.number desc limit 1) as refill
    cross join lateral (select oneai.credits_left(b.workspace_id) as left_micro_usd) as l
    where l.left_micro_usd * 2 <= refill.base and not exists (
      select from oneai.credit_grants as g where g.workspace_id = b.workspace_id and g.frozen_at is not null)
    order by b.workspace_id
  loop
    insert into oneai.credit_warnings as c (workspace_id, refill_id, left_percent)
    values (low.workspace_id, low.refill, low.step)
    on conflict (workspace_id) do update set refill_id = excluded.refill_id, left_percent = excluded.left_percent
    where c.refill_id <> excluded.refill_id or c.left_percent > excluded.left_percent;
    if found then
      perform oneai.add_event(low.workspace_id, 'credits.low', low.workspace_id,
        jsonb_build_object('left_percent', low.step, 'left_micro_usd', low.left_micro_usd), concat_ws('/', low.refill, low.step));
      noted := noted + 1;
    end if;
  end loop;
  return noted;
end
$$;
revoke execute on function oneai.note_low_credits from public;
grant execute on function oneai.note_low_credits to oneai_app;

-- The name of a team; null for a personal workspace.
create function oneai.team_name(p_workspace uuid) returns text
language sql stable security definer set search_path = ''
as $$ select w.name from oneai.workspaces as w where w.id = p_workspace and w.kind = 'team' $$;
revoke execute on function oneai.team_name from public;

-- Mails the owner that credits are low.
create function oneai.mail_about_low_credits(event oneai.workspace_events) returns void
language sql security definer set search_path = ''
as $$
  select oneai.enqueue_mail(oneai.owner_of(event.workspace_id), 'credits_low', concat_ws('/', event.workspace_id, event.once_key),
    event.payload || jsonb_build_object('team', oneai.team_name(event.workspace_id)), p_workspace => event.workspace_id)
$$;
revoke execute on function oneai.mail_about_low_credits from public;

-- Mails owners about bought credits that end within thirty days, and again within seven; once for each end. Returns the number.
create function oneai.enqueue_ending_credits() returns integer
language sql security definer set search_path = ''
as $$
  select count(*) filter (where oneai.enqueue_mail(oneai.owner_of(g.workspace_id), 'credits_ending',
    concat_ws('/', g.id, n.days, extract(epoch from g.expires_at)), jsonb_build_object('days', n.days,
      'left_micro_usd', g.remaining_micro_usd, 'ends_at', g.expires_at, 'team', oneai.team_name(g.workspace_id)),
    p_workspace => g.workspace_id))::integer
  from oneai.credit_grants as g join oneai.workspaces as w on w.id = g.workspace_id and w.deletes_at is null
  cross join lateral (select case when g.expires_at <= oneai.now() + interval '7 days' then 7 else 30 end as days) as n
  where g.kind = 'paid' and g.expires_at > oneai.now() and g.expires_at <= oneai.now() + interval '30 days'
    -- Less than a cent is not worth a mail.
    and g.remaining_micro_usd >= 10000 and g.voided_at is null and g.frozen_at is null
$$;
revoke execute on function oneai.enqueue_ending_credits from public;
grant execute on function oneai.enqueue_ending_credits to oneai_app;

-- Mails the owner that a payment of credits is in dispute (`opened`), was kept (`won`), or was taken back (`lost`). A payment
-- may be disputed several times, so the mail's cause counts them: when an event arrives does not decide.
create function oneai.mail_about_credit_dispute(bought oneai.credit_orders, p_payment uuid, p_event text) returns void
language sql security definer set search_path = ''
as $$
  select oneai.enqueue_billing_mail(bought.workspace_id, 'credit_dispute',
    concat_ws('/', p_payment, p_event, (
      select count(distinct split_part(o.cause_key, ':', 1)) from oneai.outbox as o
      where o.kind = 'credit_dispute' and starts_with(o.cause_key, concat_ws('/', p_payment, p_event, '')))),
    jsonb_build_object('event', p_event,
      'amount', bought.amount, 'currency', bought.currency, 'owed_micro_usd', coalesce((
        select g.owed_micro_usd from oneai.credit_grants as g where g.id = p_payment), 0),
      -- The payment itself is stored after this, if it is new.
      'payment_id', coalesce((select p.provider_payment_id from oneai.payments as p where p.id = p_payment), '')))
  where exists (select from oneai.workspaces as w where w.id = bought.workspace_id)
$$;
revoke execute on function oneai.mail_about_credit_dispute from public;
