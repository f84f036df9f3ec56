-- Answers, and requests without one, that credits pay: they hold their highest price with their reservation, and are charged
-- the price of what they cost with it. The workspace is locked before.

-- Holds the price of p_cost micro-dollars for a reservation that is stored. Returns what is held. ON402 `credits_exhausted`;
-- ON429 `spending_limit_reached`.
create function oneai.hold_use(held oneai.reservations, p_models jsonb, p_cost bigint) returns bigint
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  price record;
  amount bigint;
begin
  price := oneai.credit_prices_of(held.workspace_id, p_models, held.purpose);
  amount := oneai.price_of_use(p_cost, price.markup_percent, price.min_micro_usd);
  if not oneai.hold_credits(held.workspace_id, held.id, amount, held.id, held.chatbot_id, price.markup_percent,
    price.min_micro_usd, price.markups)
  then
    raise exception using errcode = 'ON402', message = 'credits_exhausted', detail = jsonb_build_object(
      'available_micro_usd', oneai.available_credits(held.workspace_id), 'needed_micro_usd', amount)::text;
  end if;
  perform oneai.count_credit_limits(
    held.workspace_id, held.chatbot_id, held.user_id, held.api_key_id, amount, held.created_at, true);
  perform oneai.add_credit_spend(held.workspace_id, held.spend_day, held.held_micro_usd, 0);
  return amount;
end
$$;
revoke execute on function oneai.hold_use from public;

-- Charges a reservation that is settled now the price of what it cost, with what preparing it cost, or nothing if it took
-- no unit. Returns the charge. p_model: what answered.
create function oneai.settle_use(held oneai.reservations, p_units bigint, p_cost bigint, p_model text) returns bigint
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  kept oneai.credit_holds;
  markup integer;
  charge bigint := 0;
begin
  select * into kept from oneai.credit_holds where id = held.id;
  if not found then
    return 0;
  end if;
  markup := coalesce((kept.markups ->> p_model)::integer, kept.markup_percent);
  if p_units > 0 then
    charge := oneai.price_of_use(p_cost + kept.cost_micro_usd, markup, kept.min_micro_usd);
  end if;
  charge := oneai.settle_credits(held.id, charge, p_cost + kept.cost_micro_usd, markup);
  perform oneai.count_credit_limits(held.workspace_id, held.chatbot_id, held.user_id, held.api_key_id,
    charge - kept.held_micro_usd, held.created_at, false);
  return charge;
end
$$;
revoke execute on function oneai.settle_use from public;

-- Adds to the cost of an answer that credits pay: what preparing it cost, before it is settled, and afterwards a correction,
-- or what followed it. The price of all of it together is charged, so that its parts sum to the whole. Returns what was
-- charged now; negative: given back.
create function oneai.add_use(p_answer uuid, p_cost bigint) returns bigint
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  kept oneai.credit_holds;
  total bigint;
  more bigint := 0;
begin
  perform oneai.lock_credits(h.workspace_id) from oneai.credit_holds as h where h.id = p_answer;
  select * into kept from oneai.credit_holds where id = p_answer for no key update;
  if not found or p_cost = 0 then
    return 0;
  end if;
  total := greatest(kept.cost_micro_usd + p_cost, 0);
  -- An answer that took no unit stays free.
  if kept.priced_micro_usd > 0 then
    more := oneai.price_of_use(total, kept.markup_percent, kept.min_micro_usd) - kept.priced_micro_usd;
  end if;
  if more > 0 then
    perform oneai.charge_more_credits(p_answer, more);
  elsif more < 0 then
    more := -oneai.give_back_credits(p_answer, -more);
  end if;
  update oneai.credit_holds set cost_micro_usd = total, priced_micro_usd = priced_micro_usd + more where id = p_answer;
  return more;
end
$$;
revoke execute on function oneai.add_use from public;

-- Adds what a step of an answer cost to it, before it is settled or afterwards, and counts it in the sums of the day and of the
-- month. Returns what was charged now; what was added before the answer is settled is charged with it.
create function oneai.add_step_of_use(held oneai.reservations, p_cost bigint) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  charge constant bigint := oneai.add_use(held.id, p_cost);
begin
  perform oneai.count_credit_limits(
    held.workspace_id, held.chatbot_id, held.user_id, held.api_key_id, charge, held.created_at, false);
  perform oneai.add_credit_spend(held.workspace_id, null, 0, p_cost);
  return charge;
end
$$;
revoke execute on function oneai.add_step_of_use from public;

-- The most that what follows an answer costs, by a small model (chat/turn/titles.py and summaries.py).
create function oneai.max_of_line(p_line text) returns bigint
language sql immutable
as $$ select case p_line when 'title' then 2200 else 68000 end $$;
revoke execute on function oneai.max_of_line from public;

-- The id of the hold for what follows an answer (`title`, `summary`).
create function oneai.credit_line_id(p_answer uuid, p_line text) returns uuid
language sql immutable
as $$ select pg_catalog.md5(concat_ws(':', p_answer, p_line))::uuid $$;
revoke execute on function oneai.credit_line_id from public;

-- Holds the price of p_cost for what follows an answer that credits paid; false if there are not enough, and it is left out.
create function oneai.hold_line(held oneai.reservations, p_line text, p_cost bigint) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  kept oneai.credit_holds;
begin
  select * into kept from oneai.credit_holds where id = held.id;
  return kept.priced_micro_usd > 0 and oneai.hold_credits(held.workspace_id, oneai.credit_line_id(held.id, p_line),
    greatest(oneai.price_of_use(p_cost, kept.markup_percent, 0), 1), held.id, held.chatbot_id);
end
$$;
revoke execute on function oneai.hold_line from public;

-- Ends such a hold and charges what it cost to its answer; returns the charge.
create function oneai.settle_line(held oneai.reservations, p_line text, p_cost bigint) returns bigint
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.settle_credits(oneai.credit_line_id(held.id, p_line), 0);
  return oneai.add_step_of_use(held, p_cost);
end
$$;
revoke execute on function oneai.settle_line from public;

-- Gives back up to p_limit holds whose process died before it settled them, and that no open reservation has. Returns how
-- many.
create function oneai.release_lost_holds(p_limit integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  lost oneai.credit_holds;
  released integer := 0;
begin
  for lost in
    select o.* from (
      select h.* from oneai.credit_holds as h
      where h.settled_at is null and h.held_at < oneai.now() - interval '15 minutes' and not exists (
        select from oneai.reservations as r where r.id = h.id and coalesce(r.settled_at, 'infinity') = 'infinity')
      order by h.held_at limit p_limit) as o
    order by o.workspace_id, o.id
  loop
    perform 1 from oneai.workspaces where id = lost.workspace_id for no key update;
    perform oneai.settle_credits(lost.id, 0);
    released := released + 1;
  end loop;
  return released;
end
$$;
revoke execute on function oneai.release_lost_holds from public;
grant execute on function oneai.release_lost_holds to oneai_app;
