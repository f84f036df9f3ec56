-- Automatic recharges: a package of credits is bought when the balance is low, with the instrument of the owner who turned that
-- on. A recharge is an order for credits like any other; its debit is an operation at the provider.

create table oneai.credit_recharges (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  -- The owner who turned it on, and whose instrument is debited.
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- Who debits. It remains until the recharge is turned on without a mandate there.
  payment_provider text not null,
  is_on boolean not null,
  turned_on_at timestamptz not null,
  below_micro_usd bigint not null check (below_micro_usd >= 0),
  package_id text not null,
  currency text not null check (currency in ('INR', 'USD', 'IDR')),
  -- The most that recharges of a month cost, with tax, in the currency's smallest unit.
  per_month bigint not null check (per_month > 0),
  -- Whether a debit needs a mandate: else its holder confirms each one by checkout.
  needs_mandate boolean not null,
  -- The order whose payment authorizes debits, and the provider's customer and token.
  mandate_order_id uuid references oneai.credit_orders (id),
  customer_ref text,
  token_ref text,
  -- Why no recharge starts until then, besides a refused debit.
  problem text check (problem in ('month_spent', 'not_allowed', 'not_sold', 'not_authorized', 'over_limit', 'day_spent')),
  paused_until timestamptz
);
create index credit_recharges_of_user on oneai.credit_recharges (user_id);
create index credit_recharges_on on oneai.credit_recharges (workspace_id) where is_on;

alter table oneai.credit_recharges enable row level security;
create policy "service" on oneai.credit_recharges to oneai_service using (true);
revoke all on oneai.credit_recharges from anon, authenticated, service_role;
grant select on oneai.credit_recharges to oneai_service;

-- What an owner's payment authorized and nothing debits any more, until it is ended at the provider. It survives the workspace.
create table oneai.ended_mandates (
  payment_provider text not null,
  token_ref text not null,
  customer_ref text not null,
  ended_at timestamptz not null default oneai.now(),
  primary key (payment_provider, token_ref)
);

alter table oneai.ended_mandates enable row level security;
revoke all on oneai.ended_mandates from anon, authenticated, service_role;

-- Keeps the token of a recharge that is gone or has another one.
create function oneai.keep_ended_mandate() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.ended_mandates (payment_provider, token_ref, customer_ref)
  values (old.payment_provider, old.token_ref, old.customer_ref) on conflict do nothing;
  return null;
end
$$;
revoke execute on function oneai.keep_ended_mandate from public;
create trigger keep_ended_mandate after delete on oneai.credit_recharges
  for each row when (old.token_ref is not null and old.customer_ref is not null)
  execute function oneai.keep_ended_mandate();
create trigger keep_replaced_mandate after update of token_ref on oneai.credit_recharges
  for each row when (old.token_ref is distinct from new.token_ref and old.customer_ref is not null and old.token_ref is not null)
  execute function oneai.keep_ended_mandate();

-- Up to p_limit of them that no recharge has again, the oldest first: [{payment_provider, token_ref, customer_ref}].
create function oneai.mandates_to_end(p_limit integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('payment_provider', m.payment_provider, 'token_ref', m.token_ref,
    'customer_ref', m.customer_ref) order by m.ended_at), '[]')
  from (
    select * from oneai.ended_mandates as e
    where not exists (
      select from oneai.credit_recharges as r where (r.payment_provider, r.token_ref) = (e.payment_provider, e.token_ref))
    order by e.ended_at, e.token_ref limit p_limit) as m
$$;
revoke execute on function oneai.mandates_to_end from public;
grant execute on function oneai.mandates_to_end to oneai_app;

-- Forgets one that the provider has ended.
create function oneai.forget_mandate(p_provider text, p_token text) returns void
language sql security definer set search_path = ''
as $$ delete from oneai.ended_mandates where payment_provider = p_provider and token_ref = p_token $$;
revoke execute on function oneai.forget_mandate from public;
grant execute on function oneai.forget_mandate to oneai_app;

-- Whether a user can spend for a workspace now.
create function oneai.may_spend(p_user uuid, p_workspace uuid) returns boolean
language plpgsql stable security definer set search_path = ''
as $$
begin
  return exists (
    select from oneai.workspace_members as m join oneai.workspaces as w on w.id = m.workspace_id
    join oneai.users as u on u.id = m.user_id
    where m.user_id = p_user and m.workspace_id = p_workspace and oneai.role_has_right(m.role, 'spend')
      and w.suspended_at is null and w.deletes_at is null and u.suspended_at is null and u.deletes_at is null);
end
$$;
revoke execute on function oneai.may_spend from public;

-- What is left of the workspace's credits: what answers hold counts, as they may give it back.
create function oneai.credits_left(p_workspace uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(g.remaining_micro_usd + g.held_micro_usd), 0)::bigint from oneai.credit_grants as g
  where g.workspace_id = p_workspace and (g.remaining_micro_usd > 0 or g.held_micro_usd > 0)
    and g.expires_at > oneai.now() and g.voided_at is null and g.frozen_at is null
$$;
revoke execute on function oneai.credits_left from public;

-- The refusals since it was turned on and since the last recharge that was paid: how many, and when the last one was.
create function oneai.refusals_of_recharge(r oneai.credit_recharges, out refusals integer, out last_at timestamptz)
language sql stable security definer set search_path = ''
as $$
  select count(*)::integer, max(o.refused_at) from oneai.credit_orders as o
  where o.workspace_id = r.workspace_id and o.kind = 'recharge' and o.refused_at >= r.turned_on_at
    and not exists (
      select from oneai.credit_orders as p
      where p.workspace_id = r.workspace_id and p.kind = 'recharge' and p.paid_at > o.refused_at)
$$;
revoke execute on function oneai.refusals_of_recharge from public;

-- Whether the next recharge is confirmed by its holder: the bank asked for that at the last debit.
create function oneai.recharge_asks_holder(r oneai.credit_recharges) returns boolean
language sql stable security definer set search_path = ''
as $$
  select coalesce((
    select o.refusal = 'confirmation_required' from oneai.credit_orders as o
    where o.workspace_id = r.workspace_id and o.kind = 'recharge' and o.order_id is not null
      and o.opened_at >= r.turned_on_at order by o.opened_at desc limit 1), false)
$$;
revoke execute on function oneai.recharge_asks_holder from public;

-- What recharges of the workspace's month cost: those that were paid, and the one that can still be.
create function oneai.recharged_this_month(p_workspace uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(o.amount), 0)::bigint from oneai.credit_orders as o
  where o.workspace_id = p_workspace and o.kind = 'recharge' and o.refused_at is null
    and o.opened_at >= oneai.credit_month(p_workspace, oneai.now())
    and (o.paid_at is not null or o.expires_at > oneai.now())
$$;
revoke execute on function oneai.recharged_this_month from public;

-- The automatic recharge as its page shows it: {on, below_micro_usd, package_id, per_month, currency, held_by, authorized, ...} with nulls
-- if it was never set. `currency` is then that of the billing details. `pending`: the order that can still be paid, as
-- oneai.credit_order_json, with the provider's customer.
create function oneai.read_credit_recharge(p_workspace uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  r oneai.credit_recharges;
  refused record;
begin
  select * into r from oneai.credit_recharges where workspace_id = p_workspace;
  refused := oneai.refusals_of_recharge(r);
  return jsonb_build_object(
    'on', coalesce(r.is_on, false), 'below_micro_usd', r.below_micro_usd, 'package_id', r.package_id,
    'per_month', r.per_month, 'held_by', r.user_id, 'authorized', r.token_ref is not null, 'customer_ref', r.customer_ref,
    'payment_provider', r.payment_provider,
    -- Its payment was made, and the mandate is not known yet.
    'unread', r.is_on and r.token_ref is null and exists (
      select from oneai.credit_orders as o where o.id = r.mandate_order_id and o.paid_at is not null),
    'currency', coalesce(
      case when r.is_on then r.currency end,
      (select case d.country when 'IN' then 'INR' else 'USD' end from oneai.billing_details as d
       where d.workspace_id = p_workspace), r.currency),
    'refusals', coalesce(refused.refusals, 0),
    'paused_until', nullif(greatest(
      case when r.paused_until > oneai.now() then r.paused_until end,
      case when refused.last_at + interval '1 hour' > oneai.now() and not oneai.recharge_asks_holder(r)
        then refused.last_at + interval '1 hour' end), '-infinity'),
    'problem', coalesce(case when r.paused_until > oneai.now() or not r.is_on then r.problem end,
      case when refused.refusals > 0 then 'refused' end),
    'spent_this_month', oneai.recharged_this_month(p_workspace),
    'pending', (
      select oneai.credit_order_json(o) from oneai.credit_orders as o
      where o.workspace_id = p_workspace and o.kind in ('mandate', 'recharge') and o.paid_at is null
        and o.expires_at > oneai.now() order by o.opened_at desc limit 1));
end
$$;
revoke execute on function oneai.read_credit_recharge from public;
grant execute on function oneai.read_credit_recharge to oneai_app;

-- The country of a workspace's billing details, and the address of a user.
create function oneai.billing_country(p_workspace uuid) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (select d.country from oneai.billing_details as d where d.workspace_id = p_workspace);
end
$$;
revoke execute on function oneai.billing_country from public;
grant execute on function oneai.billing_country to oneai_app;

create function oneai.email_of_user(p_user uuid) returns text
language sql stable security definer set search_path = ''
as $$ select (select u.email from oneai.users as u where u.id = p_user) $$;
revoke execute on function oneai.email_of_user from public;
grant execute on function oneai.email_of_user to oneai_app;

-- Ends the recharge that can still be paid, unless its debit was sent.
create function oneai.withdraw_recharge(p_workspace uuid) returns void
language sql security definer set search_path = ''
as $$
  update oneai.credit_orders set expires_at = oneai.now()
  where workspace_id = p_workspace and kind in ('mandate', 'recharge') and paid_at is null and charge_sent_at is null
    and expires_at > oneai.now()
$$;
revoke execute on function oneai.withdraw_recharge from public;

-- Turns the recharge on with these terms {below_micro_usd, package_id, per_month, currency, payment_providers, confirmed}, or off (null). Each owner
-- may turn it off, which ends its mandate; ON403 `not_the_holder` for turning on one that another owner holds. A new holder or another currency needs
-- another mandate. `payment_providers`: those that may debit it, by name, with the one to choose as `chosen` and, for each one that may remain,
-- whether it needs a mandate: {chosen, needs_mandate: {name: boolean}}. Returns whether it does not have the mandate that it needs.
create function oneai.set_credit_recharge(p_user uuid, p_workspace uuid, p_terms jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  r oneai.credit_recharges;
  kept boolean;
  provider text;
  needs boolean;
begin
  perform oneai.require_active_user(p_user, p_workspace, coalesce((p_terms ->> 'confirmed')::boolean, false), 'spend');
  select * into r from oneai.credit_recharges where workspace_id = p_workspace for no key update;
  if p_terms is null then
    update oneai.credit_recharges set is_on = false, token_ref = null, mandate_order_id = null
    where workspace_id = p_workspace and (is_on or token_ref is not null);
    if found then
      perform oneai.withdraw_recharge(p_workspace);
      perform oneai.record_audit('user', p_user::text, 'credits.recharge_off', p_user, 'workspace', p_workspace::text,
        p_workspace => p_workspace);
    end if;
    return false;
  end if;
  if r.is_on and r.user_id <> p_user and oneai.may_spend(r.user_id, p_workspace) then
    raise exception using errcode = 'ON403', message = 'not_the_holder';
  end if;
  -- A mandate remains where it is, though others would now be debited elsewhere.
  kept := coalesce(r.user_id = p_user and r.currency = p_terms ->> 'currency' and r.token_ref is not null
    and p_terms -> 'payment_providers' -> 'needs_mandate' ? r.payment_provider, false);
  provider := case when kept then r.payment_provider else p_terms -> 'payment_providers' ->> 'chosen' end;
  needs := (p_terms -> 'payment_providers' -> 'needs_mandate' ->> provider)::boolean;
  insert into oneai.credit_recharges (workspace_id, user_id, payment_provider, is_on, turned_on_at, below_micro_usd,
    package_id, currency, per_month, needs_mandate)
  values (p_workspace, p_user, provider, true, oneai.now(), (p_terms ->> 'below_micro_usd')::bigint,
    p_terms ->> 'package_id', p_terms ->> 'currency', (p_terms ->> 'per_month')::bigint, needs)
  on conflict (workspace_id) do update
  set user_id = excluded.user_id, payment_provider = excluded.payment_provider, is_on = true, turned_on_at = excluded.turned_on_at,
      below_micro_usd = excluded.below_micro_usd, package_id = excluded.package_id, currency = excluded.currency,
      per_month = excluded.per_month, needs_mandate = excluded.needs_mandate, problem = null, paused_until = null,
      mandate_order_id = case when kept then r.mandate_order_id end,
      customer_ref = case when r.user_id = p_user and r.payment_provider = provider then r.customer_ref end, token_ref = case when kept then r.token_ref end;
  -- What was opened with other terms is not debited.
  perform oneai.withdraw_recharge(p_workspace);
  perform oneai.record_audit('user', p_user::text, 'credits.recharge_on', p_user, 'workspace', p_workspace::text,
    p_workspace => p_workspace);
  return needs and not kept;
end
$$;
revoke execute on function oneai.set_credit_recharge from public;
grant execute on function oneai.set_credit_recharge to oneai_app;

-- Stores the provider's customer, and the order whose payment authorizes debits.
create function oneai.save_mandate_order(p_user uuid, p_workspace uuid, p_order uuid, p_customer text) returns void
language sql security definer set search_path = ''
as $$
  update oneai.credit_recharges as r set mandate_order_id = o.id, customer_ref = p_customer
  from oneai.credit_orders as o
  where r.workspace_id = p_workspace and r.user_id = p_user and o.id = p_order and o.workspace_id = p_workspace
    and o.kind = 'mandate' and o.payment_provider = r.payment_provider
$$;
revoke execute on function oneai.save_mandate_order from public;
grant execute on function oneai.save_mandate_order to oneai_app;

-- Recharges whose mandate was paid for and is not known yet: {workspace_id, order_id (ours), payment_provider, payment_ref}; of p_workspace, or of all.
create function oneai.mandates_to_read(p_limit integer, p_workspace uuid default null) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('workspace_id', n.workspace_id, 'order_id', n.id,
    'payment_provider', n.payment_provider, 'payment_ref', n.ref)), '[]')
  from (
    select r.workspace_id, o.id, p.payment_provider, p.provider_payment_id as ref
    from oneai.credit_recharges as r join oneai.credit_orders as o on o.id = r.mandate_order_id
    join oneai.payments as p on p.id = o.payment_id
    where r.is_on and r.token_ref is null and o.paid_at is not null and p.payment_provider = r.payment_provider
      and (p_workspace is null or r.workspace_id = p_workspace)
      and r.problem is distinct from 'not_authorized'
    limit p_limit) as n
$$;
revoke execute on function oneai.mandates_to_read from public;
grant execute on function oneai.mandates_to_read to oneai_app;

-- Stores the token of a mandate's payment. Null, or the token of another customer than the one who was asked: the payment authorized nothing, and
-- the recharge is turned off.
create function oneai.save_mandate(p_workspace uuid, p_order uuid, p_customer text, p_token text) returns void
language sql security definer set search_path = ''
as $$
  update oneai.credit_recharges
  set token_ref = case when coalesce(p_customer = customer_ref, true) then p_token end,
      is_on = p_token is not null and coalesce(p_customer = customer_ref, true),
      problem = case when p_token is null or p_customer <> customer_ref then 'not_authorized' end
  where workspace_id = p_workspace and mandate_order_id = p_order and token_ref is null
$$;
revoke execute on function oneai.save_mandate from public;
grant execute on function oneai.save_mandate to oneai_app;
