-- The cost of an API key's answers against its budget, and what a running answer reserves of the key's limits. The
-- latter is part of its reservation, which is made as a whole or not at all.

-- The cost of settled answers, in the newest window of each kind. Also stored for keys without a budget, so that a
-- later budget counts earlier spend.
create table oneai.api_key_spend (
  api_key_id uuid not null references oneai.api_keys (id) on delete cascade,
  budget_window text not null check (budget_window in ('day', 'week', 'month', 'total')),
  window_start timestamptz not null,
  spent_micro_usd bigint not null,
  primary key (api_key_id, budget_window)
);

alter table oneai.api_key_spend enable row level security;
revoke all on oneai.api_key_spend from anon, authenticated, service_role;

-- The start of the window around this moment: a UTC day, a week from Monday, a month; `total` has no start.
create function oneai.budget_window_start(p_window text, p_at timestamptz) returns timestamptz
language sql immutable
as $$ select case p_window when 'total' then '-infinity'::timestamptz else date_trunc(p_window, p_at, 'UTC') end $$;
revoke execute on function oneai.budget_window_start from public;

-- Adds to the cost of the key's answers, in the windows in which the answer was reserved; windows that have ended do
-- not change. Does nothing if the key was deleted.
create function oneai.add_api_key_spend(p_key uuid, p_reserved_at timestamptz, p_cost bigint) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.api_key_spend as s (api_key_id, budget_window, window_start, spent_micro_usd)
  select k.id, w.name, oneai.budget_window_start(w.name, p_reserved_at), p_cost
  from oneai.api_keys as k cross join unnest(array['day', 'month', 'total', 'week']) as w (name)
  where k.id = p_key order by w.name
  on conflict (api_key_id, budget_window) do update
  set window_start = excluded.window_start,
      spent_micro_usd = excluded.spent_micro_usd
        + case when s.window_start = excluded.window_start then s.spent_micro_usd else 0 end
  where s.window_start <= excluded.window_start
$$;
revoke execute on function oneai.add_api_key_spend from public;

-- ON429 `insufficient_quota` if the reservation, which is already stored, exceeds the rest of the key's budget;
-- `max_tokens` is the maximum that would fit, null if none would.
create function oneai.check_api_key_budget(p_key oneai.api_keys, p_held oneai.reservations) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  since constant timestamptz := oneai.budget_window_start(p_key.budget_window, oneai.now());
  spent bigint;
  reserved bigint;
  room bigint;
  resets_at timestamptz;
begin
  select coalesce(sum(s.spent_micro_usd), 0) into spent from oneai.api_key_spend as s
  where s.api_key_id = p_key.id and s.budget_window = p_key.budget_window and s.window_start = since;
  select coalesce(sum(r.held_micro_usd), 0) into reserved from oneai.reservations as r
  where r.user_id = p_held.user_id and r.settled_at is null and r.api_key_id = p_key.id and r.id <> p_held.id
    and r.created_at >= since;
  room := p_key.budget_micro_usd - spent - reserved;
  if p_held.held_micro_usd > greatest(room, 0) then
    if p_key.budget_window <> 'total' then
      resets_at := (since at time zone 'UTC' + ('1 ' || p_key.budget_window)::interval) at time zone 'UTC';
    end if;
    raise exception using errcode = 'ON429', message = 'insufficient_quota', detail = json_build_object(
      'window', p_key.budget_window, 'budget_micro_usd', p_key.budget_micro_usd, 'spent_micro_usd', spent,
      'reserved_micro_usd', reserved, 'needed_micro_usd', p_held.held_micro_usd,
      'max_tokens', case when p_held.completion_micro_usd_per_token > 0 and room > p_held.prompt_micro_usd
        then nullif(floor((room - p_held.prompt_micro_usd) / p_held.completion_micro_usd_per_token), 0) end,
      'resets_at', to_char(resets_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'));
  end if;
end
$$;
revoke execute on function oneai.check_api_key_budget from public;

-- Consumes the estimate of an answer from the key's tokens per minute; oneai.settle_api_key corrects it. Returns how
-- many remain. ON429 `rate_limited`; if the estimate exceeds a full minute, with the maximum tokens (`max_tokens`) that
-- would fit.
create function oneai.take_api_key_tokens(
  p_key oneai.api_keys, p_reservation uuid, p_prompt_tokens bigint, p_answer_tokens bigint) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  tokens constant bigint := p_prompt_tokens + p_answer_tokens;
  remaining integer;
begin
  if tokens > p_key.tokens_per_minute then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = json_build_object(
      'refusal', json_build_object('code', 'api_key_tokens', 'tokens', tokens, 'limit', p_key.tokens_per_minute),
      'limit_name', 'api_key_tokens', 'limit', p_key.tokens_per_minute,
      'max_tokens', case when p_key.tokens_per_minute > p_prompt_tokens
        then p_key.tokens_per_minute - p_prompt_tokens end);
  end if;
  remaining := oneai.take_rate(
    p_key.id::text, 'api_key_tokens', p_key.tokens_per_minute, p_key.tokens_per_minute, tokens::integer);
  update oneai.reservations
  set api_key_tokens = tokens, api_key_tokens_until = (
    select l.empty_at from oneai.rate_limits as l
    where l.subject = p_key.id::text and l.limit_name = 'api_key_tokens')
  where id = p_reservation;
  return remaining;
end
$$;
revoke execute on function oneai.take_api_key_tokens from public;

-- Reserves what a stored reservation with an `api_key_id` needs of the key: its budget, its tokens per minute, and one
-- of its concurrent answers. Returns the rest of its tokens per minute, {"limit", "remaining"}, null without a limit.
-- The caller has locked the workspace, which serializes a key's reservations, and rolls everything back if this
-- refuses: ON429 `insufficient_quota`, `rate_limited`, and ON401 for a key that was deleted.
create function oneai.reserve_api_key(p_reservation uuid, p_prompt_tokens bigint, p_answer_tokens bigint) returns json
language plpgsql security definer set search_path = ''
as $$
declare
  held oneai.reservations;
  key oneai.api_keys;
begin
  select * into held from oneai.reservations where id = p_reservation;
  select * into key from oneai.api_keys
  where id = held.api_key_id and workspace_id = held.workspace_id and user_id = held.user_id;
  if not found then
    raise exception using errcode = 'ON401', message = 'invalid_api_key';
  end if;
  if key.parallel is not null and key.parallel < (
    select count(*) from oneai.reservations as r
    where r.user_id = held.user_id and r.settled_at is null and r.api_key_id = key.id and r.held_until > oneai.now())
  then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = json_build_object(
      'refusal', json_build_object('code', 'api_key_parallel', 'limit', key.parallel),
      'limit_name', 'api_key_parallel', 'limit', key.parallel, 'retry_after', 5);
  end if;
  if key.budget_micro_usd is not null then
    perform oneai.check_api_key_budget(key, held);
  end if;
  return case when key.tokens_per_minute is not null then json_build_object('limit', key.tokens_per_minute,
    'remaining', oneai.take_api_key_tokens(key, held.id, p_prompt_tokens, p_answer_tokens)) end;
end
$$;
revoke execute on function oneai.reserve_api_key from public;

-- Counts a settled reservation's cost against its key's budget, and corrects its consumption of tokens per minute.
-- Excess tokens are refunded as far as they are still queued; missing ones are charged.
create function oneai.settle_api_key(p_held oneai.reservations, p_tokens bigint, p_cost bigint) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  now_us constant bigint := (extract(epoch from oneai.now()) * 1000000)::bigint;
  unit_us bigint;
begin
  perform oneai.add_api_key_spend(p_held.api_key_id, p_held.created_at, p_cost);
  if p_held.api_key_tokens is null then
    return;
  end if;
  select 60000000 / k.tokens_per_minute into unit_us from oneai.api_keys as k where k.id = p_held.api_key_id;
  update oneai.rate_limits as l
  set empty_at = case when p_tokens < p_held.api_key_tokens
    then l.empty_at - least(
      (p_held.api_key_tokens - p_tokens) * unit_us, greatest(p_held.api_key_tokens_until - now_us, 0))
    else greatest(l.empty_at, now_us) + (p_tokens - p_held.api_key_tokens) * unit_us end
  where l.subject = p_held.api_key_id::text and l.limit_name = 'api_key_tokens' and unit_us is not null;
end
$$;
revoke execute on function oneai.settle_api_key from public;

-- ON403 `model_not_allowed` if the key may not use one of the models that may write `p_request.answers`.
create function oneai.require_models_allowed(p_key uuid, p_request jsonb) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  patterns text[];
  refused text;
begin
  if p_key is not null then
    patterns := (select k.models from oneai.api_keys as k where k.id = p_key);
  end if;
  if patterns is null then
    return;
  end if;
  select m.id into refused
  from jsonb_array_elements(p_request -> 'answers') as a (value)
  cross join lateral (
    select a.value ->> 'model' as id union all
    select f.value from jsonb_array_elements_text(coalesce(a.value -> 'fallbacks', '[]')) as f (value)) as m
  where not exists (
    select from unnest(patterns) as p (pattern)
    where m.id like replace(replace(replace(replace(p.pattern, '\', '\\'), '%', '\%'), '_', '\_'), '*', '%'))
  limit 1;
  if found then
    raise exception using errcode = 'ON403', message = 'model_not_allowed', detail = json_build_object('model', refused);
  end if;
end
$$;
revoke execute on function oneai.require_models_allowed from public;
