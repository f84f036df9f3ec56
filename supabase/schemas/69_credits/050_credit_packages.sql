-- What credits cost: packages, and what a custom amount buys. Operators write these rows (ops/credit_packages.py). Prices
-- are in the currency's smallest unit; rupiah have none below the rupiah.

create table oneai.credit_packages (
  id text primary key check (id ~ '^credits_[a-z0-9]{1,20}$'),
  credit_micro_usd bigint not null check (credit_micro_usd between 1000000 and 10000000000),
  -- What comes with it without payment.
  bonus_micro_usd bigint not null default 0 check (bonus_micro_usd between 0 and 10000000000)
);

alter table oneai.credit_packages enable row level security;
revoke all on oneai.credit_packages from anon, authenticated, service_role;

-- A package is sold in the currencies that it has a price in.
create table oneai.credit_package_prices (
  package_id text not null references oneai.credit_packages (id),
  currency text not null check (currency in ('INR', 'USD', 'IDR')),
  amount bigint not null check (amount between 100 and 1000000000000),
  primary key (package_id, currency)
);

alter table oneai.credit_package_prices enable row level security;
revoke all on oneai.credit_package_prices from anon, authenticated, service_role;

-- Custom amounts of a currency: what a dollar of credits costs, and the smallest and the largest amount.
create table oneai.credit_rates (
  currency text primary key check (currency in ('INR', 'USD', 'IDR')),
  per_dollar bigint not null check (per_dollar between 1 and 1000000000),
  least bigint not null check (least >= 100),
  most bigint not null check (most <= 1000000000000),
  check (least <= most),
  -- The smallest amount buys at least a dollar.
  check (least >= per_dollar)
);

alter table oneai.credit_rates enable row level security;
revoke all on oneai.credit_rates from anon, authenticated, service_role;

insert into oneai.credit_packages (id, credit_micro_usd, bonus_micro_usd)
values ('credits_10', 10000000, 0), ('credits_50', 50000000, 10000000), ('credits_200', 200000000, 50000000);
insert into oneai.credit_package_prices (package_id, currency, amount)
values
  ('credits_10', 'INR', 99900), ('credits_10', 'USD', 1000), ('credits_10', 'IDR', 150000),
  ('credits_50', 'INR', 499900), ('credits_50', 'USD', 5000), ('credits_50', 'IDR', 750000),
  ('credits_200', 'INR', 1999900), ('credits_200', 'USD', 20000), ('credits_200', 'IDR', 3000000);
insert into oneai.credit_rates (currency, per_dollar, least, most)
values ('INR', 9990, 49900, 99900000), ('USD', 100, 500, 1000000), ('IDR', 15000, 75000, 150000000);

-- All packages with a price, the smallest first, and the rates of custom amounts.
create function oneai.read_credit_packages() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object(
    'packages', (
      select coalesce(jsonb_agg(jsonb_build_object('id', p.id, 'credit_micro_usd', p.credit_micro_usd,
        'bonus_micro_usd', p.bonus_micro_usd, 'prices', n.prices) order by p.credit_micro_usd, p.id), '[]')
      from oneai.credit_packages as p join (
        select package_id, jsonb_object_agg(currency, amount) as prices from oneai.credit_package_prices
        group by package_id) as n on n.package_id = p.id),
    'rates', (
      select coalesce(jsonb_agg(jsonb_build_object('currency', r.currency, 'per_dollar', r.per_dollar,
        'least', r.least, 'most', r.most) order by r.currency), '[]')
      from oneai.credit_rates as r))
$$;
revoke execute on function oneai.read_credit_packages from public;
grant execute on function oneai.read_credit_packages to oneai_app;

-- What is bought: {credit_micro_usd, bonus_micro_usd, listed}, the listed price in p_currency. p_package, or else the custom
-- p_amount, which has no bonus. Null if the package is not sold in this currency, or the amount is out of its range.
create function oneai.price_credits(p_package text, p_amount bigint, p_currency text) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('credit_micro_usd', p.credit_micro_usd, 'bonus_micro_usd', p.bonus_micro_usd,
    'listed', n.amount)
  from oneai.credit_packages as p join oneai.credit_package_prices as n on n.package_id = p.id
  where p.id = p_package and n.currency = p_currency
  union all
  select jsonb_build_object('credit_micro_usd', p_amount * 1000000 / r.per_dollar, 'bonus_micro_usd', 0,
    'listed', p_amount)
  from oneai.credit_rates as r
  where p_package is null and r.currency = p_currency and p_amount between r.least and r.most
$$;
revoke execute on function oneai.price_credits from public;
