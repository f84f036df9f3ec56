-- Which payment provider takes whose payments. Operators write these rows (ops/payment_providers.py);
-- oneai/billing/providers/choice.py reads them. `*` stands for every country, or every currency.
create table oneai.payment_provider_rules (
  country text not null check (country ~ '^([A-Z]{2}|\*)$'),
  currency text not null check (currency ~ '^([A-Z]{3}|\*)$'),
  -- The providers that a buyer may choose, the default first.
  payment_providers text[] not null check (array_length(payment_providers, 1) between 1 and 10),
  -- Those that take the payments where none of `payment_providers` is configured.
  otherwise text[] not null default '{}',
  changed_at timestamptz not null default oneai.now(),
  primary key (country, currency)
);

alter table oneai.payment_provider_rules enable row level security;
revoke all on oneai.payment_provider_rules from anon, authenticated, service_role;

-- Rupees are sold to every country, and rupiah are shown before the country is known.
insert into oneai.payment_provider_rules (country, currency, payment_providers, otherwise, changed_at)
values
  ('IN', '*', '{razorpay}', '{}', '2026-11-27 00:00:00+00'),
  ('ID', '*', '{midtrans}', '{}', '2026-11-27 00:00:00+00'),
  ('*', 'INR', '{razorpay}', '{}', '2026-11-27 00:00:00+00'),
  ('*', 'IDR', '{midtrans}', '{}', '2026-11-27 00:00:00+00'),
  ('*', '*', '{stripe}', '{razorpay}', '2026-11-27 00:00:00+00');

-- Every rule.
create function oneai.read_payment_provider_rules() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_object('country', r.country, 'currency', r.currency,
    'payment_providers', r.payment_providers, 'otherwise', r.otherwise) order by r.country, r.currency), '[]')
  from oneai.payment_provider_rules as r
$$;
revoke execute on function oneai.read_payment_provider_rules from public;
grant execute on function oneai.read_payment_provider_rules to oneai_app;
