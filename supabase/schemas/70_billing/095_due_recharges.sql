-- Opening automatic recharges that are due (oneai/billing/due_recharges.py).

-- Workspaces whose recharge is to be opened: {workspace_id, currency, payment_provider}. Those whose order was stored and is not known at the
-- provider are among them.
create function oneai.recharges_due(p_limit integer, p_except uuid[]) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('workspace_id', n.workspace_id, 'currency', n.currency,
    'payment_provider', n.payment_provider)), '[]')
  from (
    select r.workspace_id, r.currency, r.payment_provider from oneai.credit_recharges as r
    where r.is_on and r.workspace_id <> all (p_except) and (r.token_ref is not null or not r.needs_mandate)
      and coalesce(r.paused_until <= oneai.now(), true) and oneai.credits_left(r.workspace_id) < r.below_micro_usd
      and (coalesce((oneai.refusals_of_recharge(r)).last_at <= oneai.now() - interval '1 hour', true)
        or oneai.recharge_asks_holder(r))
      and not exists (
        select from oneai.credit_orders as o where o.workspace_id = r.workspace_id and o.paid_at is null
          and o.expires_at > oneai.now() and (o.kind <> 'recharge' or o.order_id is not null))
    order by r.workspace_id limit p_limit) as n
$$;
revoke execute on function oneai.recharges_due from public;
grant execute on function oneai.recharges_due to oneai_app;

-- Opens the recharge of a workspace if it is due: its order with the provider's token (null: its holder confirms it), as
-- oneai.credit_order_json. Null if it is not due. One that was stored and is not known at the provider is returned again. p_terms: as
-- oneai.start_credit_order takes them, and per_day (how many are debited within a day) and confirmed_above (a larger charge is confirmed; null: none is).
create function oneai.start_credit_recharge(p_workspace uuid, p_terms jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  month constant timestamptz := oneai.credit_month(p_workspace, at);
  r oneai.credit_recharges;
  opened oneai.credit_orders;
  listed bigint;
  charge bigint;
  found_problem text;
  until timestamptz := at + interval '1 day';
  asks boolean;
  first_of_day timestamptz;
begin
  select * into r from oneai.credit_recharges where workspace_id = p_workspace;
  begin
    perform oneai.require_active_user(r.user_id, p_workspace, (p_terms ->> 'confirmed')::boolean, 'spend');
  exception when sqlstate 'ON401' or sqlstate 'ON403' or sqlstate 'ON404' then
    update oneai.credit_recharges set problem = 'not_allowed', paused_until = until where workspace_id = p_workspace;
    return null;
  end;
  select * into r from oneai.credit_recharges where workspace_id = p_workspace for no key update;
  if not r.is_on or r.payment_provider <> p_terms ->> 'provider' or oneai.credits_left(p_workspace) >= r.below_micro_usd
    or exists (select from oneai.credit_grants as g where g.workspace_id = p_workspace and g.frozen_at is not null)
  then
    return null;
  end if;
  asks := oneai.recharge_asks_holder(r);
  select * into opened from oneai.credit_orders as o
  where o.workspace_id = p_workspace and o.paid_at is null and o.expires_at > at order by o.opened_at desc limit 1;
  if found then
    if opened.kind <> 'recharge' or opened.order_id is not null then
      return null;
    end if;
    return oneai.credit_order_json(opened) || jsonb_build_object('token_ref', r.token_ref, 'customer_ref', r.customer_ref,
      'confirm', asks or opened.amount > (p_terms ->> 'confirmed_above')::bigint);
  end if;
  listed := (oneai.price_credits(r.package_id, null, r.currency) ->> 'listed')::bigint;
  charge := listed + (listed * (p_terms ->> 'added_tax')::bigint + 5000) / 10000;
  select min(o.paid_at) into first_of_day from (
    select c.paid_at from oneai.credit_orders as c
    where c.workspace_id = p_workspace and c.kind = 'recharge' and c.paid_at > at - interval '1 day'
    order by c.paid_at desc limit (p_terms ->> 'per_day')::integer) as o
  having count(*) >= (p_terms ->> 'per_day')::integer;
  if charge is null then
    found_problem := 'not_sold';
  elsif oneai.recharged_this_month(p_workspace) + charge > r.per_month then
    found_problem := 'month_spent';
    until := oneai.credit_month(p_workspace, month + interval '32 days');
  elsif first_of_day is not null then
    found_problem := 'day_spent';
    until := first_of_day + interval '1 day';
  elsif r.token_ref is null and coalesce(charge <= (p_terms ->> 'confirmed_above')::bigint, true) then
    found_problem := 'not_authorized';
  else
    begin
      perform oneai.start_credit_order(r.user_id, p_workspace, p_terms || jsonb_build_object(
        'package_id', r.package_id, 'currency', r.currency, 'kind', 'recharge'));
    exception when sqlstate 'ON403' or sqlstate 'ON422' or sqlstate 'ON429' then
      found_problem := 'over_limit';
    end;
  end if;
  update oneai.credit_recharges set problem = found_problem, paused_until = case when found_problem is not null then until end
  where workspace_id = p_workspace;
  if found_problem is not null then
    return null;
  end if;
  select * into opened from oneai.credit_orders as o
  where o.workspace_id = p_workspace and o.kind = 'recharge' and o.paid_at is null and o.expires_at > at
  order by o.opened_at desc limit 1;
  return oneai.credit_order_json(opened) || jsonb_build_object('token_ref', r.token_ref, 'customer_ref', r.customer_ref,
    'confirm', asks or coalesce(opened.amount > (p_terms ->> 'confirmed_above')::bigint, false));
end
$$;
revoke execute on function oneai.start_credit_recharge from public;
grant execute on function oneai.start_credit_recharge to oneai_app;

-- When a recharge that the provider knows may be debited (null: its holder confirms it), and until when it can be paid.
create function oneai.schedule_recharge(p_id uuid, p_charge_at timestamptz, p_expires_at timestamptz) returns void
language sql security definer set search_path = ''
as $$
  update oneai.credit_orders set charge_at = p_charge_at, expires_at = p_expires_at
  where id = p_id and kind = 'recharge' and order_id is null and expires_at > oneai.now()
$$;
revoke execute on function oneai.schedule_recharge from public;
grant execute on function oneai.schedule_recharge to oneai_app;
