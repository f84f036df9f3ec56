-- Answers, and requests without an answer, whose process died or whose message was deleted: they are settled at what can be
-- proved of them, and at most what was held.

-- How a request without an answer ends whose process died, or whose document was deleted: such a request stores nothing
-- while it works, so it costs what its parts have taken, and once it was sent no less than what was held for its prompt.
-- Of its units as large a share as of the prompt.
create function oneai.expired_request(held oneai.reservations) returns jsonb
language plpgsql stable
as $$
declare
  sent constant boolean := held.sent_at is not null;
  tokens constant bigint := greatest(held.spent_prompt_tokens, case when sent then held.prompt_tokens else 0 end);
  units constant bigint := (
    select coalesce(max(l.held), 0) from oneai.reservation_lines as l
    where l.reservation_id = held.id and oneai.unit_of(l.quota_key) = 'messages');
begin
  return jsonb_build_object(
    'state', case when tokens > 0 then 'truncated' else 'failed' end, 'sent', tokens > 0,
    'units', least(ceil(units * tokens / greatest(held.prompt_tokens, 1)::numeric), units)::integer,
    'finish_reason', 'error', 'error_code', 'internal_error',
    'usage', jsonb_build_object(
      'prompt_tokens', tokens, 'completion_tokens', held.spent_completion_tokens, 'reasoning_tokens', 0,
      'cached_tokens', 0, 'estimated', sent or held.spent_estimated,
      'cost_micro_usd', greatest(held.spent_micro_usd, case when sent then held.prompt_micro_usd else 0 end)));
end
$$;
revoke execute on function oneai.expired_request from public;

-- Adds to a reservation what one part of its request has taken (usage as in oneai.settle). p_idle: no part of it is
-- under way any more.
create function oneai.add_spent(p_reservation uuid, u jsonb, p_idle boolean) returns void
language plpgsql
as $$
begin
  update oneai.reservations set sent_at = case when p_idle then null else sent_at end,
    spent_prompt_tokens = spent_prompt_tokens + coalesce((u ->> 'prompt_tokens')::bigint, 0),
    spent_completion_tokens = spent_completion_tokens + coalesce((u ->> 'completion_tokens')::bigint, 0),
    spent_micro_usd = spent_micro_usd + coalesce((u ->> 'cost_micro_usd')::bigint, 0),
    spent_estimated = spent_estimated or ((u ->> 'estimated')::boolean and (u ->> 'cost_micro_usd')::bigint > 0) is true
  where id = p_reservation and coalesce(settled_at, 'infinity') = 'infinity';
end
$$;
revoke execute on function oneai.add_spent from public;

-- Settles an answer whose lease has expired, and a request without an answer as oneai.expired_request says. Called by
-- every reader that finds one, and by a job. The answer is `stopped` where its user had stopped it before; else `truncated`
-- with the text that was stored, or with none where a checkpoint proves a tool call or a picture, and `failed` otherwise.
-- p_stats ({usage, model, provider, finish_reason}) are the upstream's statistics. Without them the cost is an estimate of
-- what can be proved, and at most what was held: the prompt as estimated at admission, once the upstream has started
-- to answer, with a token for every three bytes stored, the tool calls and, where pages were cited, the searches of the
-- web. Before that it is zero, until the upstream reports more; of an own key, whose provider reports nothing afterwards, the
-- prompt counts once it was sent. The text that an answer continues is none of its own.
-- False: it had not expired, or was settled already.
create function oneai.expire_answer(p_message uuid, p_stats jsonb default null) returns boolean
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  answer oneai.chat_messages;
  reservation oneai.reservations;
  txt text;
  thoughts text;
  tokens integer;
  began boolean;
  stopped boolean;
  end_state text;
  continued integer;
begin
  perform oneai.lock_turn(p_message);
  select * into answer from oneai.chat_messages where id = p_message for update;
  select * into reservation from oneai.reservations where id = p_message for update;
  if reservation.id is null or reservation.settled_at is not null or reservation.held_until > oneai.now() then
    return false;
  end if;
  if reservation.purpose <> 'answer' then
    perform oneai.settle(p_message, oneai.expired_request(reservation));
    perform oneai.raise_alert('reservation_lapsed', reservation.model_asked, jsonb_build_object('message_id', p_message));
    return true;
  end if;
  select coalesce(string_agg(p.text, '' order by p.at) filter (where p.kind = 'text'), ''),
         string_agg(p.text, '' order by p.at) filter (where p.kind = 'reasoning'),
         (coalesce(sum(octet_length(p.text)), 0) / 3)::integer + coalesce(reservation.unstored_tokens, 0)
  into txt, thoughts, tokens from oneai.answer_pieces as p where p.message_id = p_message;
  continued := coalesce((answer.metadata #>> '{adjust,continued_from}')::integer, 0);
  if continued > 0 and txt <> '' then
    tokens := tokens - octet_length(left(txt, continued)) / 3;
    txt := case when substr(txt, continued + 1) ~ '\S' then txt else '' end;
  end if;
  thoughts := case when thoughts ~ '\S' then thoughts end;
  stopped := coalesce(coalesce(answer.stop_requested_at, reservation.deleted_at) <= reservation.held_until, false);
  began := txt <> '' or tokens > 0 or reservation.unstored_tokens is not null or answer.generation_id is not null
    or (reservation.sent_at is not null and (stopped or reservation.paid_by = 'own_key'));
  end_state := case when stopped then 'stopped'
    when txt = '' and reservation.unstored_tokens is null then 'failed' else 'truncated' end;
  perform oneai.settle(p_message, jsonb_build_object(
    'content', txt, 'reasoning', left(thoughts, 200000), 'reasoning_length', length(thoughts),
    'state', end_state,
    'sent', reservation.sent_at is not null or reservation.unstored_tokens is not null,
    'finish_reason', case when stopped then 'cancelled' else 'error' end,
    'error_code', case when not stopped then 'internal_error' end,
    'model', p_stats ->> 'model', 'provider', p_stats ->> 'provider',
    'usage', coalesce(p_stats -> 'usage', jsonb_build_object(
      'prompt_tokens', 0, 'completion_tokens', tokens, 'reasoning_tokens', 0, 'cached_tokens', 0,
      'cost_micro_usd', case when began then least(reservation.held_micro_usd,
        reservation.prompt_micro_usd + ceil(tokens * reservation.completion_micro_usd_per_token)::bigint
          + case when jsonb_path_exists(answer.metadata, '$.sources[*].url')
            then coalesce(reservation.web_search_micro_usd, 0) else 0 end) else 0 end,
      'estimated', true))));
  perform oneai.raise_alert('reservation_lapsed', reservation.model_asked, jsonb_build_object('message_id', p_message));
  return true;
end
$$;
revoke execute on function oneai.expire_answer from public;
grant execute on function oneai.expire_answer to oneai_app;

-- Deleting an answer that is being written stops it, whichever process settles it; where its user had requested a stop,
-- at the time of that request.
create function oneai.on_message_deleted() returns trigger
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.reservations set deleted_at = coalesce(old.stop_requested_at, oneai.now())
  where id = old.id and coalesce(settled_at, 'infinity') = 'infinity';
  return null;
end
$$;
revoke execute on function oneai.on_message_deleted from public;

create trigger on_message_deleted after delete on oneai.chat_messages
  for each row when (old.state = 'streaming') execute function oneai.on_message_deleted();
