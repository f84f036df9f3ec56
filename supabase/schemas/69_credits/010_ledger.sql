-- The ledger of prepaid credits: what was bought, given, used, expired and refunded, in micro-dollars.
--
-- Every movement is booked twice: its entries sum to zero. The entries of a workspace are a chain: each has the hash
-- of the one before (docs/ledger.md names the bytes). No role updates or deletes an entry or a movement. They have no
-- foreign key to the workspace and no user's id, so that an erasure changes neither.

-- The workspace's own accounts, one row for all of them, which is locked for every movement. The operator's accounts have no
-- row: they are summed from the entries.
create table oneai.credit_balances (
  workspace_id uuid primary key,
  -- The sums of the entries of its accounts. Credits that are held are still in them.
  paid_micro_usd bigint not null default 0 check (paid_micro_usd >= 0),
  promotional_micro_usd bigint not null default 0 check (promotional_micro_usd >= 0),
  -- Negative: what was used and is not paid.
  owed_micro_usd bigint not null default 0 check (owed_micro_usd <= 0),
  -- What open holds have taken from grants.
  held_micro_usd bigint not null default 0 check (held_micro_usd >= 0),
  -- The end of the chain: the number and the hash of its last entry.
  entries bigint not null default 0,
  last_hash text not null default repeat('0', 64)
) with (fillfactor = 70);

alter table oneai.credit_balances enable row level security;
create policy "service" on oneai.credit_balances to oneai_service using (true);
revoke all on oneai.credit_balances from anon, authenticated, service_role;
grant select on oneai.credit_balances to oneai_service;

-- A movement's id comes from its cause, so that no cause moves money twice. The checks below repeat the expression, as Postgres
-- does not put a function's in its place: it would be called four times for each answer.
create function oneai.movement_id(p_cause text) returns uuid
language sql immutable
as $$ select left(encode(sha256(convert_to(p_cause, 'UTF8')), 'hex'), 32)::uuid $$;
revoke execute on function oneai.movement_id from public;

create table oneai.ledger_movements (
  id uuid primary key,
  workspace_id uuid not null,
  -- The number of its last entry.
  number bigint not null,
  kind text not null check (kind in ('purchase', 'use', 'refund', 'expiry', 'grant', 'adjustment')),
  cause text not null check (id = left(encode(sha256(convert_to(cause, 'UTF8')), 'hex'), 32)::uuid),
  at timestamptz not null,
  -- The change of the workspace's credits, and what they are afterwards: paid and promotional together.
  amount_micro_usd bigint not null,
  balance_micro_usd bigint not null,
  grant_id uuid,
  message_id uuid,
  chatbot_id uuid,
  unique (workspace_id, number)
);
-- Nearly all movements are use; a page of the others finds them here.
create index ledger_movements_other_than_use on oneai.ledger_movements (workspace_id, kind, number) where kind <> 'use';

alter table oneai.ledger_movements enable row level security;
create policy "members see the movements" on oneai.ledger_movements
  for select to authenticated using (workspace_id = any (array(select oneai.my_managed_workspaces())));
create policy "service" on oneai.ledger_movements to oneai_service using (true);
revoke all on oneai.ledger_movements from anon, authenticated, service_role;
grant select on oneai.ledger_movements to authenticated, oneai_service;

create table oneai.ledger_entries (
  workspace_id uuid not null,
  -- Its place in the workspace's chain, from 1 without a gap.
  number bigint not null check (number > 0),
  movement_id uuid not null,
  account text not null
    check (account in ('paid', 'promotional', 'owed', 'sold', 'granted', 'used', 'expired', 'refunded', 'voided')),
  amount_micro_usd bigint not null check (amount_micro_usd <> 0),
  cause text not null check (movement_id = left(encode(sha256(convert_to(cause, 'UTF8')), 'hex'), 32)::uuid),
  at timestamptz not null,
  previous_hash text not null,
  hash text not null,
  primary key (workspace_id, number)
);

alter table oneai.ledger_entries enable row level security;
create policy "members see the entries" on oneai.ledger_entries
  for select to authenticated using (workspace_id = any (array(select oneai.my_managed_workspaces())));
create policy "service" on oneai.ledger_entries to oneai_service using (true);
revoke all on oneai.ledger_entries from anon, authenticated, service_role;
grant select on oneai.ledger_entries to authenticated, oneai_service;

-- Entries that are inserted together sum to zero for each movement.
create function oneai.require_balanced() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  if exists (select from inserted group by movement_id having sum(amount_micro_usd) <> 0) then
    raise exception using errcode = 'check_violation', message = 'the entries of a movement do not sum to zero';
  end if;
  return null;
end
$$;
revoke execute on function oneai.require_balanced from public;
create trigger entries_are_balanced after insert on oneai.ledger_entries
  referencing new table as inserted for each statement execute function oneai.require_balanced();

create function oneai.refuse_change() returns trigger
language plpgsql set search_path = ''
as $$
begin
  raise exception using errcode = 'insufficient_privilege', message = 'the ledger is not changed';
end
$$;
revoke execute on function oneai.refuse_change from public;
create trigger movements_stay before update or delete or truncate on oneai.ledger_movements
  for each statement execute function oneai.refuse_change();
create trigger entries_stay before update or delete or truncate on oneai.ledger_entries
  for each statement execute function oneai.refuse_change();

-- The hash of an entry, in hexadecimal. docs/ledger.md has the same bytes in words.
create function oneai.entry_hash(
  p_workspace uuid, p_number bigint, p_account text, p_amount bigint, p_cause text, p_at timestamptz, p_previous text)
returns text
language sql immutable
as $$
  select encode(sha256(convert_to(concat_ws('|', 1, p_number, p_workspace, p_account, p_amount, p_cause,
    (extract(epoch from p_at) * 1000000)::bigint, p_previous), 'UTF8')), 'hex')
$$;
revoke execute on function oneai.entry_hash from public;

-- Locks the workspace's accounts, which are created with their first movement. It is locked after the workspace.
create function oneai.lock_credits(p_workspace uuid) returns oneai.credit_balances
language plpgsql
as $$
declare
  locked oneai.credit_balances;
begin
  select * into locked from oneai.credit_balances where workspace_id = p_workspace for no key update;
  if not found then
    insert into oneai.credit_balances (workspace_id) values (p_workspace) on conflict do nothing;
    select * into locked from oneai.credit_balances where workspace_id = p_workspace for no key update;
  end if;
  return locked;
end
$$;
revoke execute on function oneai.lock_credits from public;

-- Books a movement of a workspace whose accounts are locked (`head`) once: false if its cause has moved money before. p_accounts in
-- the order of their names, with the amount of each in p_amounts; they sum to zero. p_released: what is held no longer.
create function oneai.book_movement(
  head oneai.credit_balances, p_kind text, p_cause text, p_accounts text[], p_amounts bigint[], p_grant uuid, p_message uuid,
  p_chatbot uuid, p_at timestamptz, p_released bigint)
returns boolean
language plpgsql
as $$
declare
  movement constant uuid := left(encode(sha256(convert_to(p_cause, 'UTF8')), 'hex'), 32)::uuid;
  paid bigint := 0;
  promotional bigint := 0;
  owed bigint := 0;
  number bigint := head.entries;
  previous text := head.last_hash;
  hashed text;
  made oneai.ledger_entries[];
begin
  for n in 1 .. cardinality(p_accounts) loop
    continue when p_amounts[n] = 0;
    number := number + 1;
    hashed := oneai.entry_hash(head.workspace_id, number, p_accounts[n], p_amounts[n], p_cause, p_at, previous);
    made[number - head.entries] := row(head.workspace_id, number, movement, p_accounts[n], p_amounts[n], p_cause, p_at, previous,
      hashed)::oneai.ledger_entries;
    previous := hashed;
    case p_accounts[n]
      when 'paid' then paid := p_amounts[n];
      when 'promotional' then promotional := p_amounts[n];
      when 'owed' then owed := p_amounts[n];
      else null;
    end case;
  end loop;
  if made is not null then
    insert into oneai.ledger_movements (
      id, workspace_id, number, kind, cause, at, amount_micro_usd, balance_micro_usd, grant_id, message_id, chatbot_id)
    values (movement, head.workspace_id, number, p_kind, p_cause, p_at, paid + promotional,
      head.paid_micro_usd + head.promotional_micro_usd + paid + promotional, p_grant, p_message, p_chatbot)
    on conflict (id) do nothing;
    if not found then
      made := null;
    end if;
  end if;
  if made is null then
    if p_released <> 0 then
      update oneai.credit_balances set held_micro_usd = held_micro_usd - p_released where workspace_id = head.workspace_id;
    end if;
    return false;
  end if;
  insert into oneai.ledger_entries select * from unnest(made);
  update oneai.credit_balances
  set paid_micro_usd = paid_micro_usd + paid, promotional_micro_usd = promotional_micro_usd + promotional,
      owed_micro_usd = owed_micro_usd + owed, held_micro_usd = held_micro_usd - p_released, entries = number, last_hash = previous
  where workspace_id = head.workspace_id;
  return true;
end
$$;
revoke execute on function oneai.book_movement from public;

-- The same with the amount of each account in p_amounts, and with grant_id, message_id and chatbot_id in p_refs. Locks the accounts.
create function oneai.post_movement(
  p_workspace uuid, p_kind text, p_cause text, p_amounts jsonb, p_refs jsonb default '{}',
  p_at timestamptz default oneai.now())
returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  accounts text[];
  amounts bigint[];
begin
  select array_agg(a.key order by a.key collate "C"), array_agg(a.value::bigint order by a.key collate "C") into accounts, amounts
  from jsonb_each_text(p_amounts) as a;
  return oneai.book_movement(oneai.lock_credits(p_workspace), p_kind, p_cause, accounts, amounts, (p_refs ->> 'grant_id')::uuid,
    (p_refs ->> 'message_id')::uuid, (p_refs ->> 'chatbot_id')::uuid, p_at, 0);
end
$$;
revoke execute on function oneai.post_movement from public;
