-- Orders for prepaid credits. What a paid order brings is computed from its captured payment
-- (oneai/billing/projection/bought_credits.py).

create table oneai.credit_orders (
  -- Made of the buyer, the workspace and the request's idempotency key.
  id uuid primary key,
  -- Null for an erased workspace or user.
  workspace_id uuid references oneai.workspaces (id) on delete set null,
  user_id uuid references oneai.users (id) on delete set null,
  -- Null: a custom amount.
  package_id text,
  credit_micro_usd bigint not null check (credit_micro_usd > 0),
  bonus_micro_usd bigint not null check (bonus_micro_usd >= 0),
  -- The listed price, the charge, and the tax in it, in the currency's smallest unit.
  listed bigint not null check (listed > 0),
  amount bigint not null check (amount > 0),
  tax bigint not null check (tax between 0 and amount),
  currency text not null check (currency in ('INR', 'USD', 'IDR')),
  -- As on its invoice.
  description text not null,
  payment_provider text not null,
  -- Null until the provider has the order.
  order_id uuid unique references oneai.orders (id),
  -- The billing address, hashed, and the instrument of its payment.
  address_hash bytea not null,
  -- The country of that address, and of the request's network, if it is known.
  billing_country text,
  network_country text,
  instrument_hash bytea,
  -- `mandate`: its payment also authorizes later debits. `recharge`: opened by an automatic recharge.
  kind text not null default 'purchase' check (kind in ('purchase', 'mandate', 'recharge')),
  opened_at timestamptz not null default oneai.now(),
  -- A payment after it buys nothing and is refunded.
  expires_at timestamptz not null,
  -- Of a recharge: from when it may be debited (null: its holder confirms it by checkout), when the debit was sent, and when
  -- and why it was refused: the bank declined it, wants its holder to confirm it, or the mandate has ended.
  charge_at timestamptz,
  charge_sent_at timestamptz,
  refused_at timestamptz,
  refusal text check (refusal in ('declined', 'confirmation_required', 'not_authorized')),
  check (refusal is null or refused_at is not null),
  -- When its owner asked for a refund, and when the deletion of its workspace was requested.
  refund_requested_at timestamptz,
  closed_at timestamptz,
  -- The projection: the payment that bought it, what of it was refunded, and when it is to be projected again.
  paid_at timestamptz,
  payment_id uuid,
  refunded_micro_usd bigint not null default 0 check (refunded_micro_usd between 0 and credit_micro_usd),
  project_at timestamptz
);
create index credit_orders_of_workspace on oneai.credit_orders (workspace_id, opened_at);
create index credit_orders_of_user on oneai.credit_orders (user_id) where user_id is not null;
create index credit_orders_of_address on oneai.credit_orders (address_hash);
create index credit_orders_of_instrument on oneai.credit_orders (instrument_hash) where instrument_hash is not null;
create index credit_orders_of_payment on oneai.credit_orders (payment_id) where payment_id is not null;
create index credit_orders_to_project on oneai.credit_orders (project_at) where project_at is not null;

alter table oneai.credit_orders enable row level security;
create policy "service" on oneai.credit_orders to oneai_service using (true);
revoke all on oneai.credit_orders from anon, authenticated, service_role;
grant select on oneai.credit_orders to oneai_service;

-- Whether a captured payment buys the order, decided once when it is first projected; `rejection` is why not. Its payment
-- is stored after that, in the same transaction.
create table oneai.credit_payments (
  payment_id uuid primary key,
  credit_order_id uuid not null references oneai.credit_orders (id),
  rejection text check (rejection in ('over_limit', 'buying_blocked')),
  decided_at timestamptz not null default oneai.now()
);
create index credit_payments_of_order on oneai.credit_payments (credit_order_id);

alter table oneai.credit_payments enable row level security;
revoke all on oneai.credit_payments from anon, authenticated, service_role;

-- The order of the key p_request.key, opened if there is none; the workspace's other unpaid order expires now. p_request: key (or
-- null), package_id or amount, currency, kind (or null), provider, confirmed, minutes, added_tax (hundredths of a percent on the listed price), terms (as
-- oneai.issue_invoice takes them). Null if that is not sold. Raises ON403, ON422 billing_details_required, ON422 for dollars
-- within India, ON429, ON403 credits_blocked, ON403 credit_limit_reached, and ON409 idempotency_conflict if the key has
-- other terms.
create function oneai.start_credit_order(p_user uuid, p_workspace uuid, p_request jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  currency constant text := p_request ->> 'currency';
  sold constant jsonb := oneai.price_credits(
    p_request ->> 'package_id', (p_request ->> 'amount')::bigint, currency);
  wanted_id constant uuid := coalesce(
    oneai.movement_id('credits ' || p_user || ' ' || p_workspace || ' ' || (p_request ->> 'key')), gen_random_uuid());
  wanted oneai.credit_orders;
begin
  perform oneai.require_active_user(p_user, p_workspace, (p_request ->> 'confirmed')::boolean, 'spend');
  select * into wanted from oneai.credit_orders where id = wanted_id;
  if found then
    if (wanted.package_id, wanted.currency) is distinct from (p_request ->> 'package_id', currency)
      or (wanted.package_id is null and wanted.listed <> (p_request ->> 'amount')::bigint)
    then
      raise exception using errcode = 'ON409', message = 'idempotency_conflict',
        detail = '{"refusal": {"code": "other_purchase"}}';
    end if;
    return oneai.credit_order_json(wanted);
  end if;
  if sold is null then
    return null;
  elsif not exists (select from oneai.billing_details where workspace_id = p_workspace) then
    raise exception using errcode = 'ON422', message = 'billing_details_required';
  elsif currency <> 'INR' and exists (
    select from oneai.billing_details where workspace_id = p_workspace and country = 'IN')
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "currency", "code": "rupees_only"}]}';
  elsif currency = 'IDR' and not exists (
    select from oneai.billing_details where workspace_id = p_workspace and country = 'ID')
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "currency", "code": "not_sold"}]}';
  elsif (select count(*) from oneai.credit_orders as o
    where o.workspace_id = p_workspace and o.opened_at > at - interval '1 hour') >= 20
  then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 3600}';
  end if;
  wanted.id := wanted_id;
  wanted.workspace_id := p_workspace;
  wanted.user_id := p_user;
  wanted.package_id := p_request ->> 'package_id';
  wanted.credit_micro_usd := (sold ->> 'credit_micro_usd')::bigint;
  wanted.bonus_micro_usd := (sold ->> 'bonus_micro_usd')::bigint;
  wanted.listed := (sold ->> 'listed')::bigint;
  wanted.amount := wanted.listed + (wanted.listed * (p_request ->> 'added_tax')::bigint + 5000) / 10000;
  wanted.tax := (oneai.included_tax(p_workspace, wanted.amount, currency, p_request -> 'terms')).total;
  wanted.currency := currency;
  wanted.kind := coalesce(p_request ->> 'kind', 'purchase');
  wanted.description := 'Prepaid credits, USD ' || to_char(wanted.credit_micro_usd / 1000000.0, 'FM999,990.00') || case
    when wanted.bonus_micro_usd > 0 then
      ' and USD ' || to_char(wanted.bonus_micro_usd / 1000000.0, 'FM999,990.00') || ' as a bonus' else '' end;
  wanted.payment_provider := p_request ->> 'provider';
  wanted.address_hash := oneai.billing_address_hash(p_workspace);
  wanted.billing_country := oneai.billing_country(p_workspace);
  wanted.network_country := oneai.request_origin() ->> 'country';
  wanted.opened_at := at;
  wanted.expires_at := at + make_interval(mins => (p_request ->> 'minutes')::integer);
  wanted.refunded_micro_usd := 0;
  -- Two open orders could both be paid. A debit that was sent cannot be stopped.
  update oneai.credit_orders as o set expires_at = at
  where o.workspace_id = p_workspace and o.expires_at > at and o.paid_at is null and o.charge_sent_at is null;
  perform oneai.require_credit_allowance(wanted);
  insert into oneai.credit_orders select wanted.*;
  return oneai.credit_order_json(wanted);
end
$$;
revoke execute on function oneai.start_credit_order from public;
grant execute on function oneai.start_credit_order to oneai_app;

-- An order as its buyer's request reads it; `ref` is the provider's id, `page_url` its page if it has one.
create function oneai.credit_order_json(o oneai.credit_orders) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('id', o.id, 'package_id', o.package_id, 'credit_micro_usd', o.credit_micro_usd,
    'bonus_micro_usd', o.bonus_micro_usd, 'amount', o.amount, 'tax', o.tax, 'currency', o.currency,
    'payment_provider', o.payment_provider,
    'description', o.description, 'expires_at', o.expires_at, 'kind', o.kind, 'charge_at', o.charge_at,
    'ref', (select p.provider_order_id from oneai.orders as p where p.id = o.order_id),
    'page_url', (select p.page_url from oneai.orders as p where p.id = o.order_id))
$$;
revoke execute on function oneai.credit_order_json from public;

-- Stores the provider's order p_ref, whose id is p_order, unless another request has stored one; returns `ref` and `page_url`
-- of the stored one. The job fetches it, as its payment may have no event.
create function oneai.save_credit_order(p_id uuid, p_order uuid, p_ref text, p_page_url text) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  ours oneai.credit_orders;
begin
  select * into ours from oneai.credit_orders where id = p_id for no key update;
  if ours.order_id is null then
    insert into oneai.orders (
      id, workspace_id, payment_provider, provider_order_id, amount, currency, description, page_url, next_sync_at)
    values (p_order, ours.workspace_id, ours.payment_provider, p_ref, ours.amount, ours.currency, ours.description,
      p_page_url, oneai.now() + interval '5 minutes');
    update oneai.credit_orders set order_id = p_order where id = p_id;
    if ours.kind = 'recharge' and ours.charge_at is null then
      perform oneai.enqueue_mail(ours.user_id, 'credit_recharge', 'confirm:' || p_id, jsonb_build_object('event', 'confirm',
        'workspace_id', ours.workspace_id, 'amount', ours.amount, 'currency', ours.currency, 'at', ours.expires_at),
        p_workspace => ours.workspace_id);
    end if;
  end if;
  return (select jsonb_build_object('ref', o.provider_order_id, 'page_url', o.page_url) from oneai.orders as o
    where o.id = coalesce(ours.order_id, p_order));
end
$$;
revoke execute on function oneai.save_credit_order from public;
grant execute on function oneai.save_credit_order to oneai_app;
