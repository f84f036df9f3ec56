-- Checkout. Each function is one short transaction that locks the workspace first; the payment provider is called
-- afterwards, by the caller or as a projection decides (oneai/billing/projection/operations.py).

-- Whether the user can have a trial in this workspace: each person once, and never after a subscription was paid.
create function oneai.trial_available(p_user uuid, p_workspace uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select not exists (select from oneai.trials as t where t.user_id = p_user or t.workspace_id = p_workspace)
    and not exists (
      select from oneai.payments as p where p.workspace_id = p_workspace and p.captured_at is not null
        and p.order_id is null)
$$;
revoke execute on function oneai.trial_available from public;

-- Cancels an unpaid checkout: a payment on its page is refunded, whenever it was made, and it is cancelled at the
-- provider if it exists there. Both follow with the next projection.
create function oneai.cancel_checkout(p_id uuid) returns void
language sql security definer set search_path = ''
as $$
  update oneai.subscriptions
  set status = 'cancelled', cancelled_at = oneai.now(), access_ends_at = oneai.now(), checkout_locked_until = null,
      checkout_cancelled_at = coalesce(checkout_cancelled_at, oneai.now()), updated_at = oneai.now()
  where id = p_id
$$;
revoke execute on function oneai.cancel_checkout from public;

-- Cancels the unpaid replacements of this one.
create function oneai.cancel_pending_replacements(p_id uuid) returns void
language sql security definer set search_path = ''
as $$
  select oneai.cancel_checkout(s.id) from oneai.subscriptions as s
  where s.replaces = p_id and s.status in ('none', 'trial') and s.cancelled_at is null and s.access_ends_at is null
  order by s.id
$$;
revoke execute on function oneai.cancel_pending_replacements from public;

-- A checkout as oneai/billing/subscriptions/checkout.py reads it.
create function oneai.checkout_json(s oneai.subscriptions, p_state text) returns jsonb
language sql stable
as $$
  select jsonb_build_object('state', p_state, 'id', s.id, 'ref', s.provider_subscription_id, 'short_url', s.short_url,
    'created_at', s.created_at, 'start_at', s.start_at, 'expires_at', s.expires_at)
$$;
revoke execute on function oneai.checkout_json from public;

-- The row of a subscription that is about to be created at the provider.
create function oneai.add_subscription(p_user uuid, p_workspace uuid, p_request jsonb, p_with_trial boolean)
returns oneai.subscriptions
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  starts timestamptz := (p_request ->> 'start_at')::timestamptz;
  added oneai.subscriptions;
begin
  -- The provider stores every one of them forever.
  if (select count(*) from oneai.subscriptions where workspace_id = p_workspace
    and created_at > at - interval '1 hour') >= 20 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 3600}';
  end if;
  if p_with_trial then
    -- The provider counts in seconds.
    starts := date_trunc('second', at) + make_interval(days => (p_request ->> 'trial_days')::integer);
  end if;
  insert into oneai.subscriptions (
    workspace_id, plan_id, status, payment_provider, period, currency, amount, provider_plan_id, offer_id, replaces,
    start_at, trial_end, expires_at, checkout_locked_until, quantity, holder_id, billing_country, network_country)
  values (
    p_workspace, p_request ->> 'plan', 'none', p_request ->> 'provider', p_request ->> 'period',
    p_request ->> 'currency',
    (p_request ->> 'amount')::bigint, p_request ->> 'plan_ref', p_request ->> 'offer', (p_request ->> 'replaces')::uuid,
    starts, case when p_with_trial then starts end,
    least(date_trunc('second', at) + make_interval(hours => (p_request ->> 'open_hours')::integer), starts),
    at + interval '30 seconds', coalesce((p_request ->> 'seats')::integer, 1), p_user,
    oneai.billing_country(p_workspace), oneai.request_origin() ->> 'country')
  returning * into added;
  return added;
end
$$;
revoke execute on function oneai.add_subscription from public;

-- ON422 for a plan of another kind of workspace (`kinds` of p_request), or for fewer `seats` than are taken.
create function oneai.require_own_plan(payer oneai.workspaces, p_request jsonb) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if not p_request -> 'kinds' ? payer.kind then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = jsonb_build_object('details',
      jsonb_build_array(jsonb_build_object('field', 'plan_id',
        'code', case payer.kind when 'team' then 'people_only' else 'teams_only' end)))::text;
  elsif (p_request ->> 'seats')::integer < oneai.seats_taken(payer.id) then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "seats", "code": "seats_taken"}]}';
  end if;
end
$$;
revoke execute on function oneai.require_own_plan from public;

-- The open checkout of these terms, created if there is none; another open one is cancelled. p_request: provider,
-- plan_ref, plan, period, currency, amount, offer, confirmed, trial_days, open_hours; `seats` of a plan that is
-- sold by the seat; `replaces` (id) and `start_at` of
-- a replacement. The `state` returned:
--   open                  it can be paid
--   opening               another request is creating it at the provider
--   new                   to be created there
--   unconfirmed           to be created there, unless it was and the answer was lost
--   subscription_changed  `replaces` is not the manageable subscription (any more)
--   already_scheduled     it is already authorized, or paid ahead, and starts then
--   price_changed         this plan of the provider is not sold (any more) at this charge
-- `cancelled_other`: the other open one was cancelled, which follows at the provider with the next projection.
-- Raises ON403, ON422 billing_details_required, ON422 invalid_request for dollars
-- within India, for a plan of another kind of workspace (`kinds` of the plan), for fewer seats than are taken, or as
-- oneai.require_change_of_payer, ON429.
create function oneai.start_checkout(p_user uuid, p_workspace uuid, p_request jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
  payer oneai.workspaces;
  manageable oneai.subscriptions;
  open_checkout oneai.subscriptions;
  starts timestamptz := (p_request ->> 'start_at')::timestamptz;
  with_trial boolean := (p_request ->> 'trial_days')::integer > 0 and p_request ->> 'replaces' is null
    and oneai.trial_available(p_user, p_workspace);
begin
  payer := oneai.require_active_user(p_user, p_workspace, (p_request ->> 'confirmed')::boolean, 'spend');
  perform oneai.require_own_plan(payer, p_request);
  if not exists (select from oneai.billing_details where workspace_id = p_workspace) then
    raise exception using errcode = 'ON422', message = 'billing_details_required';
  end if;
  select * into manageable from oneai.manageable_subscription(p_workspace);
  if manageable.id is distinct from (p_request ->> 'replaces')::uuid then
    return jsonb_build_object('state', 'subscription_changed');
  end if;
  if p_request ->> 'currency' = 'IDR' and not exists (
    select from oneai.billing_details where workspace_id = p_workspace and country = 'ID')
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "currency", "code": "not_sold"}]}';
  end if;
  -- One that pays in dollars and moves to India keeps them.
  if p_request ->> 'currency' <> 'INR' and manageable.currency is distinct from p_request ->> 'currency'
    and exists (select from oneai.billing_details where workspace_id = p_workspace and country = 'IN')
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail =
      '{"details": [{"field": "currency", "code": "rupees_only"}]}';
  end if;
  perform oneai.require_change_of_payer(p_workspace, manageable, p_request);
  if not oneai.is_on_sale(
    p_request ->> 'provider', p_request ->> 'plan_ref', p_request ->> 'plan', p_request ->> 'period',
    p_request ->> 'currency', (p_request ->> 'amount')::bigint)
  then
    return jsonb_build_object('state', 'price_changed');
  end if;
  if exists (
    select from oneai.subscriptions as s
    where s.replaces = manageable.id and (s.status = 'trial' or oneai.is_paid_ahead(s)) and s.cancelled_at is null
      and s.access_ends_at is null and s.offer_id is not distinct from p_request ->> 'offer'
      and (s.payment_provider, s.provider_plan_id) = (p_request ->> 'provider', p_request ->> 'plan_ref')
      and s.quantity = coalesce((p_request ->> 'seats')::integer, 1) and s.holder_id is not distinct from p_user
      and (s.start_at is not distinct from starts or s.start_at <= at + interval '1 hour'))
  then
    return jsonb_build_object('state', 'already_scheduled');
  end if;
  select * into open_checkout from oneai.subscriptions
  where workspace_id = p_workspace and status = 'none' and cancelled_at is null and access_ends_at is null for update;
  if open_checkout.expires_at > at + interval '5 minutes'
    and (open_checkout.payment_provider, open_checkout.provider_plan_id)
      = (p_request ->> 'provider', p_request ->> 'plan_ref')
    and open_checkout.offer_id is not distinct from p_request ->> 'offer'
    and open_checkout.quantity = coalesce((p_request ->> 'seats')::integer, 1)
    and open_checkout.holder_id is not distinct from p_user
    and open_checkout.replaces is not distinct from manageable.id
    and (case when with_trial then open_checkout.trial_end > at
      else open_checkout.start_at is not distinct from starts end)
  then
    if open_checkout.provider_subscription_id is not null then
      return oneai.checkout_json(open_checkout, 'open');
    elsif open_checkout.checkout_locked_until > at then
      return oneai.checkout_json(open_checkout, 'opening');
    end if;
    update oneai.subscriptions set checkout_locked_until = at + interval '30 seconds' where id = open_checkout.id;
    return oneai.checkout_json(open_checkout, 'unconfirmed');
  end if;
  perform oneai.cancel_checkout(open_checkout.id);
  update oneai.subscriptions set next_sync_at = oneai.now() where id = open_checkout.id;
  return oneai.checkout_json(oneai.add_subscription(p_user, p_workspace, p_request, with_trial), 'new')
    || jsonb_build_object('cancelled_other', open_checkout.id is not null);
end
$$;
revoke execute on function oneai.start_checkout from public;
grant execute on function oneai.start_checkout to oneai_app;

-- Stores the provider's result; false if the checkout was cancelled meanwhile, which then also cancels it there.
create function oneai.save_checkout(p_id uuid, p_ref text, p_short_url text) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  saved oneai.subscriptions;
begin
  perform 1 from oneai.workspaces
  where id = (select s.workspace_id from oneai.subscriptions as s where s.id = p_id) for no key update;
  update oneai.subscriptions
  set provider_subscription_id = coalesce(provider_subscription_id, p_ref),
      short_url = coalesce(p_short_url, short_url),
      checkout_locked_until = null, updated_at = oneai.now()
  where id = p_id returning * into saved;
  if saved.access_ends_at is not null then
    update oneai.subscriptions set next_sync_at = oneai.now() where id = p_id;
  end if;
  return saved.access_ends_at is null;
end
$$;
revoke execute on function oneai.save_checkout from public;
grant execute on function oneai.save_checkout to oneai_app;

-- A page for the next period of a prepaid plan. p_request: id of the subscription, amount of one price, seats, confirmed;
-- `instead`: the address of a page that cannot be paid. The `state` returned:
--   ahead    the period after the running one is paid
--   opening  another request is opening a page at the provider
--   open     its page can be paid
--   new      a page is to be opened at the provider, by this request alone
-- Raises ON403, ON409 subscription_not_changeable, ON429.
create function oneai.start_next_period(p_user uuid, p_workspace uuid, p_request jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  at constant timestamptz := oneai.now();
  paid oneai.subscriptions;
  opened_at timestamptz;
  answer jsonb;
begin
  perform oneai.require_active_user(p_user, p_workspace, (p_request ->> 'confirmed')::boolean, 'spend');
  paid := oneai.manageable_subscription(p_workspace);
  if paid.id is distinct from (p_request ->> 'id')::uuid or paid.status <> 'active' then
    raise exception using errcode = 'ON409', message = 'subscription_not_changeable';
  end if;
  answer := jsonb_build_object('id', paid.id, 'short_url', paid.short_url, 'expires_at', paid.expires_at);
  if exists (
    select from oneai.payments as p
    where p.subscription_id = paid.id and p.captured_at is not null and p.status = 'captured' and p.period_start > at)
    or exists (select from oneai.subscriptions as s where s.replaces = paid.id and oneai.is_paid_ahead(s))
  then
    return answer || '{"state": "ahead"}' || jsonb_build_object('expires_at', coalesce(paid.expires_at, at));
  end if;
  -- Several pages could all be paid.
  if paid.checkout_locked_until > at then
    return answer || '{"state": "opening"}' || jsonb_build_object('expires_at', coalesce(paid.expires_at, at));
  end if;
  opened_at := (paid.snapshot ->> 'at')::timestamptz;
  if paid.expires_at > at + interval '5 minutes' and paid.short_url is not null
    and paid.short_url is distinct from p_request ->> 'instead'
    and (paid.amount, paid.quantity) = ((p_request ->> 'amount')::bigint, (p_request ->> 'seats')::integer)
    and not exists (
      select from oneai.payments as p
      -- Providers tell whole seconds.
      where p.subscription_id = paid.id and p.captured_at is not null
        and p.captured_at >= date_trunc('second', opened_at))
  then
    return answer || '{"state": "open"}';
  end if;
  if paid.pages >= 1000 then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = '{"retry_after": 3600}';
  end if;
  update oneai.subscriptions set checkout_locked_until = at + interval '30 seconds' where id = paid.id;
  return answer || jsonb_build_object('state', 'new', 'expires_at', date_trunc('second', at) + interval '24 hours');
end
$$;
revoke execute on function oneai.start_next_period from public;
grant execute on function oneai.start_next_period to oneai_app;

-- Counts one more payment page of a subscription, and returns its number, from 1.
create function oneai.add_payment_page(p_id uuid) returns integer
language sql security definer set search_path = ''
as $$ update oneai.subscriptions set pages = pages + 1, updated_at = oneai.now() where id = p_id returning pages $$;
revoke execute on function oneai.add_payment_page from public;
grant execute on function oneai.add_payment_page to oneai_app;

-- How many payment pages of a subscription were opened; 0 for an unknown one.
create function oneai.count_payment_pages(p_id uuid) returns integer
language sql stable security definer set search_path = ''
as $$ select coalesce((select s.pages from oneai.subscriptions as s where s.id = p_id), 0) $$;
revoke execute on function oneai.count_payment_pages from public;
grant execute on function oneai.count_payment_pages to oneai_app;

-- The request failed; the next one may create it.
create function oneai.release_checkout(p_id uuid) returns void
language sql security definer set search_path = ''
as $$ update oneai.subscriptions set checkout_locked_until = null where id = p_id $$;
revoke execute on function oneai.release_checkout from public;
grant execute on function oneai.release_checkout to oneai_app;

-- Up to `p_limit` checkouts whose creation was never confirmed: the open ones, and for two hours cancelled ones; none of
-- the providers in p_away. `late`: it was not confirmed within an hour, so it does not exist.
create function oneai.claim_unconfirmed_checkouts(p_limit integer, p_except uuid[], p_away text[]) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('id', u.id, 'payment_provider', u.payment_provider,
    'plan_ref', u.provider_plan_id, 'created_at', u.created_at, 'late', u.created_at <= oneai.now() - interval '1 hour')), '[]')
  from (
    select s.* from oneai.subscriptions as s
    where s.provider_subscription_id is null and s.provider_plan_id is not null and s.id <> all (p_except)
      and s.payment_provider <> all (p_away)
      and (s.checkout_locked_until is null or s.checkout_locked_until <= oneai.now())
      and ((s.status = 'none' and s.cancelled_at is null and s.access_ends_at is null)
        or s.created_at > oneai.now() - interval '2 hours')
    order by s.created_at, s.id limit p_limit) as u
$$;
revoke execute on function oneai.claim_unconfirmed_checkouts from public;
grant execute on function oneai.claim_unconfirmed_checkouts to oneai_app;

-- Cancels a checkout that the provider does not have; returns whether it did.
create function oneai.abandon_unconfirmed_checkout(p_id uuid) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  unconfirmed oneai.subscriptions;
begin
  perform 1 from oneai.workspaces
  where id = (select s.workspace_id from oneai.subscriptions as s where s.id = p_id) for no key update;
  select * into unconfirmed from oneai.subscriptions where id = p_id for no key update;
  if unconfirmed.provider_subscription_id is not null or unconfirmed.cancelled_at is not null
    or unconfirmed.checkout_locked_until > oneai.now()
  then
    return false;
  end if;
  perform oneai.cancel_checkout(p_id);
  return true;
end
$$;
revoke execute on function oneai.abandon_unconfirmed_checkout from public;
grant execute on function oneai.abandon_unconfirmed_checkout to oneai_app;

-- Whether a price can replace the current one: as oneai.is_on_sale. Raises ON403.
create function oneai.may_change_to(
  p_user uuid, p_workspace uuid, p_confirmed boolean, p_provider text, p_plan text, p_tier text, p_period text,
  p_currency text, p_amount bigint
) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.require_active_user(p_user, p_workspace, p_confirmed, 'spend');
  return oneai.is_on_sale(p_provider, p_plan, p_tier, p_period, p_currency, p_amount);
end
$$;
revoke execute on function oneai.may_change_to from public;
grant execute on function oneai.may_change_to to oneai_app;
