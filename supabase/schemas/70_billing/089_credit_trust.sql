-- How many credits may be bought: more with time, counted by buyer, by instrument and by billing address, over all workspaces.
-- Operators write the levels and raise the limit of a workspace (ops/credits.py).

create table oneai.credit_trust_levels (
  -- Days since the first purchase that counts.
  after_days integer primary key check (after_days >= 0),
  -- What may be bought within thirty days.
  max_micro_usd bigint not null check (max_micro_usd > 0)
);

alter table oneai.credit_trust_levels enable row level security;
revoke all on oneai.credit_trust_levels from anon, authenticated, service_role;

insert into oneai.credit_trust_levels (after_days, max_micro_usd) values (0, 50000000), (7, 200000000), (30, 10000000000);

-- A limit that an operator set for purchases of one workspace, in place of the levels.
create table oneai.credit_buying_limits (
  workspace_id uuid primary key references oneai.workspaces (id) on delete cascade,
  max_micro_usd bigint not null check (max_micro_usd >= 0),
  set_at timestamptz not null default oneai.now()
);

alter table oneai.credit_buying_limits enable row level security;
revoke all on oneai.credit_buying_limits from anon, authenticated, service_role;

-- The workspace's billing address without its punctuation, hashed.
create function oneai.billing_address_hash(p_workspace uuid) returns bytea
language plpgsql stable security definer set search_path = ''
as $$
begin
  return (
    select sha256(convert_to(
      concat_ws('|', regexp_replace(lower(d.address), '[^[:alnum:]]+', '', 'g'), lower(d.state), lower(d.country)), 'UTF8'))
    from oneai.billing_details as d where d.workspace_id = p_workspace);
end
$$;
revoke execute on function oneai.billing_address_hash from public;

-- What one party bought lately: of each order that it paid, less what was refunded, and with p_open of each that can still be paid.
create function oneai.credits_bought(
  p_by text, p_user uuid, p_hash bytea, p_except uuid, p_open boolean, out bought bigint, out first_at timestamptz)
language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(o.credit_micro_usd - o.refunded_micro_usd) filter (
      where o.paid_at > oneai.now() - interval '30 days' or (o.paid_at is null and p_open and o.expires_at > oneai.now())), 0),
    min(o.paid_at)
  from oneai.credit_orders as o
  where o.id <> p_except and case p_by when 'person' then o.user_id = p_user when 'address' then o.address_hash = p_hash
    else o.instrument_hash = p_hash end
$$;
revoke execute on function oneai.credits_bought from public;

-- What may still be bought with an order: {max_micro_usd, left_micro_usd, counted_by} of the party that may buy least. Purchases
-- of the same parties wait for each other here. p_open: whether unpaid orders count.
create function oneai.credit_allowance(o oneai.credit_orders, p_open boolean) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  party record;
  sum record;
  raised constant bigint := (select l.max_micro_usd from oneai.credit_buying_limits as l where l.workspace_id = o.workspace_id);
  most bigint;
  least_left bigint;
  answer jsonb;
begin
  perform pg_advisory_xact_lock(k.key) from (
    select distinct hashtextextended('credits ' || p.key, 0) as key
    from unnest(array[o.user_id::text, encode(o.address_hash, 'hex'), encode(o.instrument_hash, 'hex')]) as p (key)
    where p.key is not null order by 1) as k;
  for party in select * from (values ('person', null::bytea, o.user_id is not null), ('address', o.address_hash, true),
    ('instrument', o.instrument_hash, o.instrument_hash is not null)) as p (kind, hash, is_known) where p.is_known
  loop
    sum := oneai.credits_bought(party.kind, o.user_id, party.hash, o.id, p_open);
    most := coalesce(raised, (
      select l.max_micro_usd from oneai.credit_trust_levels as l
      where l.after_days = 0 or sum.first_at <= oneai.now() - make_interval(days => l.after_days)
      order by l.after_days desc limit 1), 0);
    if least_left is null or most - sum.bought < least_left then
      least_left := most - sum.bought;
      answer := jsonb_build_object('max_micro_usd', most, 'left_micro_usd', greatest(least_left, 0), 'counted_by', party.kind);
    end if;
  end loop;
  return answer;
end
$$;
revoke execute on function oneai.credit_allowance from public;

-- Whether a lost dispute ends buying for the order's workspace, buyer, instrument or billing address.
create function oneai.is_buying_blocked(o oneai.credit_orders) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (
    select from oneai.credit_blocks as k where k.released_at is null and (
      k.workspace_id = o.workspace_id or k.user_id = o.user_id or k.address_hash = o.address_hash
      or k.instrument_hash = o.instrument_hash))
$$;
revoke execute on function oneai.is_buying_blocked from public;

-- Raises ON403 credits_blocked, or credit_limit_reached with what may still be bought. An instrument that the buyer paid with
-- before counts too.
create function oneai.require_credit_allowance(o oneai.credit_orders) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  asked oneai.credit_orders := o;
  allowance jsonb;
begin
  asked.instrument_hash := (
    select p.instrument_hash from oneai.credit_orders as p
    where p.user_id = o.user_id and p.instrument_hash is not null order by p.paid_at desc nulls last limit 1);
  if oneai.is_buying_blocked(asked) then
    raise exception using errcode = 'ON403', message = 'credits_blocked';
  end if;
  allowance := oneai.credit_allowance(asked, true);
  if (allowance ->> 'left_micro_usd')::bigint < o.credit_micro_usd then
    raise exception using errcode = 'ON403', message = 'credit_limit_reached', detail = allowance;
  end if;
end
$$;
revoke execute on function oneai.require_credit_allowance from public;

-- Decides for each of p_payments {payment_id, order_id, instrument} (hexadecimal, or null) whether it buys its order for
-- credits, once; returns the rejections by the payment's id, null for one that buys. Its workspace is locked.
create function oneai.judge_credit_payments(p_payments jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  each record;
  bought oneai.credit_orders;
begin
  for each in select * from jsonb_to_recordset(p_payments) as n (payment_id uuid, order_id uuid, instrument text)
    where not exists (select from oneai.credit_payments as d where d.payment_id = n.payment_id) order by n.payment_id
  loop
    update oneai.credit_orders set instrument_hash = coalesce(decode(each.instrument, 'hex'), instrument_hash)
    where id = each.order_id returning * into bought;
    insert into oneai.credit_payments (payment_id, credit_order_id, rejection)
    values (each.payment_id, bought.id, case
      when oneai.is_buying_blocked(bought) then 'buying_blocked'
      when (oneai.credit_allowance(bought, false) ->> 'left_micro_usd')::bigint < bought.credit_micro_usd then 'over_limit' end);
  end loop;
  return (
    select jsonb_object_agg(d.payment_id, d.rejection) from oneai.credit_payments as d
    where d.payment_id in (select (n ->> 'payment_id')::uuid from jsonb_array_elements(p_payments) as n));
end
$$;
revoke execute on function oneai.judge_credit_payments from public;
grant execute on function oneai.judge_credit_payments to oneai_app;
