-- The answers of evaluation runs: the job asks one question after the other, each as a preview of the member who started
-- the run, with the reservation that the run holds for it. Locks go from the workspace to the run.

-- Gives back what is held for an answer that is never asked.
create function oneai.release_answer(p_message uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  ended record;
  held oneai.reservations;
begin
  ended := oneai.settle_lines(p_message, 0, 0, 0, 0);
  held := ended.held;
  if held.id is not null then
    perform oneai.end_spend(held, 0);
  end if;
end
$$;
revoke execute on function oneai.release_answer from public;

-- Ends a running run as p_state: what it has not asked is released. Does nothing to one that has ended. The caller has
-- locked the workspace that pays.
create function oneai.end_evaluation_run(p_run uuid, p_state text, p_problem text default null) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.chatbot_evaluation_runs set state = p_state, problem = p_problem, ended_at = oneai.now()
  where id = p_run and state = 'running';
  if found then
    perform oneai.release_answer(r.message_id) from oneai.chatbot_evaluation_results as r
    where r.run_id = p_run and r.state = 'waiting';
    update oneai.chatbot_evaluation_results set state = 'not_asked' where run_id = p_run and state = 'waiting';
  end if;
end
$$;
revoke execute on function oneai.end_evaluation_run from public;

-- Cancels a run: answers that are being written are stopped, others are not asked. Does nothing to one that has ended.
-- Returns the run. ON404, ON403.
create function oneai.cancel_evaluation_run(p_user uuid, p_chatbot uuid, p_run uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
  run oneai.chatbot_evaluation_runs := oneai.require_evaluation_run(c, p_run);
begin
  -- The payer of the run, where the chatbot has moved since.
  perform 1 from oneai.workspaces where id in (
    select h.workspace_id from oneai.chatbot_evaluation_results as r join oneai.reservations as h on h.id = r.message_id
    where r.run_id = run.id) order by id for no key update;
  perform oneai.end_evaluation_run(run.id, 'cancelled');
  update oneai.chat_messages as m set stop_requested_at = coalesce(m.stop_requested_at, oneai.now())
  from oneai.chatbot_evaluation_results as r
  where r.run_id = run.id and r.state = 'running' and m.id = r.message_id and m.state = 'streaming';
  select * into run from oneai.chatbot_evaluation_runs where id = run.id;
  return oneai.evaluation_run_json(run);
end
$$;
revoke execute on function oneai.cancel_evaluation_run from public;
grant execute on function oneai.cancel_evaluation_run to oneai_app;

-- Why this question of a run cannot be asked now, where no function refuses it: `hold_ended`, `plan_changed` and
-- `draft_changed` (its knowledge, which searches read); null if it can.
create function oneai.evaluation_problem(
  payer oneai.workspaces, c oneai.chatbots, run oneai.chatbot_evaluation_runs, held oneai.reservations) returns text
language plpgsql stable set search_path = ''
as $$
begin
  return case
    when held.id is null or held.settled_at is not null or held.held_until <= oneai.now() or oneai.lost_its_key(held)
      then 'hold_ended'
    when held.workspace_id <> payer.id or held.subscription_tier <> payer.subscription_tier then 'plan_changed'
    when run.version is null and c.draft -> 'knowledge' <> run.configuration -> 'knowledge' then 'draft_changed' end;
end
$$;
revoke execute on function oneai.evaluation_problem from public;

-- Asks a question of a run: stores it, with an empty answer, in a temporary conversation of its member. Returns
-- `admission`, what oneai.admit returns, with the `reserved` answer; or {problem}. Refuses as oneai.admit_preview does.
create function oneai.ask_evaluation(run oneai.chatbot_evaluation_runs, p_result oneai.chatbot_evaluation_results)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(run.user_id, run.chatbot_id, 'write', true);
  payer constant oneai.workspaces := oneai.require_active_user(run.user_id, c.workspace_id, false);
  request constant jsonb := jsonb_build_object('message', p_result.question, 'temporary', true, 'answers',
    jsonb_build_array(jsonb_build_object('id', p_result.message_id, 'model', run.configuration ->> 'model')),
    'chosen_model', run.configuration ->> 'model');
  held oneai.reservations;
  problem text;
  conversation oneai.conversations;
  question uuid;
begin
  select * into held from oneai.reservations where id = p_result.message_id for update;
  problem := oneai.evaluation_problem(payer, c, run, held);
  if problem is not null then
    return jsonb_build_object('problem', problem);
  end if;
  update oneai.reservations set held_until = oneai.now() + oneai.lease() where id = held.id;
  conversation := oneai.begin_conversation(run.user_id, payer.id, p_result.message_id, request,
    row(payer.id, c.id, null, false, c.limits, 0)::oneai.visit);
  question := oneai.write_turn(conversation, run.user_id, request, oneai.resolve_branch(null, request), null);
  return jsonb_build_object('admission', jsonb_build_object(
    'conversation_id', conversation.id, 'workspace_id', payer.id, 'user_message_id', question,
    'message', p_result.question, 'tier', payer.subscription_tier, 'system_prompt', null, 'history', '[]'::jsonb,
    'spend_percent', 0, 'reservations', jsonb_build_array(oneai.with_sealed_key(p_result.reserved)), 'documents', null, 'adjusted', null,
    'branch', oneai.branch_before(conversation, 1), 'created', floor(extract(epoch from oneai.now()))::bigint));
end
$$;
revoke execute on function oneai.ask_evaluation from public;

-- Takes the next question of the oldest run, and asks it. Returns null if there is none; {"again": true} if another job
-- took it, or the run ended; else {run_id, evaluation_id, user_id, chatbot_id, version, configuration, message_id, checks,
-- admission}. A run that cannot go on has failed, and what it has not asked is released.
create function oneai.claim_evaluation() returns jsonb
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  run oneai.chatbot_evaluation_runs;
  result oneai.chatbot_evaluation_results;
  asked jsonb;
  refusal text;
begin
  select r.* into result from oneai.chatbot_evaluation_runs as n
  join oneai.chatbot_evaluation_results as r on r.run_id = n.id and r.state = 'waiting'
  where n.state = 'running' order by n.created_at, n.id, r.ordinal limit 1;
  if not found then
    return null;
  end if;
  perform 1 from oneai.workspaces where id = (
    select h.workspace_id from oneai.reservations as h where h.id = result.message_id) for no key update;
  select * into run from oneai.chatbot_evaluation_runs where id = result.run_id and state = 'running' for no key update;
  update oneai.chatbot_evaluation_results set state = 'running'
  where run_id = run.id and evaluation_id = result.evaluation_id and state = 'waiting';
  if not found then
    return '{"again": true}';
  end if;
  update oneai.reservations as h set held_until = oneai.now() + interval '1 hour'
  from oneai.chatbot_evaluation_results as r
  where r.run_id = run.id and r.state = 'waiting' and h.id = r.message_id and h.settled_at is null
    and h.held_until < oneai.now() + interval '30 minutes' and h.held_until > oneai.now();
  begin
    asked := oneai.ask_evaluation(run, result);
    refusal := asked ->> 'problem';
  exception when sqlstate 'ON401' or sqlstate 'ON403' or sqlstate 'ON404' or sqlstate 'ON409' or sqlstate 'ON422'
    or sqlstate 'ON429'
  then
    get stacked diagnostics refusal = message_text;
  end;
  if refusal is not null then
    update oneai.chatbot_evaluation_results set state = 'waiting'
    where run_id = run.id and evaluation_id = result.evaluation_id;
    perform oneai.end_evaluation_run(run.id, 'failed', refusal);
    return '{"again": true}';
  end if;
  return asked || jsonb_build_object('run_id', run.id, 'evaluation_id', result.evaluation_id, 'user_id', run.user_id,
    'chatbot_id', run.chatbot_id, 'version', run.version, 'configuration', run.configuration,
    'message_id', result.message_id, 'checks', result.checks);
end
$$;
revoke execute on function oneai.claim_evaluation from public;
grant execute on function oneai.claim_evaluation to oneai_app;

-- Stores what became of an answer, which is settled, with what it cost. p_result: passed (null: there is no answer),
-- failures, outcome, answer, error_code. The run is complete with its last answer.
create function oneai.store_evaluation(p_run uuid, p_evaluation uuid, p_result jsonb) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform 1 from oneai.chatbot_evaluation_runs where id = p_run for no key update;
  update oneai.chatbot_evaluation_results as r
  set state = case (p_result ->> 'passed')::boolean when true then 'passed' when false then 'not_passed' else 'failed' end,
      failures = coalesce(p_result -> 'failures', '[]'), outcome = p_result ->> 'outcome', answer = p_result ->> 'answer',
      error_code = p_result ->> 'error_code', cost_micro_usd = e.cost, charged = e.units
  from (
    select coalesce(sum(u.cost_micro_usd), 0) as cost, coalesce(sum(u.charged), 0) as units
    from oneai.chatbot_evaluation_results as o join oneai.usage_events as u on u.message_id = o.message_id
      and (u.purpose = 'answer' or u.purpose = 'correction')
    where o.run_id = p_run and o.evaluation_id = p_evaluation) as e
  where r.run_id = p_run and r.evaluation_id = p_evaluation and r.state = 'running';
  update oneai.chatbot_evaluation_runs as n set state = 'complete', ended_at = oneai.now()
  where n.id = p_run and n.state = 'running' and not exists (
    select from oneai.chatbot_evaluation_results as r where r.run_id = p_run and r.state in ('waiting', 'running'));
end
$$;
revoke execute on function oneai.store_evaluation from public;
grant execute on function oneai.store_evaluation to oneai_app;

-- Stores the answers whose process died before it could: they were settled, as every expired answer is, more than five
-- minutes ago. Their number.
create function oneai.store_lost_evaluations() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  lost record;
  stored integer := 0;
begin
  for lost in
    select r.run_id, r.evaluation_id from oneai.chatbot_evaluation_results as r
    left join oneai.reservations as h on h.id = r.message_id
    where r.state = 'running' and coalesce(h.settled_at, '-infinity') < oneai.now() - interval '5 minutes'
      and (h.id is null or h.settled_at is not null)
    order by r.run_id
  loop
    perform oneai.store_evaluation(lost.run_id, lost.evaluation_id, '{"error_code": "internal_error"}');
    stored := stored + 1;
  end loop;
  return stored;
end
$$;
revoke execute on function oneai.store_lost_evaluations from public;
grant execute on function oneai.store_lost_evaluations to oneai_app;
