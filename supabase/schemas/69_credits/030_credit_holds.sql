-- Holding credits before an answer, and settling them with its end. An answer is paid whole by credits or not at all.

-- Holds p_amount of a workspace for the reservation p_id, from the grants that end soonest. False, and nothing is held, if
-- less is available. True if it is held already. p_markup_percent, p_least and p_markups: the price that holds for it.
create function oneai.hold_credits(
  p_workspace uuid, p_id uuid, p_amount bigint, p_message uuid default null, p_chatbot uuid default null,
  p_markup_percent integer default 100, p_least bigint default 0, p_markups jsonb default null)
returns boolean
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
begin
  perform oneai.lock_credits(p_workspace);
  if exists (select from oneai.credit_holds where id = p_id) then
    return true;
  elsif oneai.available_credits(p_workspace) < p_amount then
    return false;
  end if;
  insert into oneai.credit_holds (
    id, workspace_id, message_id, chatbot_id, held_micro_usd, markup_percent, min_micro_usd, markups)
  values (p_id, p_workspace, p_message, p_chatbot, p_amount, p_markup_percent, p_least, p_markups);
  perform oneai.take_credits(p_workspace, p_id, p_amount, false);
  update oneai.credit_balances set held_micro_usd = held_micro_usd + p_amount where workspace_id = p_workspace;
  return true;
end
$$;
revoke execute on function oneai.hold_credits from public;

-- Charges p_charge to a hold and gives the rest of it back to its grants; returns what was charged. The first call
-- settles, and later ones return the same. What was charged beyond the hold comes from other grants, and what these lack is
-- owed. Null without such a hold. p_cost: what the answer cost, p_markup_percent: that of the model which answered.
create function oneai.settle_credits(
  p_id uuid, p_charge bigint, p_cost bigint default 0, p_markup_percent integer default null) returns bigint
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  held oneai.credit_holds;
  workspace constant uuid := (select h.workspace_id from oneai.credit_holds as h where h.id = p_id);
  owed bigint := p_charge;
  part record;
  used bigint;
  beyond record;
  paid bigint := 0;
  promotional bigint := 0;
begin
  if workspace is null then
    return null;
  end if;
  perform oneai.lock_credits(workspace);
  select * into held from oneai.credit_holds where id = p_id for no key update;
  if held.settled_at is not null then
    return held.charged_micro_usd;
  end if;
  for part in select p.place, p.held_micro_usd, g.id as grant_id, g.kind from oneai.credit_hold_parts as p
    join oneai.credit_grants as g on g.id = p.grant_id where p.hold_id = p_id order by p.place
  loop
    used := least(owed, part.held_micro_usd);
    owed := owed - used;
    update oneai.credit_grants set held_micro_usd = held_micro_usd - part.held_micro_usd,
      used_micro_usd = used_micro_usd + used, remaining_micro_usd = remaining_micro_usd + part.held_micro_usd - used
    where id = part.grant_id;
    update oneai.credit_hold_parts set used_micro_usd = used where hold_id = p_id and place = part.place;
    if part.kind = 'paid' then
      paid := paid + used;
    else
      promotional := promotional + used;
    end if;
  end loop;
  update oneai.credit_balances set held_micro_usd = held_micro_usd - held.held_micro_usd where workspace_id = workspace;
  if owed > 0 then
    beyond := oneai.take_credits(workspace, p_id, owed, true);
    paid := paid + beyond.paid;
    promotional := promotional + beyond.promotional;
    owed := owed - beyond.paid - beyond.promotional;
  end if;
  update oneai.credit_holds
  set settled_at = oneai.now(), charged_micro_usd = p_charge, owed_micro_usd = owed, cost_micro_usd = p_cost,
      priced_micro_usd = p_charge, markup_percent = coalesce(p_markup_percent, markup_percent)
  where id = p_id;
  perform oneai.post_movement(workspace, 'use', 'use:' || p_id,
    jsonb_build_object('paid', -paid, 'promotional', -promotional, 'owed', -owed, 'used', p_charge),
    jsonb_build_object('message_id', held.message_id, 'chatbot_id', held.chatbot_id));
  perform oneai.end_credit_grants(workspace);
  perform oneai.repay_owed_credits(workspace);
  return p_charge;
end
$$;
revoke execute on function oneai.settle_credits from public;

-- Charges p_amount more to a settled hold, from the grants that can be used now; what these lack is owed.
create function oneai.charge_more_credits(p_id uuid, p_amount bigint) returns void
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  held oneai.credit_holds;
  taken record;
  owed bigint;
begin
  perform oneai.lock_credits(h.workspace_id) from oneai.credit_holds as h where h.id = p_id;
  select * into held from oneai.credit_holds where id = p_id for no key update;
  taken := oneai.take_credits(held.workspace_id, p_id, p_amount, true);
  owed := p_amount - taken.paid - taken.promotional;
  update oneai.credit_holds set charged_micro_usd = charged_micro_usd + p_amount, owed_micro_usd = owed_micro_usd + owed
  where id = p_id;
  perform oneai.post_movement(held.workspace_id, 'use', concat_ws(':', 'use', p_id, held.charged_micro_usd),
    jsonb_build_object('paid', -taken.paid, 'promotional', -taken.promotional, 'owed', -owed, 'used', p_amount),
    jsonb_build_object('message_id', held.message_id, 'chatbot_id', held.chatbot_id));
end
$$;
revoke execute on function oneai.charge_more_credits from public;

-- Gives back up to p_amount of what a settled hold was charged, to exactly the grants that paid it, the last of them first:
-- a correction of the cost. What it left owed is reduced before, as far as it is still owed. Returns what was given back.
create function oneai.give_back_credits(p_id uuid, p_amount bigint) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.credit_holds;
  head oneai.credit_balances;
  part record;
  back bigint;
  wanted bigint;
  owed bigint;
  paid bigint := 0;
  promotional bigint := 0;
begin
  select * into held from oneai.credit_holds where id = p_id;
  head := oneai.lock_credits(held.workspace_id);
  select * into held from oneai.credit_holds where id = p_id for no key update;
  wanted := least(p_amount, held.charged_micro_usd - held.given_back_micro_usd);
  if wanted is null or wanted <= 0 then
    return 0;
  end if;
  owed := least(wanted, held.owed_micro_usd, -head.owed_micro_usd);
  wanted := wanted - owed;
  for part in select p.place, p.used_micro_usd, g.id as grant_id, g.kind from oneai.credit_hold_parts as p
    join oneai.credit_grants as g on g.id = p.grant_id
    where p.hold_id = p_id and p.used_micro_usd > 0 order by p.place desc
  loop
    exit when wanted = 0;
    back := least(wanted, part.used_micro_usd);
    wanted := wanted - back;
    update oneai.credit_grants set used_micro_usd = used_micro_usd - back,
      remaining_micro_usd = remaining_micro_usd + back where id = part.grant_id;
    update oneai.credit_hold_parts set used_micro_usd = used_micro_usd - back where hold_id = p_id and place = part.place;
    if part.kind = 'paid' then
      paid := paid + back;
    else
      promotional := promotional + back;
    end if;
  end loop;
  back := owed + paid + promotional;
  update oneai.credit_holds set owed_micro_usd = owed_micro_usd - owed, given_back_micro_usd = given_back_micro_usd + back
  where id = p_id;
  perform oneai.post_movement(held.workspace_id, 'refund', concat_ws(':', 'give_back', p_id, held.given_back_micro_usd),
    jsonb_build_object('paid', paid, 'promotional', promotional, 'owed', owed, 'used', -back),
    jsonb_build_object('message_id', held.message_id, 'chatbot_id', held.chatbot_id));
  perform oneai.end_credit_grants(held.workspace_id);
  -- A refund that waits to be sent becomes larger: its amount is projected again before.
  update oneai.credit_orders as o set project_at = oneai.now()
  where o.payment_id in (
    select coalesce(g.bonus_of, g.id) from oneai.credit_hold_parts as p join oneai.credit_grants as g on g.id = p.grant_id
    where p.hold_id = p_id and g.voided_at is not null)
    and not oneai.credit_refund_was_sent(o.payment_id);
  perform oneai.repay_owed_credits(held.workspace_id);
  return back;
end
$$;
revoke execute on function oneai.give_back_credits from public;
