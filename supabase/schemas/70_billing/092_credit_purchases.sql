-- What follows for credits from the projection of their orders, in its transaction.

-- The grant of a purchase's bonus.
create function oneai.bonus_of_payment(p_payment uuid) returns uuid
language sql immutable
as $$ select oneai.movement_id('bonus of ' || p_payment) $$;
revoke execute on function oneai.bonus_of_payment from public;

-- Facts of orders for credits, as oneai/billing/record.py reads them, with each judged payment and what of it was used.
create function oneai.credit_order_facts(p_orders uuid[]) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(o) || jsonb_build_object('payments', (
    select coalesce(jsonb_agg(jsonb_build_object('payment_id', d.payment_id, 'rejection', d.rejection,
      'used_micro_usd', u.used, 'held_micro_usd', u.held)), '[]')
    from oneai.credit_payments as d cross join lateral oneai.used_of_purchase(d.payment_id) as u
    where d.credit_order_id = o.id))), '[]')
  from oneai.credit_orders as o where o.order_id = any (p_orders)
$$;
revoke execute on function oneai.credit_order_facts from public;

-- Makes the grants of paid orders, each once, and ends those whose payment came back. p_all has the payments that buy credits, in
-- their order: {order_id (ours), payment_id, paid_at, expires_at, disputed, ended_by, refunded_micro_usd, project_at}.
create function oneai.save_credit_purchases(p_all jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  each record;
  bought oneai.credit_orders;
  newly_lost boolean;
begin
  for each in select n.* from jsonb_array_elements(p_all) with ordinality as a (value, place),
    jsonb_to_record(a.value) as n (order_id uuid, payment_id uuid, paid_at timestamptz, expires_at timestamptz,
      disputed boolean, ended_by text, refunded_micro_usd bigint, project_at timestamptz) order by a.place
  loop
    update oneai.credit_orders as o
    set paid_at = each.paid_at, payment_id = each.payment_id, refunded_micro_usd = each.refunded_micro_usd,
        project_at = each.project_at
    where o.id = each.order_id returning * into bought;
    if bought.workspace_id is not null then
      perform oneai.grant_purchased_credits(bought, each.payment_id, each.expires_at);
    end if;
    update oneai.credit_grants as g set disputed = each.disputed
    where (g.id = each.payment_id or g.bonus_of = each.payment_id) and g.disputed <> each.disputed;
    if found then
      perform oneai.freeze_credit_grants((select g.workspace_id from oneai.credit_grants as g where g.id = each.payment_id));
      if each.disputed or each.ended_by is distinct from 'dispute' then
        perform oneai.mail_about_credit_dispute(bought, each.payment_id, case when each.disputed then 'opened' else 'won' end);
      end if;
    end if;
    if each.ended_by is not null then
      perform oneai.void_credit_grant(each.payment_id, each.ended_by = 'refund');
    end if;
    -- What comes back after the refund was sent is not refunded.
    update oneai.credit_orders as o set refunded_micro_usd = g.refunded_micro_usd
    from oneai.credit_grants as g
    where o.id = each.order_id and each.ended_by = 'refund' and g.id = each.payment_id and g.refunded_micro_usd is not null
      and oneai.credit_refund_was_sent(each.payment_id);
    if each.ended_by = 'dispute' then
      insert into oneai.credit_blocks (payment_id, workspace_id, user_id, instrument_hash, address_hash)
      values (each.payment_id, bought.workspace_id, bought.user_id, bought.instrument_hash, bought.address_hash)
      on conflict (payment_id) do nothing;
      newly_lost := found;
      perform oneai.owe_unpaid_credits(each.payment_id, 'dispute');
      if newly_lost then
        perform oneai.mail_about_credit_dispute(bought, each.payment_id, 'lost');
      end if;
    end if;
  end loop;
  -- An order was paid twice, and its earlier payment became known after the later one had made a grant.
  for each in select d.credit_order_id, d.payment_id from jsonb_array_elements(p_all) as a
    join oneai.credit_payments as d on d.credit_order_id = (a.value ->> 'order_id')::uuid
    where d.rejection is null group by 1, 2 having bool_and(d.payment_id <> (a.value ->> 'payment_id')::uuid)
  loop
    perform oneai.void_credit_grant(each.payment_id);
    perform oneai.owe_unpaid_credits(each.payment_id, 'displaced');
    update oneai.credit_orders set project_at = oneai.now()
    where id = each.credit_order_id and (oneai.used_of_purchase(each.payment_id)).held > 0;
  end loop;
end
$$;
revoke execute on function oneai.save_credit_purchases from public;

-- The grant of a payment, and of its bonus, once.
create function oneai.grant_purchased_credits(bought oneai.credit_orders, p_payment uuid, p_expires_at timestamptz) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if oneai.grant_credits(bought.workspace_id, p_payment, 'paid', bought.credit_micro_usd, p_expires_at)
    and bought.bonus_micro_usd > 0
  then
    perform oneai.grant_credits(
      bought.workspace_id, oneai.bonus_of_payment(p_payment), 'bonus', bought.bonus_micro_usd, p_expires_at, p_payment);
  end if;
end
$$;
revoke execute on function oneai.grant_purchased_credits from public;

-- The credits that an amount is worth at the price of custom amounts; null in a currency without one, and for nothing.
create function oneai.credits_of_rest(p_amount bigint, p_currency text) returns bigint
language sql stable security definer set search_path = ''
as $$
  select nullif(p_amount * 1000000 / r.per_dollar, 0) from oneai.credit_rates as r where r.currency = p_currency
$$;
revoke execute on function oneai.credits_of_rest from public;
grant execute on function oneai.credits_of_rest to oneai_app;

-- Gives the credits that users chose for what cannot go back, once for each payment, and ends those whose payment its bank
-- took back. p_all: {payment_id, amount, currency, reversed}.
create function oneai.save_returned_credits(p_workspace uuid, p_all jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  each record;
  made uuid;
  worth bigint;
begin
  for each in select * from jsonb_to_recordset(p_all) as n (payment_id uuid, amount bigint, currency text, reversed boolean)
    order by n.payment_id
  loop
    made := oneai.movement_id('rest of ' || each.payment_id);
    if each.reversed then
      if exists (select from oneai.credit_grants as g where g.id = made) then
        perform oneai.void_credit_grant(made);
      end if;
      continue;
    end if;
    worth := oneai.credits_of_rest(each.amount, each.currency);
    if worth is not null then
      perform oneai.grant_credits(p_workspace, made, 'promotional', worth, oneai.now() + interval '12 months');
    end if;
  end loop;
end
$$;
revoke execute on function oneai.save_returned_credits from public;
