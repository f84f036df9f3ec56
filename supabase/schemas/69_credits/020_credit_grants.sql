-- Grants of credits, and the holds of answers on them. All functions lock the workspace's accounts (oneai.lock_credits).

create table oneai.credit_grants (
  id uuid primary key,
  workspace_id uuid not null,
  -- `bonus` came with the purchase `bonus_of`.
  kind text not null check (kind in ('paid', 'bonus', 'promotional')),
  bonus_of uuid references oneai.credit_grants (id) check ((bonus_of is not null) = (kind = 'bonus')),
  granted_micro_usd bigint not null check (granted_micro_usd > 0),
  -- Neither used nor held.
  remaining_micro_usd bigint not null check (remaining_micro_usd >= 0),
  held_micro_usd bigint not null default 0 check (held_micro_usd >= 0),
  used_micro_usd bigint not null default 0 check (used_micro_usd >= 0),
  granted_at timestamptz not null default oneai.now(),
  expires_at timestamptz not null,
  -- When it ended before that: it was refunded or taken back.
  voided_at timestamptz,
  -- What of it was booked as refunded; null: it is not refunded.
  refunded_micro_usd bigint check (refunded_micro_usd >= 0),
  -- Whether its payment is in dispute, and since when it cannot be used, for that or because its workspace is being deleted.
  -- It does not end meanwhile.
  disputed boolean not null default false,
  frozen_at timestamptz,
  -- What of its use was booked as owed, because its payment was lost in a dispute.
  owed_micro_usd bigint not null default 0 check (owed_micro_usd >= 0),
  -- How often a rest of it has ended: a hold that was made before the end can give back afterwards.
  ends integer not null default 0,
  check (remaining_micro_usd + held_micro_usd + used_micro_usd <= granted_micro_usd)
) with (fillfactor = 70);
-- Neither key nor condition of an index changes with each answer, so that no index is written for it.
create index credit_grants_of_workspace on oneai.credit_grants (workspace_id, expires_at);
create index credit_grants_ending on oneai.credit_grants (expires_at) where kind = 'paid';
create index credit_grants_of_purchase on oneai.credit_grants (bonus_of) where bonus_of is not null;

alter table oneai.credit_grants enable row level security;
create policy "members see the grants" on oneai.credit_grants
  for select to authenticated using (workspace_id = any (array(select oneai.my_managed_workspaces())));
create policy "service" on oneai.credit_grants to oneai_service using (true);
revoke all on oneai.credit_grants from anon, authenticated, service_role;
grant select on oneai.credit_grants to authenticated, oneai_service;

-- What a hold took from one grant: what is held of it now, and what was used. `line`: what it is held for after the answer
-- (`title`, `summary`); null: the answer itself.
create type oneai.credit_part as (grant_id uuid, line text, held_micro_usd bigint, used_micro_usd bigint);

create table oneai.credit_holds (
  -- The id of the reservation.
  id uuid primary key,
  workspace_id uuid not null,
  message_id uuid,
  chatbot_id uuid,
  -- What the answer may cost.
  held_micro_usd bigint not null check (held_micro_usd > 0),
  -- What is held now, for the answer and after it for its lines, and since when.
  open_micro_usd bigint not null check (open_micro_usd >= 0),
  held_at timestamptz not null default oneai.now(),
  settled_at timestamptz,
  charged_micro_usd bigint check (charged_micro_usd >= 0),
  -- The part of it that no credits were left for.
  owed_micro_usd bigint not null default 0 check (owed_micro_usd >= 0),
  given_back_micro_usd bigint not null default 0 check (given_back_micro_usd between 0 and charged_micro_usd),
  -- The price as it was when the answer was admitted: of the dearest model, and `markups` of each if they differ; once it is
  -- settled, that of the model which answered.
  markup_percent integer not null default 100,
  min_micro_usd bigint not null default 0,
  markups jsonb,
  -- What the answer and all that it caused have cost so far, and what was charged for that.
  cost_micro_usd bigint not null default 0,
  priced_micro_usd bigint not null default 0,
  -- In the order in which the grants are used. An array, because each answer would write a row, an index and two foreign keys
  -- for a part of its own.
  parts oneai.credit_part[] not null,
  check ((settled_at is null) = (charged_micro_usd is null))
) with (fillfactor = 70);
create index credit_holds_open on oneai.credit_holds (held_at) where open_micro_usd > 0;

alter table oneai.credit_holds enable row level security;
create policy "service" on oneai.credit_holds to oneai_service using (true);
revoke all on oneai.credit_holds from anon, authenticated, service_role;
grant select on oneai.credit_holds to oneai_service;

-- The account that a grant of this kind is in.
create function oneai.account_of_grant(p_kind text) returns text
language sql immutable
as $$ select case p_kind when 'paid' then 'paid' else 'promotional' end $$;
revoke execute on function oneai.account_of_grant from public;

-- What a workspace can use now, whether or not an end that has come is booked. Nothing while it is blocked.
create function oneai.available_credits(p_workspace uuid) returns bigint
language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(g.remaining_micro_usd), 0)::bigint from oneai.credit_grants as g
  where g.workspace_id = p_workspace and g.remaining_micro_usd > 0 and g.expires_at > oneai.now()
    and g.voided_at is null and g.frozen_at is null
    and not exists (select from oneai.credit_blocks as k where k.workspace_id = p_workspace and k.released_at is null)
$$;
revoke execute on function oneai.available_credits from public;

-- What answers used of a purchase and of its bonus, with what they hold.
create function oneai.used_of_purchase(p_grant uuid, out used bigint, out held bigint)
language sql stable security definer set search_path = ''
as $$
  select coalesce(sum(g.used_micro_usd), 0)::bigint, coalesce(sum(g.held_micro_usd), 0)::bigint
  from oneai.credit_grants as g where g.id = p_grant or g.bonus_of = p_grant
$$;
revoke execute on function oneai.used_of_purchase from public;

-- Books the rests of grants whose end has come. Readers of movements call it first, so no job is needed. Of a purchase that is
-- refunded, what its use left of the price is booked as refunded, and the rest as voided.
create function oneai.end_credit_grants(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  ended oneai.credit_grants;
  use record;
  refunded bigint;
begin
  if not exists (select from oneai.credit_grants as g where g.workspace_id = p_workspace and g.remaining_micro_usd > 0
    and ((g.expires_at <= oneai.now() and g.frozen_at is null) or g.voided_at is not null))
  then
    return;
  end if;
  perform oneai.lock_credits(p_workspace);
  for ended in select * from oneai.credit_grants as g where g.workspace_id = p_workspace and g.remaining_micro_usd > 0
    and ((g.expires_at <= oneai.now() and g.frozen_at is null) or g.voided_at is not null)
    order by coalesce(g.voided_at, g.expires_at), g.id
  loop
    refunded := 0;
    -- What comes back after the refund was sent is not refunded.
    if ended.refunded_micro_usd is not null and not oneai.credit_refund_was_sent(ended.id) then
      use := oneai.used_of_purchase(ended.id);
      refunded := greatest(least(ended.remaining_micro_usd,
        ended.granted_micro_usd - use.used - use.held - ended.refunded_micro_usd), 0);
    end if;
    perform oneai.post_movement(p_workspace,
      case when refunded > 0 then 'refund' when ended.voided_at is not null then 'adjustment' else 'expiry' end,
      concat_ws(':', case when ended.voided_at is not null then 'void' else 'expiry' end, ended.id, ended.ends),
      jsonb_build_object(oneai.account_of_grant(ended.kind), -ended.remaining_micro_usd, 'refunded', refunded,
        case when ended.voided_at is not null then 'voided' else 'expired' end, ended.remaining_micro_usd - refunded),
      jsonb_build_object('grant_id', ended.id),
      case when ended.ends = 0 then coalesce(ended.voided_at, ended.expires_at) else oneai.now() end);
    update oneai.credit_grants set remaining_micro_usd = 0, ends = ends + 1,
      refunded_micro_usd = refunded_micro_usd + refunded
    where id = ended.id;
  end loop;
end
$$;
revoke execute on function oneai.end_credit_grants from public;

-- Whether a lost dispute blocks the credits of a workspace.
create function oneai.credits_are_blocked(p_workspace uuid) returns boolean
language plpgsql stable
as $$
begin
  return exists (select from oneai.credit_blocks as k where k.workspace_id = p_workspace and k.released_at is null);
end
$$;
revoke execute on function oneai.credits_are_blocked from public;

-- Takes up to p_amount from the grants that can be used now: those that end on the soonest day first, and of these promotional
-- before paid. With p_whole all of it, or nothing (`parts` is null). p_use: whether it is used at once, else it is held, for p_line.
-- Returns what was taken of each grant, and of paid and promotional credits. The caller has locked the accounts.
create function oneai.take_credits(
  p_workspace uuid, p_amount bigint, p_whole boolean, p_use boolean, p_line text, out parts oneai.credit_part[], out paid bigint,
  out promotional bigint)
language plpgsql
as $$
declare
  wanted bigint := p_amount;
  taken bigint;
  part oneai.credit_part;
  found_grant record;
begin
  -- Nearly always the first grant has all of it.
  update oneai.credit_grants as g
  set remaining_micro_usd = g.remaining_micro_usd - p_amount,
      held_micro_usd = g.held_micro_usd + case when p_use then 0 else p_amount end,
      used_micro_usd = g.used_micro_usd + case when p_use then p_amount else 0 end
  where g.remaining_micro_usd >= p_amount and g.id = (
    select n.id from oneai.credit_grants as n
    where n.workspace_id = p_workspace and n.remaining_micro_usd > 0 and n.expires_at > oneai.now() and n.voided_at is null
      and n.frozen_at is null
    order by (n.expires_at at time zone 'UTC')::date, n.kind = 'paid', n.expires_at, n.granted_at, n.id limit 1)
  returning g.id, g.kind into found_grant;
  if found then
    parts := array[row(found_grant.id, p_line, case when p_use then 0 else p_amount end,
      case when p_use then p_amount else 0 end)::oneai.credit_part];
    paid := case found_grant.kind when 'paid' then p_amount else 0 end;
    promotional := p_amount - paid;
    return;
  end if;
  parts := '{}';
  paid := 0;
  promotional := 0;
  for found_grant in select g.id, g.kind, g.remaining_micro_usd from oneai.credit_grants as g
    where g.workspace_id = p_workspace and g.remaining_micro_usd > 0 and g.expires_at > oneai.now() and g.voided_at is null
      and g.frozen_at is null
    order by (g.expires_at at time zone 'UTC')::date, g.kind = 'paid', g.expires_at, g.granted_at, g.id
  loop
    exit when wanted = 0;
    taken := least(wanted, found_grant.remaining_micro_usd);
    wanted := wanted - taken;
    parts := parts || row(found_grant.id, p_line, case when p_use then 0 else taken end, case when p_use then taken else 0 end)::oneai.credit_part;
    if found_grant.kind = 'paid' then
      paid := paid + taken;
    else
      promotional := promotional + taken;
    end if;
  end loop;
  if p_whole and wanted > 0 then
    parts := null;
    return;
  end if;
  foreach part in array parts loop
    update oneai.credit_grants
    set remaining_micro_usd = remaining_micro_usd - part.held_micro_usd - part.used_micro_usd,
        held_micro_usd = held_micro_usd + part.held_micro_usd, used_micro_usd = used_micro_usd + part.used_micro_usd
    where id = part.grant_id;
  end loop;
end
$$;
revoke execute on function oneai.take_credits from public;

-- Ends what is held for p_line (null: the answer itself): uses up to p_use of it and gives the rest back to its grants, in whose
-- order it stands in p_parts. All lines but p_keep end with it unused (null: none do). Returns the parts, what was used of paid and of
-- promotional credits, and whether something came back to a grant that has ended. The caller has locked the accounts.
create function oneai.end_held_parts(
  p_parts oneai.credit_part[], p_line text, p_use bigint, p_keep text[], out parts oneai.credit_part[], out paid bigint,
  out promotional bigint, out into_ended boolean)
language plpgsql
as $$
declare
  used bigint;
  changed record;
begin
  parts := p_parts;
  paid := 0;
  promotional := 0;
  into_ended := false;
  for n in 1 .. cardinality(parts) loop
    continue when parts[n].held_micro_usd = 0
      or parts[n].line is distinct from p_line and coalesce(parts[n].line is null or parts[n].line = any (p_keep), true);
    used := case when parts[n].line is distinct from p_line then 0
      else least(p_use - paid - promotional, parts[n].held_micro_usd) end;
    update oneai.credit_grants
    set held_micro_usd = held_micro_usd - parts[n].held_micro_usd, used_micro_usd = used_micro_usd + used,
        remaining_micro_usd = remaining_micro_usd + parts[n].held_micro_usd - used
    where id = parts[n].grant_id
    returning kind, voided_at is not null or expires_at <= oneai.now() and frozen_at is null as ended into changed;
    into_ended := into_ended or changed.ended and used < parts[n].held_micro_usd;
    if changed.kind = 'paid' then
      paid := paid + used;
    else
      promotional := promotional + used;
    end if;
    parts[n].held_micro_usd := 0;
    parts[n].used_micro_usd := parts[n].used_micro_usd + used;
  end loop;
end
$$;
revoke execute on function oneai.end_held_parts from public;

-- Pays what is owed from credits that came or came back. Its cause is the number of the chain's last entry, as what is owed
-- can be paid in several parts.
create function oneai.repay_owed_credits(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  head constant oneai.credit_balances := oneai.lock_credits(p_workspace);
  taken record;
begin
  if head.owed_micro_usd < 0 then
    taken := oneai.take_credits(p_workspace, -head.owed_micro_usd, false, true, null);
    perform oneai.post_movement(p_workspace, 'adjustment', concat_ws(':', 'owed', p_workspace, head.entries),
      jsonb_build_object('paid', -taken.paid, 'promotional', -taken.promotional, 'owed', taken.paid + taken.promotional));
  end if;
end
$$;
revoke execute on function oneai.repay_owed_credits from public;

-- Gives a workspace credits, once for each id: false if it has this grant. p_kind: `paid`, `bonus` of the purchase
-- p_bonus_of, or `promotional`.
create function oneai.grant_credits(
  p_workspace uuid, p_id uuid, p_kind text, p_amount bigint, p_expires_at timestamptz, p_bonus_of uuid default null)
returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.lock_credits(p_workspace);
  insert into oneai.credit_grants (
    id, workspace_id, kind, bonus_of, granted_micro_usd, remaining_micro_usd, expires_at)
  values (p_id, p_workspace, p_kind, p_bonus_of, p_amount, p_amount, p_expires_at)
  on conflict (id) do nothing;
  if not found then
    return false;
  end if;
  perform oneai.post_movement(p_workspace, case p_kind when 'paid' then 'purchase' else 'grant' end,
    concat_ws(':', case p_kind when 'paid' then 'purchase' else 'grant' end, p_id),
    jsonb_build_object(oneai.account_of_grant(p_kind), p_amount, case p_kind when 'paid' then 'sold' else 'granted' end,
      -p_amount),
    jsonb_build_object('grant_id', p_id));
  perform oneai.repay_owed_credits(p_workspace);
  return true;
end
$$;
revoke execute on function oneai.grant_credits from public;

-- Ends a grant and those that came as its bonus: what is left of it is booked as void, and what holds have of it when they
-- are settled. p_refunded: its price is refunded. False if it has ended.
create function oneai.void_credit_grant(p_id uuid, p_refunded boolean default false) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  workspace constant uuid := (select g.workspace_id from oneai.credit_grants as g where g.id = p_id);
  ended boolean;
begin
  perform oneai.lock_credits(workspace);
  perform oneai.end_credit_grants(workspace);
  update oneai.credit_grants set voided_at = oneai.now(),
    refunded_micro_usd = case when p_refunded and id = p_id then 0 end
  where (id = p_id or bonus_of = p_id) and voided_at is null and (expires_at > oneai.now() or frozen_at is not null);
  ended := found;
  perform oneai.end_credit_grants(workspace);
  return ended;
end
$$;
revoke execute on function oneai.void_credit_grant from public;

-- Freezes the workspace's grants that are in dispute, or all of them while it is being deleted, and thaws the others: their end
-- moves by the time in which they were frozen.
create function oneai.freeze_credit_grants(p_workspace uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  -- A personal workspace is deleted with its user.
  deleting constant boolean := exists (
    select from oneai.workspaces as w where w.id = p_workspace and w.deletes_at is not null)
    or exists (select from oneai.users as u where u.id = p_workspace and u.deletes_at is not null);
begin
  if not exists (select from oneai.credit_grants as g where g.workspace_id = p_workspace) then
    return;
  end if;
  perform oneai.lock_credits(p_workspace);
  perform oneai.end_credit_grants(p_workspace);
  update oneai.credit_grants set frozen_at = oneai.now()
  where workspace_id = p_workspace and frozen_at is null and (deleting or disputed) and voided_at is null
    and expires_at > oneai.now();
  update oneai.credit_grants set expires_at = expires_at + (oneai.now() - frozen_at), frozen_at = null
  where workspace_id = p_workspace and frozen_at is not null and not (deleting or disputed);
end
$$;
revoke execute on function oneai.freeze_credit_grants from public;

-- Books the use of a purchase whose payment is gone (p_why: `dispute`, or `displaced` by an earlier payment of its order), and what
-- had been refunded of it, as owed, once for each micro-dollar: also what answers use that held it before, and less what was given
-- back since, as far as it is still owed.
create function oneai.owe_unpaid_credits(p_grant uuid, p_why text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  lost oneai.credit_grants;
  head oneai.credit_balances;
  more bigint;
begin
  head := oneai.lock_credits((select g.workspace_id from oneai.credit_grants as g where g.id = p_grant));
  select * into lost from oneai.credit_grants where id = p_grant;
  -- The payer has a refund that was sent twice now.
  more := greatest((oneai.used_of_purchase(p_grant)).used - lost.owed_micro_usd
    + case when oneai.credit_refund_was_sent(p_grant) then coalesce(lost.refunded_micro_usd, 0) else 0 end, head.owed_micro_usd);
  if more <> 0 then
    perform oneai.post_movement(lost.workspace_id, 'adjustment', concat_ws(':', p_why, p_grant, head.entries),
      jsonb_build_object('owed', -more, 'voided', more), jsonb_build_object('grant_id', p_grant));
    update oneai.credit_grants set owed_micro_usd = owed_micro_usd + more where id = p_grant;
    perform oneai.repay_owed_credits(lost.workspace_id);
  end if;
end
$$;
revoke execute on function oneai.owe_unpaid_credits from public;
