-- When a workspace may pay at another provider or in another currency.

-- Whether a payment was captured and bought something. One that is refunded because it buys nothing, such as that of a
-- card of another country, does not count.
create function oneai.has_bought(p oneai.payments) returns boolean
language sql stable security definer set search_path = ''
as $$
  select p.captured_at is not null and not exists (
    select from oneai.provider_operations as c where c.payment_id = p.id and c.reason = 'unexpected_charge')
$$;
revoke execute on function oneai.has_bought from public;

-- The currency of the workspace's newest payment for a plan; null without one.
create function oneai.currency_of_plans(p_workspace uuid) returns text
language sql stable security definer set search_path = ''
as $$
  select p.currency from oneai.payments as p
  where p.workspace_id = p_workspace and p.subscription_id is not null and oneai.has_bought(p)
  order by p.captured_at desc, p.id desc limit 1
$$;
revoke execute on function oneai.currency_of_plans from public;

-- When the workspace's payments for plans last changed their currency; null if they never did.
create function oneai.currency_changed_at(p_workspace uuid) returns timestamptz
language sql stable security definer set search_path = ''
as $$
  select min(p.captured_at) from oneai.payments as p
  where p.workspace_id = p_workspace and p.subscription_id is not null and oneai.has_bought(p) and p.captured_at > (
    select max(o.captured_at) from oneai.payments as o
    where o.workspace_id = p_workspace and o.subscription_id is not null and oneai.has_bought(o)
      and o.currency <> oneai.currency_of_plans(p_workspace))
$$;
revoke execute on function oneai.currency_changed_at from public;

-- Raises ON422 for a change of the provider or the currency that would begin within a paid period, and for one of the
-- currency within 90 days of the last. `running`: the subscription that p_request replaces, if there is one.
create function oneai.require_change_of_payer(p_workspace uuid, running oneai.subscriptions, p_request jsonb) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if (running.payment_provider, running.currency) is distinct from (p_request ->> 'provider', p_request ->> 'currency')
    and oneai.paid_through(running) > oneai.now() + interval '1 hour'
    and coalesce((p_request ->> 'start_at')::timestamptz, '-infinity') < oneai.paid_through(running)
  then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "currency", "code": "while_running"}]}';
  elsif oneai.currency_of_plans(p_workspace) <> p_request ->> 'currency'
    and oneai.currency_changed_at(p_workspace) > oneai.now() - interval '90 days'
  then
    raise exception using errcode = 'ON422', message = 'invalid_request',
      detail = '{"details": [{"field": "currency", "code": "changed_recently"}]}';
  end if;
end
$$;
revoke execute on function oneai.require_change_of_payer from public;
