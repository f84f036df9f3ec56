-- Holding credits before an answer, and settling them with its end. An answer is paid whole by credits or not at all.

-- The parts of a hold whose last micro-dollars are those of p_lines ({line: micro-dollars}): each part belongs to the answer or to one line.
create function oneai.split_parts(p_parts oneai.credit_part[], p_lines jsonb) returns oneai.credit_part[]
language plpgsql immutable
as $$
declare
  parts oneai.credit_part[] := '{}';
  part oneai.credit_part;
  line text;
  wanted bigint;
  taken bigint;
begin
  for line, wanted in select l.key, l.value::bigint from jsonb_each_text(p_lines) as l loop
    while wanted > 0 loop
      part := p_parts[cardinality(p_parts)];
      taken := least(wanted, part.held_micro_usd);
      wanted := wanted - taken;
      parts := row(part.grant_id, line, taken, 0)::oneai.credit_part || parts;
      p_parts[cardinality(p_parts)].held_micro_usd := part.held_micro_usd - taken;
      if part.held_micro_usd = taken then
        p_parts := p_parts[:cardinality(p_parts) - 1];
      end if;
    end loop;
  end loop;
  return p_parts || parts;
end
$$;
revoke execute on function oneai.split_parts from public;

-- Holds p_amount of a workspace for the reservation p_id, and with it what each of p_lines needs ({line: micro-dollars}; null: none), from
-- the grants that end soonest. False, and nothing is held, if less is available. True if it is held already. p_markup_percent, p_least
-- and p_markups: the price that holds for it.
create function oneai.hold_credits(
  p_workspace uuid, p_id uuid, p_amount bigint, p_message uuid default null, p_chatbot uuid default null,
  p_markup_percent integer default 100, p_least bigint default 0, p_markups jsonb default null, p_lines jsonb default null)
returns boolean
language plpgsql
as $$
declare
  seen record;
  taken record;
  whole bigint := p_amount;
begin
  if p_lines is not null then
    whole := p_amount + (select coalesce(sum(l.value::bigint), 0) from jsonb_each_text(p_lines) as l);
  end if;
  -- Locks the accounts. What is not in them cannot be held; ends and blocks may leave less.
  update oneai.credit_balances set held_micro_usd = held_micro_usd + whole
  where workspace_id = p_workspace and paid_micro_usd + promotional_micro_usd - held_micro_usd >= whole;
  if not found then
    return exists (select from oneai.credit_holds where id = p_id);
  end if;
  select exists (select from oneai.credit_holds as h where h.id = p_id) as before, exists (
    select from oneai.credit_blocks as k where k.workspace_id = p_workspace and k.released_at is null) as blocked into seen;
  if not seen.before and not seen.blocked then
    taken := oneai.take_credits(p_workspace, whole, true, false, null);
    if taken.parts is not null then
      insert into oneai.credit_holds (
        id, workspace_id, message_id, chatbot_id, held_micro_usd, open_micro_usd, markup_percent, min_micro_usd, markups, parts)
      values (p_id, p_workspace, p_message, p_chatbot, p_amount, whole, p_markup_percent, p_least, p_markups,
        case when p_lines is null then taken.parts else oneai.split_parts(taken.parts, p_lines) end);
      return true;
    end if;
  end if;
  update oneai.credit_balances set held_micro_usd = held_micro_usd - whole where workspace_id = p_workspace;
  return seen.before;
end
$$;
revoke execute on function oneai.hold_credits from public;

-- Uses p_amount of what a hold has of p_line (null: the answer itself), and gives the rest of that back, with all lines but p_keep (null:
-- no other line). What is beyond it comes from the grants that can be used now, and what these lack is owed. Changes the grants and the row of the hold, whose charge
-- becomes larger by p_amount, and books p_cause. The caller has locked the accounts (`head`) and read the hold with that lock.
create function oneai.use_held_credits(
  head oneai.credit_balances, held oneai.credit_holds, p_line text, p_amount bigint, p_cause text, p_keep text[] default null)
returns void
language plpgsql
as $$
declare
  used record;
  beyond record;
  owed bigint;
  released bigint := 0;
begin
  used := oneai.end_held_parts(held.parts, p_line, p_amount, p_keep);
  owed := p_amount - used.paid - used.promotional;
  if owed > 0 then
    beyond := oneai.take_credits(held.workspace_id, owed, false, true, p_line);
    used.parts := used.parts || beyond.parts;
    used.paid := used.paid + beyond.paid;
    used.promotional := used.promotional + beyond.promotional;
    owed := owed - beyond.paid - beyond.promotional;
  end if;
  for n in 1 .. cardinality(held.parts) loop
    released := released + held.parts[n].held_micro_usd - used.parts[n].held_micro_usd;
  end loop;
  update oneai.credit_holds
  set settled_at = held.settled_at, charged_micro_usd = coalesce(charged_micro_usd, 0) + p_amount,
      owed_micro_usd = owed_micro_usd + owed, open_micro_usd = open_micro_usd - released, cost_micro_usd = held.cost_micro_usd,
      priced_micro_usd = held.priced_micro_usd, markup_percent = held.markup_percent, parts = used.parts
  where id = held.id;
  perform oneai.book_movement(head, 'use', p_cause, array['owed', 'paid', 'promotional', 'used'],
    array[-owed, -used.paid, -used.promotional, p_amount], null, held.message_id, held.chatbot_id, oneai.now(), released);
  if used.into_ended then
    perform oneai.end_credit_grants(held.workspace_id);
  end if;
  if head.owed_micro_usd < 0 or owed > 0 then
    perform oneai.repay_owed_credits(held.workspace_id);
  end if;
end
$$;
revoke execute on function oneai.use_held_credits from public;

-- Charges p_charge to a hold and gives the rest of it back to its grants; returns what was charged. The first call
-- settles, and later ones return the same. What was charged beyond the hold comes from other grants, and what these lack is
-- owed. Null without such a hold. p_cost: what the answer cost, p_markup_percent: that of the model which answered.
create function oneai.settle_credits(
  p_id uuid, p_charge bigint, p_cost bigint default 0, p_markup_percent integer default null) returns bigint
language plpgsql
as $$
declare
  workspace constant uuid := (select h.workspace_id from oneai.credit_holds as h where h.id = p_id);
  head oneai.credit_balances;
  held oneai.credit_holds;
begin
  if workspace is null then
    return null;
  end if;
  head := oneai.lock_credits(workspace);
  select * into held from oneai.credit_holds where id = p_id;
  if held.settled_at is not null then
    return held.charged_micro_usd;
  end if;
  held.settled_at := oneai.now();
  held.cost_micro_usd := p_cost;
  held.priced_micro_usd := p_charge;
  held.markup_percent := coalesce(p_markup_percent, held.markup_percent);
  perform oneai.use_held_credits(head, held, null, p_charge, 'use:' || p_id, '{}');
  return p_charge;
end
$$;
revoke execute on function oneai.settle_credits from public;

-- Gives back up to p_amount of what a settled hold was charged, to exactly the grants that paid it, the last of them first:
-- a correction of the cost. What it left owed is reduced before, as far as it is still owed. Returns what was given back.
create function oneai.give_back_credits(p_id uuid, p_amount bigint) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.credit_holds;
  head oneai.credit_balances;
  kind text;
  back bigint;
  wanted bigint;
  owed bigint;
  paid bigint := 0;
  promotional bigint := 0;
begin
  head := oneai.lock_credits((select h.workspace_id from oneai.credit_holds as h where h.id = p_id));
  select * into held from oneai.credit_holds where id = p_id;
  wanted := least(p_amount, held.charged_micro_usd - held.given_back_micro_usd);
  if wanted is null or wanted <= 0 then
    return 0;
  end if;
  owed := least(wanted, held.owed_micro_usd, -head.owed_micro_usd);
  wanted := wanted - owed;
  for n in reverse cardinality(held.parts) .. 1 loop
    exit when wanted = 0;
    back := least(wanted, held.parts[n].used_micro_usd);
    continue when back = 0;
    wanted := wanted - back;
    update oneai.credit_grants as g set used_micro_usd = g.used_micro_usd - back,
      remaining_micro_usd = g.remaining_micro_usd + back where id = held.parts[n].grant_id
    returning g.kind into kind;
    held.parts[n].used_micro_usd := held.parts[n].used_micro_usd - back;
    if kind = 'paid' then
      paid := paid + back;
    else
      promotional := promotional + back;
    end if;
  end loop;
  back := owed + paid + promotional;
  update oneai.credit_holds set owed_micro_usd = owed_micro_usd - owed, given_back_micro_usd = given_back_micro_usd + back,
    parts = held.parts
  where id = p_id;
  perform oneai.book_movement(head, 'refund', concat_ws(':', 'give_back', p_id, held.given_back_micro_usd),
    array['owed', 'paid', 'promotional', 'used'], array[owed, paid, promotional, -back], null, held.message_id, held.chatbot_id,
    oneai.now(), 0);
  perform oneai.end_credit_grants(held.workspace_id);
  -- A refund that waits to be sent becomes larger: its amount is projected again before.
  update oneai.credit_orders as o set project_at = oneai.now()
  where o.payment_id in (
    select coalesce(g.bonus_of, g.id) from unnest(held.parts) as p join oneai.credit_grants as g on g.id = p.grant_id
    where g.voided_at is not null)
    and not oneai.credit_refund_was_sent(o.payment_id);
  perform oneai.repay_owed_credits(held.workspace_id);
  return back;
end
$$;
revoke execute on function oneai.give_back_credits from public;
