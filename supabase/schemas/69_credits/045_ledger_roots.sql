-- Daily roots of the ledger: each is one hash over the ends of all chains, signed, and published for everyone. Who has a root
-- can prove later that no entry under it was changed. docs/ledger.md names the bytes.
--
-- A day is sealed in 256 parts, by the first byte of the workspace's id, each in a transaction of its own. Sealing a part again
-- returns the same leaves, so a run that was killed is continued, and two runs compute the same root.

-- The end of a chain as a root has it. A chain that did not grow since an earlier root has no new row: its newest one of that
-- day or before counts.
create table oneai.ledger_leaves (
  workspace_id uuid not null,
  day date not null,
  -- The number and the hash of the chain's last entry.
  entries bigint not null check (entries > 0),
  hash text not null,
  primary key (workspace_id, day)
);

alter table oneai.ledger_leaves enable row level security;
create policy "service" on oneai.ledger_leaves to oneai_service using (true);
revoke all on oneai.ledger_leaves from anon, authenticated, service_role;
grant select on oneai.ledger_leaves to oneai_service;

-- The parts of a day that are sealed.
create table oneai.ledger_sealed_parts (
  day date not null,
  part integer not null check (part between 0 and 255),
  primary key (day, part)
);

alter table oneai.ledger_sealed_parts enable row level security;
create policy "service" on oneai.ledger_sealed_parts to oneai_service using (true);
revoke all on oneai.ledger_sealed_parts from anon, authenticated, service_role;
grant select on oneai.ledger_sealed_parts to oneai_service;

create table oneai.ledger_roots (
  -- From 1 without a gap.
  number bigint primary key,
  -- The UTC day.
  day date not null unique,
  at timestamptz not null,
  root text not null,
  -- The hash of what was signed as the root before; 64 zeros for the first.
  previous_hash text not null,
  -- Both in hexadecimal, for Ed25519.
  public_key text not null,
  signature text not null,
  -- The hash of each part, null where it has no chain: enough for the path of one workspace.
  parts text[] not null check (cardinality(parts) = 256)
);

alter table oneai.ledger_roots enable row level security;
create policy "service" on oneai.ledger_roots to oneai_service using (true);
revoke all on oneai.ledger_roots from anon, authenticated, service_role;
grant select on oneai.ledger_roots to oneai_service;

create trigger leaves_stay before update or delete or truncate on oneai.ledger_leaves
  for each statement execute function oneai.refuse_change();
create trigger sealed_parts_stay before update or delete or truncate on oneai.ledger_sealed_parts
  for each statement execute function oneai.refuse_change();
create trigger roots_stay before update or delete or truncate on oneai.ledger_roots
  for each statement execute function oneai.refuse_change();

-- The leaves of one part under the root of a day, as [workspace, entries, hash], in the order of their workspaces.
create function oneai.ledger_leaves_of(p_day date, p_part integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(jsonb_build_array(b.workspace_id, l.entries, l.hash) order by b.workspace_id), '[]')
  from oneai.credit_balances as b
  cross join lateral (
    select n.entries, n.hash from oneai.ledger_leaves as n
    where n.workspace_id = b.workspace_id and n.day <= p_day order by n.day desc limit 1) as l
  where b.workspace_id between (lpad(to_hex(p_part), 2, '0') || repeat('0', 30))::uuid
    and (lpad(to_hex(p_part), 2, '0') || repeat('f', 30))::uuid
$$;
revoke execute on function oneai.ledger_leaves_of from public;

-- Seals one part of a day, and returns its leaves. A part that is sealed stays as it was. The hash of a leaf is that of the
-- entry itself, not of the workspace's row of balances.
create function oneai.seal_ledger_part(p_day date, p_part integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.ledger_sealed_parts (day, part) values (p_day, p_part) on conflict do nothing;
  if found then
    insert into oneai.ledger_leaves (workspace_id, day, entries, hash)
    select b.workspace_id, p_day, e.number, e.hash
    from oneai.credit_balances as b
    join oneai.ledger_entries as e on e.workspace_id = b.workspace_id and e.number = b.entries
    left join lateral (
      select n.entries from oneai.ledger_leaves as n
      where n.workspace_id = b.workspace_id order by n.day desc limit 1) as last on true
    where b.workspace_id between (lpad(to_hex(p_part), 2, '0') || repeat('0', 30))::uuid
        and (lpad(to_hex(p_part), 2, '0') || repeat('f', 30))::uuid
      and e.number > coalesce(last.entries, 0);
  end if;
  return oneai.ledger_leaves_of(p_day, p_part);
end
$$;
revoke execute on function oneai.seal_ledger_part from public;
grant execute on function oneai.seal_ledger_part to oneai_app;

-- What the root of this UTC day needs: its number, day and time, and the root `before` it, null for the first. Null if the
-- day has its root.
create function oneai.due_ledger_root() returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('number', coalesce(last.number, 0) + 1, 'day', today.day, 'at', oneai.now(),
    'before', case when last.number is not null then to_jsonb(last) - 'parts' end)
  from (select (oneai.now() at time zone 'UTC')::date as day) as today
  left join lateral (select * from oneai.ledger_roots order by number desc limit 1) as last on true
  where coalesce(last.day < today.day, true)
$$;
revoke execute on function oneai.due_ledger_root from public;
grant execute on function oneai.due_ledger_root to oneai_app;

-- Stores the root of a day once, and returns whether it did: the first that arrives remains. p_root: the row without its parts.
create function oneai.store_ledger_root(p_root jsonb, p_parts text[]) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  made oneai.ledger_roots := jsonb_populate_record(null::oneai.ledger_roots, p_root);
begin
  made.parts := p_parts;
  insert into oneai.ledger_roots values (made.*) on conflict do nothing;
  return found;
end
$$;
revoke execute on function oneai.store_ledger_root from public;
grant execute on function oneai.store_ledger_root to oneai_app;

-- Up to p_limit roots before the number p_before, or the newest, newest first.
create function oneai.list_ledger_roots(p_before bigint, p_limit integer) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_agg(to_jsonb(r) - 'parts' order by r.number desc), '[]')
  from (select * from oneai.ledger_roots as n where n.number < coalesce(p_before, 9223372036854775807)
    order by n.number desc limit p_limit) as r
$$;
revoke execute on function oneai.list_ledger_roots from public;
grant execute on function oneai.list_ledger_roots to oneai_app;

-- What proves that the chain of the request's workspace is under the newest root: the root with its parts, and the leaves of the
-- workspace's part. Null if it is under none.
create function oneai.read_ledger_proof(p_user uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('workspace_id', w.id, 'root', to_jsonb(r),
    'leaves', oneai.ledger_leaves_of(r.day, ('x' || left(w.id::text, 2))::bit(8)::integer))
  from (select oneai.workspace_of_credits(p_user) as id) as w,
    (select * from oneai.ledger_roots order by number desc limit 1) as r
  where exists (select from oneai.ledger_leaves as l where l.workspace_id = w.id and l.day <= r.day)
$$;
revoke execute on function oneai.read_ledger_proof from public;
grant execute on function oneai.read_ledger_proof to oneai_app;
