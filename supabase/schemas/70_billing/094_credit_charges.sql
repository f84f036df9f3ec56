-- The debit of an automatic recharge. An order is debited once: after a lost answer the provider is asked what became of it.

-- What an operation debits: {state, payment_provider, ref, amount, currency, description, workspace_id, customer_ref, token_ref, mandate_ref, again}.
-- `state`: `open`; `sent`, if it may have reached the provider before; `withdrawn`, if the order can no longer be paid or its holder may
-- not spend. `again`: whether a debit that was sent may be sent again, because its provider makes it once. With p_send an open one is marked as sent.
create function oneai.begin_charge(p_operation uuid, p_send boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  charged oneai.credit_orders;
  r oneai.credit_recharges;
  state text := 'open';
  payable boolean;
begin
  select o.* into charged from oneai.provider_operations as c join oneai.credit_orders as o on o.order_id = c.order_id
  where c.id = p_operation for no key update of o;
  select * into r from oneai.credit_recharges where workspace_id = charged.workspace_id for no key update;
  payable := charged.paid_at is null and charged.refused_at is null and charged.expires_at > oneai.now()
    and coalesce(r.is_on and r.user_id = charged.user_id and r.token_ref is not null
      and r.payment_provider = charged.payment_provider, false)
    and oneai.may_spend(charged.user_id, charged.workspace_id) and not oneai.is_buying_blocked(charged)
    and not exists (select from oneai.credit_grants as g where g.workspace_id = charged.workspace_id and g.frozen_at is not null);
  if charged.charge_sent_at is not null then
    state := 'sent';
  elsif not payable then
    state := 'withdrawn';
    update oneai.credit_orders set expires_at = least(expires_at, oneai.now()) where id = charged.id;
  elsif p_send then
    update oneai.credit_orders set charge_sent_at = oneai.now() where id = charged.id;
    update oneai.provider_operations set sent_at = coalesce(sent_at, oneai.now()) where id = p_operation;
  end if;
  return (
    select jsonb_build_object('state', state, 'again', payable, 'payment_provider', charged.payment_provider,
      'ref', o.provider_order_id, 'amount', charged.amount,
      'currency', charged.currency, 'description', charged.description, 'workspace_id', charged.workspace_id,
      'customer_ref', r.customer_ref, 'token_ref', r.token_ref, 'mandate_ref', (
        select p.provider_payment_id from oneai.credit_orders as m join oneai.payments as p on p.id = m.payment_id
        where m.id = r.mandate_order_id))
    from oneai.orders as o where o.id = charged.order_id);
end
$$;
revoke execute on function oneai.begin_charge from public;
grant execute on function oneai.begin_charge to oneai_app;

-- The provider did not take the request, as with a wrong key: it may be sent again.
create function oneai.unsend_charge(p_operation uuid) returns void
language sql security definer set search_path = ''
as $$
  update oneai.credit_orders as o set charge_sent_at = null
  from oneai.provider_operations as c where c.id = p_operation and o.order_id = c.order_id;
  update oneai.provider_operations set sent_at = null where id = p_operation;
$$;
revoke execute on function oneai.unsend_charge from public;
grant execute on function oneai.unsend_charge to oneai_app;

-- Records that the debit of an order was refused, and why: `declined`, `confirmation_required` or `not_authorized`. Nothing else can pay the order
-- any more. The third refusal in a row turns the recharge off, and so does a mandate that has ended. If the bank wants its holder, the next
-- recharge is confirmed by its holder, whom that one's mail asks.
create function oneai.refuse_recharge(p_order uuid, p_why text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  refused oneai.credit_orders;
  r oneai.credit_recharges;
  stops boolean;
begin
  -- A payment's event does not say why, and may arrive before the answer.
  update oneai.credit_orders set refusal = p_why
  where order_id = p_order and kind = 'recharge' and refused_at is not null and refusal = 'declined' and p_why <> 'declined'
  returning * into refused;
  if not found then
    update oneai.credit_orders set refused_at = oneai.now(), refusal = p_why, expires_at = least(expires_at, oneai.now())
    where order_id = p_order and kind = 'recharge' and charge_at is not null and refused_at is null and paid_at is null
    returning * into refused;
  end if;
  if refused.id is null then
    return;
  end if;
  select * into r from oneai.credit_recharges where workspace_id = refused.workspace_id for no key update;
  if found and r.is_on then
    stops := p_why = 'not_authorized' or (oneai.refusals_of_recharge(r)).refusals >= 3;
    if stops then
      update oneai.credit_recharges set is_on = false where workspace_id = r.workspace_id;
    end if;
    if p_why = 'not_authorized' then
      update oneai.credit_recharges set token_ref = null, mandate_order_id = null, problem = 'not_authorized'
      where workspace_id = r.workspace_id;
    end if;
    if stops or p_why = 'declined' then
      perform oneai.enqueue_mail(r.user_id, 'credit_recharge',
        case p_why when 'not_authorized' then 'ended:' else 'refused:' end || refused.id, jsonb_build_object(
        'event', case when p_why = 'not_authorized' then 'ended' when stops then 'stopped' else 'refused' end,
        'workspace_id', r.workspace_id, 'amount', refused.amount, 'currency', refused.currency, 'at', refused.refused_at),
        p_workspace => r.workspace_id);
    end if;
  end if;
end
$$;
revoke execute on function oneai.refuse_recharge from public;

create function oneai.refuse_charge(p_operation uuid, p_why text) returns void
language sql security definer set search_path = ''
as $$ select oneai.refuse_recharge(c.order_id, p_why) from oneai.provider_operations as c where c.id = p_operation $$;
revoke execute on function oneai.refuse_charge from public;
grant execute on function oneai.refuse_charge to oneai_app;

-- The refusals among the workspace's payments.
create function oneai.note_refused_recharges(p_workspace uuid) returns void
language sql security definer set search_path = ''
as $$
  select oneai.refuse_recharge(o.order_id, 'declined') from oneai.credit_orders as o
  where o.workspace_id = p_workspace and o.kind = 'recharge' and o.charge_at is not null and o.refused_at is null
    and o.paid_at is null and exists (select from oneai.payments as p where p.order_id = o.order_id and p.status = 'failed')
    and not exists (
      select from oneai.payments as p where p.order_id = o.order_id and p.status in ('authorized', 'captured'))
$$;
revoke execute on function oneai.note_refused_recharges from public;
