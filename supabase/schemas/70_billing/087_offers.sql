-- Offers that operators make to one workspace: a plan for a number of months, with its own quotas, seats and price. An offer
-- is paid once, by checkout or by a bank transfer that an operator marks as received. What a paid offer brings is computed
-- from its captured payment (oneai/billing/projection/offers.py).

-- Where bank transfers in a currency go, as the payer needs it. Operators write it with `make bank-account`.
create table oneai.bank_accounts (
  currency text primary key check (currency in ('INR', 'USD', 'IDR')),
  holder text not null check (length(holder) between 1 and 200),
  bank text not null check (length(bank) between 1 and 200),
  account_number text not null check (length(account_number) between 1 and 50),
  -- IFSC in India, else SWIFT/BIC.
  code text not null check (length(code) between 1 and 20),
  updated_at timestamptz not null default oneai.now()
);

alter table oneai.bank_accounts enable row level security;
create policy "service" on oneai.bank_accounts to oneai_service using (true);
create policy "admins" on oneai.bank_accounts for select to oneai_admin using (true);
revoke all on oneai.bank_accounts from anon, authenticated, service_role;
grant select on oneai.bank_accounts to oneai_service, oneai_admin;

create table oneai.offers (
  id uuid primary key default gen_random_uuid(),
  -- Null for an erased workspace.
  workspace_id uuid references oneai.workspaces (id) on delete set null,
  plan_id text not null,
  seats integer not null check (seats between 1 and 500),
  -- Of the whole workspace: each quota, storage_bytes and document_pages.
  limits jsonb not null,
  -- The price of all months together, in the currency's smallest unit.
  amount bigint not null check (amount between 100 and 1000000000000),
  currency text not null check (currency in ('INR', 'USD', 'IDR')),
  months integer not null check (months between 1 and 36),
  method text not null check (method in ('checkout', 'bank_transfer')),
  -- As on its invoice.
  description text not null,
  -- When its period starts if it is paid before; null: when it is paid.
  starts_at timestamptz,
  -- A checkout after it buys nothing and is refunded; a transfer must be received on its day at the latest.
  valid_until timestamptz not null,
  -- What the payer writes into the transfer.
  reference text not null unique generated always as ('OA' || upper(left(replace(id::text, '-', ''), 10))) stored,
  payment_provider text,
  -- Of its checkout, once an owner has accepted it.
  provider_order_id text,
  -- The admin who made it; null for an operator's command, or one who is erased.
  created_by uuid references oneai.users (id) on delete set null,
  created_at timestamptz not null default oneai.now(),
  accepted_at timestamptz,
  withdrawn_at timestamptz,
  -- The projection: what its payment bought, and when time changes that next.
  paid_at timestamptz,
  period_start timestamptz,
  period_end timestamptz,
  project_at timestamptz,
  unique (payment_provider, provider_order_id)
);
create index offers_of_workspace on oneai.offers (workspace_id, created_at);
create index offers_by_creation on oneai.offers (created_at, id);
create index offers_made_by on oneai.offers (created_by) where created_by is not null;
create index offers_to_project on oneai.offers (project_at) where project_at is not null;

alter table oneai.offers enable row level security;
create policy "service" on oneai.offers to oneai_service using (true) with check (true);
create policy "admins" on oneai.offers for select to oneai_admin using (true);
revoke all on oneai.offers from anon, authenticated, service_role;
grant select on oneai.offers to oneai_service, oneai_admin;

-- `paid`, `withdrawn`, `expired`, or `open`: it can be accepted and paid.
create function oneai.offer_state(o oneai.offers) returns text
language sql stable security definer set search_path = ''
as $$
  select case when o.paid_at is not null then 'paid' when o.withdrawn_at is not null then 'withdrawn'
    when o.valid_until <= oneai.now() then 'expired' else 'open' end
$$;
revoke execute on function oneai.offer_state from public;
grant execute on function oneai.offer_state to oneai_service, oneai_admin;

-- The offer, locked after its workspace. Raises ON404 for an unknown one, or one of an erased workspace.
create function oneai.lock_offer(p_id uuid) returns oneai.offers
language plpgsql security definer set search_path = ''
as $$
declare
  locked oneai.offers;
begin
  perform 1 from oneai.workspaces as w
  where w.id = (select o.workspace_id from oneai.offers as o where o.id = p_id) for no key update;
  select * into locked from oneai.offers where id = p_id for no key update;
  if locked.workspace_id is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return locked;
end
$$;
revoke execute on function oneai.lock_offer from public;

-- Makes an offer, and queues its mail to the owner and to the workspace's billing address; returns its id. p_offer has the
-- columns. Raises ON404 for an unknown workspace or one that is being deleted, ON422 for a time in the past, and for a
-- transfer in a currency without a bank account.
create function oneai.make_offer(p_workspace uuid, p_offer jsonb, p_by uuid) returns uuid
language plpgsql security definer set search_path = ''
as $$
declare
  made oneai.offers;
  -- The field and its problem.
  wrong text[];
begin
  perform 1 from oneai.workspaces where id = p_workspace and deletes_at is null for no key update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  wrong := case
    when (p_offer ->> 'valid_until')::timestamptz <= oneai.now() then array['valid_until', 'in_the_past']
    when (p_offer ->> 'starts_at')::timestamptz <= oneai.now() then array['starts_at', 'in_the_past']
    when p_offer ->> 'method' = 'bank_transfer' and not exists (
      select from oneai.bank_accounts as b where b.currency = p_offer ->> 'currency') then array['method', 'no_bank_account']
    end;
  if wrong is not null then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = jsonb_build_object('details', jsonb_build_array(
        jsonb_build_object('field', wrong[1], 'code', wrong[2])));
  end if;
  insert into oneai.offers (
    workspace_id, plan_id, seats, limits, amount, currency, months, method, description, starts_at, valid_until, created_by)
  select p_workspace, n.plan_id, n.seats, n.limits, n.amount, n.currency, n.months, n.method, n.description, n.starts_at,
    n.valid_until, p_by
  from jsonb_populate_record(null::oneai.offers, p_offer) as n
  returning * into made;
  perform oneai.enqueue_offer_mail(made);
  return made.id;
end
$$;
revoke execute on function oneai.make_offer from public;
grant execute on function oneai.make_offer to oneai_admin;

-- Withdraws an offer; false if it was withdrawn before. A checkout that is paid later is refunded. Raises ON404, and ON409
-- offer_not_open for a paid one.
create function oneai.withdraw_offer(p_id uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  offer constant oneai.offers := oneai.lock_offer(p_id);
begin
  if offer.paid_at is not null then
    raise exception using errcode = 'ON409', message = 'offer_not_open', detail = '{"state": "paid"}';
  end if;
  update oneai.offers set withdrawn_at = oneai.now() where id = p_id and withdrawn_at is null;
  return found;
end
$$;
revoke execute on function oneai.withdraw_offer from public;
grant execute on function oneai.withdraw_offer to oneai_admin;

-- Accepts an open offer for an owner, who then pays it; returns it as {id, workspace_id, method, amount, currency,
-- description, ref}. Idempotent. Raises ON403, ON404, ON409 offer_not_open with its state, ON422 billing_details_required,
-- and ON422 for dollars within India.
create function oneai.accept_offer(p_user uuid, p_workspace uuid, p_id uuid, p_confirmed boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  offer oneai.offers;
begin
  perform oneai.require_active_user(p_user, p_workspace, p_confirmed, 'spend');
  offer := oneai.lock_offer(p_id);
  if offer.workspace_id <> p_workspace then
    raise exception using errcode = 'ON404', message = 'not_found';
  elsif oneai.offer_state(offer) <> 'open' then
    raise exception using errcode = 'ON409', message = 'offer_not_open',
      detail = jsonb_build_object('state', oneai.offer_state(offer));
  elsif not exists (select from oneai.billing_details where workspace_id = p_workspace) then
    raise exception using errcode = 'ON422', message = 'billing_details_required';
  elsif offer.currency <> 'INR' and exists (
    select from oneai.billing_details where workspace_id = p_workspace and country = 'IN')
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "currency", "code": "rupees_only"}]}';
  end if;
  update oneai.offers set accepted_at = oneai.now() where id = p_id and accepted_at is null;
  if found then
    perform oneai.record_audit('user', p_user::text, 'offer.accept', p_user, 'offer', p_id::text,
      p_detail => jsonb_build_object('amount', offer.amount, 'currency', offer.currency), p_workspace => p_workspace);
  end if;
  return jsonb_build_object('id', offer.id, 'workspace_id', offer.workspace_id, 'method', offer.method,
    'amount', offer.amount, 'currency', offer.currency, 'description', offer.description, 'ref', offer.provider_order_id,
    'payment_provider', offer.payment_provider, 'valid_until', offer.valid_until, 'page_url', (
      select o.page_url from oneai.orders as o
      where (o.payment_provider, o.provider_order_id) = (offer.payment_provider, offer.provider_order_id)));
end
$$;
revoke execute on function oneai.accept_offer from public;
grant execute on function oneai.accept_offer to oneai_app;

-- Stores the provider's order in place of p_ended, whose page has ended (null: of none), unless another request has stored one; returns the
-- stored one.
create function oneai.save_offer_order(p_id uuid, p_provider text, p_ref text, p_ended text) returns text
language sql security definer set search_path = ''
as $$
  update oneai.offers
  set payment_provider = coalesce(payment_provider, p_provider),
      provider_order_id = case when provider_order_id is not distinct from p_ended then p_ref else provider_order_id end
  where id = p_id returning provider_order_id
$$;
revoke execute on function oneai.save_offer_order from public;
grant execute on function oneai.save_offer_order to oneai_app;

-- Records that the bank transfer of an offer was received: an order and a captured payment of the provider `bank_transfer`,
-- with the ids of p_ids {order, payment}. False if the same transfer was recorded for it before. Raises ON404; ON409
-- offer_not_open for one that is paid or withdrawn, or that had expired on the day of the transfer in India; ON422 for
-- another amount or currency, a day in the future, and a transfer that another offer has.
create function oneai.record_transfer(
  p_id uuid, p_ids jsonb, p_reference text, p_amount bigint, p_currency text, p_received_on date) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  offer constant oneai.offers := oneai.lock_offer(p_id);
  today constant date := (oneai.now() at time zone 'Asia/Kolkata')::date;
  ref constant text := 'bank:' || p_reference;
  recorded oneai.payments;
  -- The field and its problem.
  wrong text[];
begin
  -- Two offers with one transfer wait for each other here.
  perform pg_advisory_xact_lock(hashtextextended('bank_transfer ' || ref, 0));
  select * into recorded from oneai.payments where payment_provider = 'bank_transfer' and provider_payment_id = ref;
  if recorded.order_id = (p_ids ->> 'order')::uuid and (recorded.amount, recorded.currency) = (p_amount, p_currency) then
    return false;
  end if;
  wrong := case
    when recorded.id is not null then array['reference', 'repeated_transfer']
    when p_amount <> offer.amount then array['amount', 'other_amount']
    when p_currency <> offer.currency then array['currency', 'other_currency']
    when p_received_on > today then array['received_on', 'in_the_future'] end;
  if offer.paid_at is not null or offer.withdrawn_at is not null
    or (wrong is null and p_received_on > (offer.valid_until at time zone 'Asia/Kolkata')::date)
  then
    raise exception using errcode = 'ON409', message = 'offer_not_open', detail = jsonb_build_object('state',
      case when offer.paid_at is not null then 'paid' when offer.withdrawn_at is not null then 'withdrawn' else 'expired' end);
  elsif wrong is not null then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = jsonb_build_object('details', jsonb_build_array(
        jsonb_build_object('field', wrong[1], 'code', wrong[2])));
  end if;
  insert into oneai.orders (id, workspace_id, payment_provider, provider_order_id, amount, currency, description)
  values ((p_ids ->> 'order')::uuid, offer.workspace_id, 'bank_transfer', 'bank:' || offer.id, offer.amount, offer.currency,
    offer.description);
  insert into oneai.payments (
    id, workspace_id, order_id, payment_provider, provider_payment_id, amount, currency, status, captured_at, created_at,
    order_ref, method, metadata)
  values ((p_ids ->> 'payment')::uuid, offer.workspace_id, (p_ids ->> 'order')::uuid, 'bank_transfer', ref, p_amount,
    p_currency, 'captured', date_trunc('second', oneai.now()), date_trunc('second', oneai.now()), 'bank:' || offer.id,
    'bank_transfer', jsonb_build_object('received_on', p_received_on));
  update oneai.offers set paid_at = date_trunc('second', oneai.now()), project_at = oneai.now() where id = p_id;
  return true;
end
$$;
revoke execute on function oneai.record_transfer from public;
grant execute on function oneai.record_transfer to oneai_admin;

-- Records that an operator sent part or all of an offer's transfer back by bank; false if the same one was recorded before.
-- Raises ON404 for an offer that no transfer has paid, ON422 for more than is left of it, and for a reference that another
-- refund has.
create function oneai.record_transfer_refund(p_id uuid, p_refund uuid, p_reference text, p_amount bigint)
returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  offer constant oneai.offers := oneai.lock_offer(p_id);
  ref constant text := 'bank:' || p_reference;
  paid oneai.payments;
  refunded oneai.refunds;
begin
  perform pg_advisory_xact_lock(hashtextextended('bank_transfer ' || ref, 0));
  select p.* into paid from oneai.payments as p join oneai.orders as o on o.id = p.order_id
  where o.payment_provider = 'bank_transfer' and o.provider_order_id = 'bank:' || offer.id for no key update of p;
  if paid.id is null then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  select * into refunded from oneai.refunds where payment_provider = 'bank_transfer' and provider_refund_id = ref;
  if refunded.payment_id = paid.id and refunded.amount = p_amount then
    return false;
  elsif refunded.id is not null then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "reference", "code": "repeated_transfer"}]}';
  elsif p_amount > oneai.refundable_amount(paid) then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "amount", "code": "too_large"}]}';
  end if;
  insert into oneai.refunds (id, payment_id, payment_provider, provider_refund_id, amount, status, refunded_at)
  values (p_refund, paid.id, 'bank_transfer', ref, p_amount, 'processed', date_trunc('second', oneai.now()));
  update oneai.offers set project_at = oneai.now() where id = p_id;
  return true;
end
$$;
revoke execute on function oneai.record_transfer_refund from public;
grant execute on function oneai.record_transfer_refund to oneai_admin;

-- The projection of offers: what their payments bought, and when time changes that next.
create function oneai.save_offers(p_all jsonb) returns void
language sql security definer set search_path = ''
as $$
  update oneai.offers as o
  set paid_at = n.paid_at, period_start = n.period_start, period_end = n.period_end, project_at = n.project_at
  from jsonb_populate_recordset(null::oneai.offers, p_all) as n
  where o.id = n.id and (o.paid_at, o.period_start, o.period_end, o.project_at)
    is distinct from (n.paid_at, n.period_start, n.period_end, n.project_at)
$$;
revoke execute on function oneai.save_offers from public;
