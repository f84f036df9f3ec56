-- Refunds of purchased credits that owners ask for. What is refunded is computed from the facts
-- (oneai/billing/projection/bought_credits.py).

-- When the buyer, the instrument or the billing address of an order last had a refund of other credits.
create function oneai.last_credit_refund(o oneai.credit_orders) returns timestamptz
language sql stable security definer set search_path = ''
as $$
  select max(p.refund_requested_at) from oneai.credit_orders as p
  where p.id <> o.id and (
    p.workspace_id = o.workspace_id or p.user_id = o.user_id or p.address_hash = o.address_hash
    or p.instrument_hash = o.instrument_hash)
$$;
revoke execute on function oneai.last_credit_refund from public;

-- The order whose payment made the grant p_grant: {order_id, requested, last_refund_at}; `requested`: its refund was requested
-- before. Raises ON404 for another workspace's, and for a grant
-- that was not bought.
create function oneai.refundable_credit_order(p_workspace uuid, p_grant uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  bought oneai.credit_orders;
begin
  select * into bought from oneai.credit_orders where workspace_id = p_workspace and payment_id = p_grant;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return jsonb_build_object('order_id', bought.order_id, 'requested', bought.refund_requested_at is not null,
    'last_refund_at', oneai.last_credit_refund(bought));
end
$$;
revoke execute on function oneai.refundable_credit_order from public;
grant execute on function oneai.refundable_credit_order to oneai_app;

-- Records that an owner asks for the refund of a purchase, once; returns what oneai.refundable_credit_order returns. Raises ON403,
-- ON404.
create function oneai.request_credit_refund(p_user uuid, p_workspace uuid, p_grant uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  found_order jsonb;
begin
  perform oneai.require_active_user(p_user, p_workspace, false, 'spend');
  found_order := oneai.refundable_credit_order(p_workspace, p_grant);
  update oneai.credit_orders set refund_requested_at = oneai.now()
  where workspace_id = p_workspace and payment_id = p_grant and refund_requested_at is null;
  if found then
    perform oneai.record_audit('user', p_user::text, 'credits.refund', p_user, 'payment', p_grant::text,
      p_workspace => p_workspace);
  end if;
  return found_order;
end
$$;
revoke execute on function oneai.request_credit_refund from public;
grant execute on function oneai.request_credit_refund to oneai_app;

-- Whether the refund that a purchase's owner asked for may have reached the provider: its amount does not change any more.
create function oneai.credit_refund_was_sent(p_payment uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.provider_operations as c
    where c.dedupe_key = 'refund:' || p_payment || ':credits' and c.sent_at is not null)
$$;
revoke execute on function oneai.credit_refund_was_sent from public;

-- The workspace will be deleted: its credits are frozen, orders cannot be paid any more, and the job projects whether the price of
-- purchases goes back. The caller has locked the workspace.
create function oneai.close_credits(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.credit_orders set closed_at = oneai.now(), project_at = oneai.now()
  where workspace_id = p_workspace and closed_at is null and refund_requested_at is null
    and (paid_at is not null or charge_sent_at is not null);
  update oneai.credit_orders set expires_at = oneai.now()
  where workspace_id = p_workspace and paid_at is null and charge_sent_at is null and expires_at > oneai.now();
  perform oneai.freeze_credit_grants(p_workspace);
end
$$;
revoke execute on function oneai.close_credits from public;

-- The deletion was undone: the credits can be used again. What ended with the request stays so.
create function oneai.reopen_credits(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.credit_orders as o set closed_at = null
  where o.workspace_id = p_workspace and o.closed_at is not null and not exists (
    select from oneai.credit_grants as g where g.id = o.payment_id and g.voided_at is not null);
  perform oneai.freeze_credit_grants(p_workspace);
end
$$;
revoke execute on function oneai.reopen_credits from public;

-- The credits of these workspaces that are not used, by workspace; without those that have none.
create function oneai.unspent_credits(p_workspaces uuid[]) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_object_agg(n.workspace_id, n.left_micro_usd), '{}')
  from (
    select g.workspace_id, sum(g.remaining_micro_usd + g.held_micro_usd) as left_micro_usd
    from oneai.credit_grants as g
    where g.workspace_id = any (p_workspaces) and g.voided_at is null
      and (g.expires_at > oneai.now() or g.frozen_at is not null)
    group by g.workspace_id having sum(g.remaining_micro_usd + g.held_micro_usd) > 0) as n
$$;
revoke execute on function oneai.unspent_credits from public;
grant execute on function oneai.unspent_credits to oneai_app;
