-- Answers, and requests without one, that credits pay: they hold their highest price with their reservation, and are charged
-- the price of what they cost with it. The workspace is locked before.

-- Holds the price of p_cost micro-dollars for a reservation that is stored, with that of preparing it (p_preparation) and of what may follow
-- it (p_lines, {line: micro-dollars}; null: nothing). Where credits or a limit do not cover them too, the summary is left out, then the title,
-- then the preparation. Returns the `amount` that is held for the answer, and whether it `prepares`. ON402 `credits_exhausted`; ON429
-- `spending_limit_reached`.
create function oneai.hold_use(
  held oneai.reservations, p_models jsonb, p_cost bigint, p_preparation bigint default 0, p_lines jsonb default null,
  out amount bigint, out prepares boolean)
language plpgsql
as $$
declare
  price constant record := oneai.credit_prices_of(held.workspace_id, p_models, held.purpose);
  lines jsonb;
  more bigint := 0;
begin
  prepares := p_preparation > 0;
  if p_lines is not null then
    lines := (select jsonb_object_agg(l.key, greatest(oneai.price_of_use(l.value::bigint, price.markup_percent, 0), 1))
      from jsonb_each_text(p_lines) as l);
  end if;
  loop
    amount := oneai.price_of_use(
      p_cost + case when prepares then p_preparation else 0 end, price.markup_percent, price.min_micro_usd);
    more := case when lines is null then 0 else (select sum(l.value::bigint) from jsonb_each_text(lines) as l) end;
    exit when (lines is null and not prepares or oneai.credit_limits_allow(held, amount + more))
      and oneai.hold_credits(held.workspace_id, held.id, amount, held.id, held.chatbot_id, price.markup_percent,
        price.min_micro_usd, price.markups, lines);
    if lines is not null then
      lines := nullif(lines - case when lines ? 'summary' then 'summary' else 'title' end, '{}');
    elsif prepares then
      prepares := false;
    else
      raise exception using errcode = 'ON402', message = 'credits_exhausted', detail = jsonb_build_object(
        'available_micro_usd', oneai.available_credits(held.workspace_id), 'needed_micro_usd', amount)::text;
    end if;
  end loop;
  perform oneai.count_credit_limits(
    held.workspace_id, held.chatbot_id, held.user_id, held.api_key_id, amount + more, held.created_at, true);
  perform oneai.add_credit_spend(held.workspace_id, held.spend_day, held.held_micro_usd, 0);
end
$$;
revoke execute on function oneai.hold_use from public;

-- What is held of a hold for p_line, or for all of its lines but p_keep.
create function oneai.held_of_lines(p_parts oneai.credit_part[], p_line text, p_keep text[] default null) returns bigint
language plpgsql immutable
as $$
declare
  part oneai.credit_part;
  held bigint := 0;
begin
  foreach part in array p_parts loop
    if part.line = p_line or p_line is null and part.line is not null and part.line <> all (p_keep) then
      held := held + part.held_micro_usd;
    end if;
  end loop;
  return held;
end
$$;
revoke execute on function oneai.held_of_lines from public;

-- Charges a reservation that is settled now the price of what it cost, with what preparing it cost, or nothing if it took
-- no unit. Returns the charge. p_model: what answered. p_keep: the lines that follow it; what is held for others comes back.
create function oneai.settle_use(
  held oneai.reservations, p_units bigint, p_cost bigint, p_model text, p_keep text[] default '{}') returns bigint
language plpgsql
as $$
declare
  head constant oneai.credit_balances := oneai.lock_credits(held.workspace_id);
  kept oneai.credit_holds;
  charge bigint := 0;
  unused bigint;
begin
  select * into kept from oneai.credit_holds where id = held.id;
  if not found then
    return 0;
  elsif kept.settled_at is not null then
    return kept.charged_micro_usd;
  end if;
  unused := kept.held_micro_usd + oneai.held_of_lines(kept.parts, null, p_keep);
  kept.markup_percent := coalesce((kept.markups ->> p_model)::integer, kept.markup_percent);
  kept.cost_micro_usd := p_cost + kept.cost_micro_usd;
  if p_units > 0 then
    charge := oneai.price_of_use(kept.cost_micro_usd, kept.markup_percent, kept.min_micro_usd);
  end if;
  kept.priced_micro_usd := charge;
  kept.settled_at := oneai.now();
  perform oneai.use_held_credits(head, kept, null, charge, 'use:' || held.id, p_keep);
  perform oneai.count_credit_limits(held.workspace_id, held.chatbot_id, held.user_id, held.api_key_id,
    charge - unused, held.created_at, false);
  return charge;
end
$$;
revoke execute on function oneai.settle_use from public;

-- Adds to the cost of an answer that credits pay: what preparing it cost, before it is settled, and afterwards a correction,
-- or what followed it. The price of all of it together is charged, so that its parts sum to the whole. What is held for p_line
-- (null: nothing) pays first, and ends. Returns what was charged now; negative: given back.
create function oneai.add_use(p_answer uuid, p_cost bigint, p_line text default null) returns bigint
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  head oneai.credit_balances;
  kept oneai.credit_holds;
  more bigint := 0;
begin
  head := oneai.lock_credits(h.workspace_id) from oneai.credit_holds as h where h.id = p_answer;
  select * into kept from oneai.credit_holds where id = p_answer;
  if not found or p_cost = 0 and p_line is null then
    return 0;
  end if;
  kept.cost_micro_usd := greatest(kept.cost_micro_usd + p_cost, 0);
  -- An answer that took no unit stays free.
  if kept.priced_micro_usd > 0 then
    more := oneai.price_of_use(kept.cost_micro_usd, kept.markup_percent, kept.min_micro_usd) - kept.priced_micro_usd;
  end if;
  if more > 0 or p_line is not null then
    kept.priced_micro_usd := kept.priced_micro_usd + greatest(more, 0);
    perform oneai.use_held_credits(
      head, kept, p_line, greatest(more, 0), concat_ws(':', 'use', p_answer, kept.charged_micro_usd));
  end if;
  if more < 0 then
    more := -oneai.give_back_credits(p_answer, -more);
    kept.priced_micro_usd := kept.priced_micro_usd + more;
  end if;
  update oneai.credit_holds set cost_micro_usd = kept.cost_micro_usd, priced_micro_usd = kept.priced_micro_usd
  where id = p_answer;
  return more;
end
$$;
revoke execute on function oneai.add_use from public;

-- Adds what a step of an answer cost to it, before it is settled or afterwards, and counts it in the sums of the day and of the
-- month. p_line: what is held for it, and counted, which ends. Returns what was charged now; what was added before the answer is settled is charged with it.
create function oneai.add_step_of_use(held oneai.reservations, p_cost bigint, p_line text default null) returns bigint
language plpgsql security definer set search_path = ''
as $$
declare
  charge bigint;
  counted bigint := 0;
begin
  if p_line is not null then
    perform oneai.lock_credits(held.workspace_id);
    counted := coalesce((select oneai.held_of_lines(h.parts, p_line) from oneai.credit_holds as h where h.id = held.id), 0);
  end if;
  charge := oneai.add_use(held.id, p_cost, p_line);
  perform oneai.count_credit_limits(
    held.workspace_id, held.chatbot_id, held.user_id, held.api_key_id, charge - counted, held.created_at, false);
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

-- Holds p_amount more of an answer's workspace, for p_line; false if there is not enough. The caller has locked the accounts and
-- read the hold with that lock.
create function oneai.hold_more_credits(kept oneai.credit_holds, p_line text, p_amount bigint) returns boolean
language plpgsql
as $$
declare
  taken record;
begin
  if exists (select from unnest(kept.parts) as p where p.line = p_line and p.held_micro_usd > 0) then
    return true;
  elsif oneai.credits_are_blocked(kept.workspace_id) then
    return false;
  end if;
  taken := oneai.take_credits(kept.workspace_id, p_amount, true, false, p_line);
  if taken.parts is null then
    return false;
  end if;
  update oneai.credit_holds set parts = parts || taken.parts, open_micro_usd = open_micro_usd + p_amount, held_at = oneai.now()
  where id = kept.id;
  update oneai.credit_balances set held_micro_usd = held_micro_usd + p_amount where workspace_id = kept.workspace_id;
  return true;
end
$$;
revoke execute on function oneai.hold_more_credits from public;

-- What may follow an answer that credits pay (p_follows, as oneai.follows_question returns it), with the most that it costs: {line: micro-dollars};
-- null: nothing. A summary only if the messages may take three quarters of what the model reads (chat/turn/summaries.py): p_terms has the
-- most that they take, `prompt_tokens` and `answer_tokens`.
create function oneai.lines_of_answer(p_follows text[], p_terms jsonb) returns jsonb
language plpgsql immutable
as $$
begin
  return (
    select jsonb_object_agg(f, oneai.max_of_line(f)) from unnest(p_follows) as f
    where f <> 'summary' or (p_terms ->> 'prompt_tokens')::bigint + (p_terms ->> 'answer_tokens')::bigint
      > 0.75 * (p_terms ->> 'input_tokens')::bigint);
end
$$;
revoke execute on function oneai.lines_of_answer from public;

-- Whether an answer that credits pay still holds p_line. The caller has locked the workspace.
create function oneai.holds_line(p_answer uuid, p_line text) returns boolean
language sql stable security definer set search_path = ''
as $$
  select exists (select from oneai.credit_holds as h where h.id = p_answer and oneai.held_of_lines(h.parts, p_line) > 0)
$$;
revoke execute on function oneai.holds_line from public;

-- Gives back what an answer still holds for p_line, which is not written. Nothing for an answer that credits do not pay.
create function oneai.release_line(p_answer uuid, p_line text) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.reservations;
begin
  select * into held from oneai.reservations where id = p_answer;
  perform 1 from oneai.workspaces where id = held.workspace_id for no key update;
  if held.paid_by = 'credits' and oneai.holds_line(p_answer, p_line) then
    perform oneai.add_step_of_use(held, 0, p_line);
  end if;
end
$$;
revoke execute on function oneai.release_line from public;
grant execute on function oneai.release_line to oneai_app;

-- Gives back up to p_limit holds whose process died before it settled them, and that no open reservation has: of answers, and
-- of what followed them. Vectors of sold pages are charged what their request was settled at. Returns how many.
create function oneai.release_lost_holds(p_limit integer) returns integer
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  lost oneai.credit_holds;
  answer oneai.reservations;
  line text;
  released integer := 0;
begin
  for lost in
    select o.* from (
      select h.* from oneai.credit_holds as h
      where h.open_micro_usd > 0 and h.held_at < oneai.now() - interval '15 minutes' and not exists (
        select from oneai.reservations as r where r.id = h.id and coalesce(r.settled_at, 'infinity') = 'infinity')
      order by h.held_at limit p_limit) as o
    order by o.workspace_id, o.id
  loop
    perform 1 from oneai.workspaces where id = lost.workspace_id for no key update;
    perform oneai.settle_credits(lost.id, 0);
    select * into answer from oneai.reservations where id = lost.id;
    for line in select distinct p.line from oneai.credit_holds as h cross join unnest(h.parts) as p
      where h.id = lost.id and p.held_micro_usd > 0 and p.line is not null
    loop
      if answer.id is not null then
        perform oneai.add_step_of_use(answer, 0, line);
      elsif line = 'pages' then
        perform oneai.add_use(lost.id, 0, line);
      elsif not exists (select from oneai.reservations as r
        where r.id = line::uuid and coalesce(r.settled_at, 'infinity') = 'infinity')
      then
        perform oneai.settle_embedding(lost.workspace_id, null, line::uuid);
      end if;
    end loop;
    released := released + 1;
  end loop;
  return released;
end
$$;
revoke execute on function oneai.release_lost_holds from public;
grant execute on function oneai.release_lost_holds to oneai_app;
