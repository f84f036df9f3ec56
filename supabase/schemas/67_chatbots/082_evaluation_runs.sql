-- Runs of evaluations: all questions of a chatbot, asked of its draft or of a version, one answer each.
--
-- What a run may cost is held before it starts: a reservation for each answer, all in one transaction or none. The
-- answers are written by a job and settled one by one as every answer is (084). What is never asked is released.

create table oneai.chatbot_evaluation_runs (
  id uuid primary key default gen_random_uuid(),
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  workspace_id uuid not null,
  -- Who started it, and asks; null once that user is deleted.
  user_id uuid references oneai.users (id) on delete set null,
  -- What answers: a version (null: the draft) as it was when the run started.
  version integer,
  configuration jsonb not null,
  state text not null default 'running' check (state in ('running', 'complete', 'cancelled', 'failed')),
  -- Why it failed.
  problem text check (problem is null or state = 'failed'),
  created_at timestamptz not null default oneai.now(),
  ended_at timestamptz check ((ended_at is null) = (state = 'running'))
);
create index chatbot_evaluation_runs_listed on oneai.chatbot_evaluation_runs (chatbot_id, created_at desc, id desc);
create index chatbot_evaluation_runs_of_workspace on oneai.chatbot_evaluation_runs (workspace_id);
create index chatbot_evaluation_runs_of_user on oneai.chatbot_evaluation_runs (user_id);
create index chatbot_evaluation_runs_open on oneai.chatbot_evaluation_runs (created_at) where state = 'running';

alter table oneai.chatbot_evaluation_runs enable row level security;
revoke all on oneai.chatbot_evaluation_runs from anon, authenticated, service_role;

-- An evaluation as it was when the run started, and what became of it.
create table oneai.chatbot_evaluation_results (
  run_id uuid not null references oneai.chatbot_evaluation_runs (id) on delete cascade,
  evaluation_id uuid not null,
  ordinal integer not null,
  question text not null,
  checks jsonb not null,
  -- The answer, and its reservation: what oneai.reserve_answer returned. No foreign keys: it is settled even if they are
  -- deleted.
  message_id uuid not null unique,
  reserved json not null,
  -- `failed`: no answer came; `not_asked`: the run ended before.
  state text not null default 'waiting' check (
    state in ('waiting', 'running', 'passed', 'not_passed', 'failed', 'not_asked')),
  -- The checks that it did not pass: [{check, value}].
  failures jsonb not null default '[]',
  outcome text,
  answer text,
  error_code text,
  cost_micro_usd bigint not null default 0,
  charged integer not null default 0,
  primary key (run_id, evaluation_id)
);
create index chatbot_evaluation_results_open on oneai.chatbot_evaluation_results (run_id, ordinal)
  where state in ('waiting', 'running');

alter table oneai.chatbot_evaluation_results enable row level security;
revoke all on oneai.chatbot_evaluation_results from anon, authenticated, service_role;

-- A run as the API shows it, without its results.
create function oneai.evaluation_run_json(n oneai.chatbot_evaluation_runs) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select jsonb_build_object('run_id', n.id, 'version', coalesce(to_jsonb(n.version), '"draft"'), 'state', n.state,
    'problem', n.problem, 'created_at', n.created_at, 'ended_at', n.ended_at, 'is_current', exists (
      select from oneai.chatbots as c where c.id = n.chatbot_id and n.configuration = c.draft),
    'total', count(*), 'done', count(*) filter (where r.state not in ('waiting', 'running')),
    'passed', count(*) filter (where r.state = 'passed'),
    'cost_micro_usd', coalesce(sum(r.cost_micro_usd), 0), 'charged', coalesce(sum(r.charged), 0))
  from oneai.chatbot_evaluation_results as r where r.run_id = n.id
$$;
revoke execute on function oneai.evaluation_run_json from public;

-- The run of a chatbot. ON404 `not_found`.
create function oneai.require_evaluation_run(c oneai.chatbots, p_run uuid) returns oneai.chatbot_evaluation_runs
language plpgsql stable security definer set search_path = ''
as $$
declare
  run oneai.chatbot_evaluation_runs;
begin
  select * into run from oneai.chatbot_evaluation_runs where id = p_run and chatbot_id = c.id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return run;
end
$$;
revoke execute on function oneai.require_evaluation_run from public;

-- The terms of a run by this member, for the plan of its payer. Refuses as oneai.admit does, with ON422 where there is
-- nothing to ask, and ON503 if p_configuration is not that of the version any more.
create function oneai.evaluation_terms(
  payer oneai.workspaces, p_user uuid, c oneai.chatbots, p_version integer, p_configuration jsonb, p_request jsonb,
  p_terms jsonb) returns oneai.tier_terms
language plpgsql stable security definer set search_path = ''
as $$
declare
  longest text;
  terms oneai.tier_terms;
begin
  if p_configuration is distinct from (case when p_version is null then c.draft else (
    select v.configuration from oneai.chatbot_versions as v where v.chatbot_id = c.id and v.version = p_version) end)
  then
    raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
  end if;
  select e.question into longest from oneai.chatbot_evaluations as e where e.chatbot_id = c.id
  order by length(e.question) desc limit 1;
  if not found then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
      json_build_array(json_build_object('field', 'evaluations', 'code', 'required')));
  end if;
  terms := oneai.add_web_search(p_request, false, oneai.terms_of_question(
    payer, c.id, p_request || jsonb_build_object('message', longest), p_terms, null));
  if not terms ? 'spend_percent' then
    perform oneai.check_spend_limit((p_request ->> 'spend_limit_micro_usd')::bigint, (terms ->> 'free')::boolean);
  end if;
  perform oneai.check_uncharged_answers(p_user);
  return terms;
end
$$;
revoke execute on function oneai.evaluation_terms from public;

-- The most that preparing the answer to one question may cost, in micro-dollars: its vector, if the chatbot has documents. It
-- continues no conversation, so it is not made whole.
create function oneai.preparation_of_evaluation(p_question text, p_configuration jsonb) returns bigint
language sql immutable
as $$
  select case when jsonb_path_exists(p_configuration, '$.knowledge.documents[*]')
    or jsonb_path_exists(p_configuration, '$.knowledge.collections[*]') then oneai.max_of_vector(p_question) else 0 end
$$;
revoke execute on function oneai.preparation_of_evaluation from public;

-- What a run would hold now, as oneai.quote returns it. Refuses as oneai.start_evaluation_run does, except for quotas
-- and credits.
create function oneai.quote_evaluation_run(
  p_user uuid, p_chatbot uuid, p_version integer, p_configuration jsonb, p_request oneai.question_request, p_terms jsonb)
returns json
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
  payer constant oneai.workspaces := oneai.require_active_user(
    p_user, c.workspace_id, (p_request ->> 'require_confirmed')::boolean);
  terms constant jsonb := oneai.evaluation_terms(payer, p_user, c, p_version, p_configuration, p_request, p_terms);
begin
  return (
    select oneai.quote_uses(payer, p_user, c.id, array_agg(oneai.use_to_quote(payer, p_request #>> '{answers,0,model}',
      oneai.with_use_of_sources(e.question, null, '[]', p_request, terms #> '{answers,0}',
        oneai.preparation_of_evaluation(e.question, p_configuration)),
      oneai.prompt_tokens(e.question, null, '[]', p_request, terms #> '{answers,0}')) order by e.created_at, e.id),
      (terms #>> '{answers,0,daily_ceiling_micro_usd}')::bigint)
    from oneai.chatbot_evaluations as e where e.chatbot_id = c.id);
end
$$;
revoke execute on function oneai.quote_evaluation_run from public;
grant execute on function oneai.quote_evaluation_run to oneai_app;

-- Starts a run of all evaluations: holds an answer for each, or nothing at all, until an hour after the job last saw it.
-- p_configuration: that of the version (null: the draft), as oneai.chatbot_to_preview returned it; p_request and p_terms as
-- in oneai.admit_preview, without a message. Returns the run. The hundred newest runs are kept. ON404, ON403; ON409
-- `evaluation_running` while two runs of the chatbot are open; and what oneai.admit refuses.
create function oneai.start_evaluation_run(
  p_user uuid, p_chatbot uuid, p_version integer, p_configuration jsonb, p_request oneai.question_request, p_terms jsonb)
returns jsonb
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
  payer constant oneai.workspaces := oneai.require_active_user(
    p_user, c.workspace_id, (p_request ->> 'require_confirmed')::boolean);
  terms constant jsonb := oneai.evaluation_terms(payer, p_user, c, p_version, p_configuration, p_request, p_terms);
  visit constant oneai.visit := row(c.workspace_id, c.id, null, false, c.limits, 0);
  run oneai.chatbot_evaluation_runs;
begin
  if (select count(*) from oneai.chatbot_evaluation_runs where chatbot_id = c.id and state = 'running') >= 2 then
    raise exception using errcode = 'ON409', message = 'evaluation_running', detail = '{"limit": 2}';
  end if;
  insert into oneai.chatbot_evaluation_runs (chatbot_id, workspace_id, user_id, version, configuration)
  values (c.id, c.workspace_id, p_user, p_version, p_configuration) returning * into run;
  insert into oneai.chatbot_evaluation_results (run_id, evaluation_id, ordinal, question, checks, message_id, reserved)
  select run.id, n.id, n.ordinal, n.question, n.checks, n.message_id, oneai.without_sealed_key(oneai.reserve_answer(
    payer, p_user, n.message_id, p_request #>> '{answers,0,model}',
    oneai.with_use_of_sources(n.question, null, '[]', p_request, terms #> '{answers,0}',
      oneai.preparation_of_evaluation(n.question, p_configuration)),
    oneai.prompt_tokens(n.question, null, '[]', p_request, terms #> '{answers,0}'), null, visit))
  from (
    select e.*, row_number() over (order by e.created_at, e.id) as ordinal, gen_random_uuid() as message_id
    from oneai.chatbot_evaluations as e where e.chatbot_id = c.id offset 0) as n
  order by n.ordinal;
  update oneai.reservations as h set held_until = oneai.now() + interval '1 hour', in_background = true
  from oneai.chatbot_evaluation_results as r where r.run_id = run.id and h.id = r.message_id;
  delete from oneai.chatbot_evaluation_runs where id in (
    select o.id from oneai.chatbot_evaluation_runs as o where o.chatbot_id = c.id and o.state <> 'running'
    order by o.created_at desc, o.id desc offset 100);
  perform oneai.record_audit(
    'user', p_user::text, 'chatbot.evaluate', p_user, 'chatbot', c.id::text, p_workspace => c.workspace_id);
  return oneai.evaluation_run_json(run);
end
$$;
revoke execute on function oneai.start_evaluation_run from public;
grant execute on function oneai.start_evaluation_run to oneai_app;

-- A page of the chatbot's runs, newest first, after the one of p_after and p_after_id; of one version, or of the draft (0),
-- or all (null). ON404.
create function oneai.list_evaluation_runs(
  p_user uuid, p_chatbot uuid, p_version integer, p_after timestamptz, p_after_id uuid, p_limit integer) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'read');
begin
  return (
    select coalesce(jsonb_agg(oneai.evaluation_run_json(n) order by n.created_at desc, n.id desc), '[]') from (
      select * from oneai.chatbot_evaluation_runs as r
      where r.chatbot_id = c.id and (p_version is null or coalesce(r.version, 0) = p_version)
        and (p_after is null or (r.created_at, r.id) < (p_after, p_after_id))
      order by r.created_at desc, r.id desc limit p_limit) as n);
end
$$;
revoke execute on function oneai.list_evaluation_runs from public;
grant execute on function oneai.list_evaluation_runs to oneai_app;

-- A run with `results`, in the order of its questions. ON404.
create function oneai.show_evaluation_run(p_user uuid, p_chatbot uuid, p_run uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'read');
  run constant oneai.chatbot_evaluation_runs := oneai.require_evaluation_run(c, p_run);
begin
  return oneai.evaluation_run_json(run) || jsonb_build_object('results', (
    select coalesce(jsonb_agg(to_jsonb(r) - array['run_id', 'ordinal', 'reserved', 'message_id', 'checks'] order by r.ordinal), '[]')
    from oneai.chatbot_evaluation_results as r where r.run_id = run.id));
end
$$;
revoke execute on function oneai.show_evaluation_run from public;
grant execute on function oneai.show_evaluation_run to oneai_app;

-- What changed from one run to another, for the questions that both asked with the same checks: {better, worse} are
-- [{evaluation_id, question}], `same` their number.
create function oneai.compare_evaluation_runs(p_before uuid, p_after uuid) returns jsonb
language sql stable security definer set search_path = ''
as $$
  with pair as (
    select a.evaluation_id, a.question, a.ordinal, b.state as before, a.state as after
    from oneai.chatbot_evaluation_results as b join oneai.chatbot_evaluation_results as a
      on a.evaluation_id = b.evaluation_id and a.question = b.question and a.checks = b.checks
    where b.run_id = p_before and a.run_id = p_after
      and b.state in ('passed', 'not_passed') and a.state in ('passed', 'not_passed')
  )
  select jsonb_build_object(
    'better', coalesce(jsonb_agg(jsonb_build_object('evaluation_id', p.evaluation_id, 'question', p.question)
      order by p.ordinal) filter (where p.before = 'not_passed' and p.after = 'passed'), '[]'),
    'worse', coalesce(jsonb_agg(jsonb_build_object('evaluation_id', p.evaluation_id, 'question', p.question)
      order by p.ordinal) filter (where p.before = 'passed' and p.after = 'not_passed'), '[]'),
    'same', count(*) filter (where p.before = p.after))
  from pair as p
$$;
revoke execute on function oneai.compare_evaluation_runs from public;

-- The same for a member. ON404, also for a run of another chatbot.
create function oneai.compare_evaluation_runs_of(p_user uuid, p_chatbot uuid, p_before uuid, p_after uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'read');
begin
  return oneai.compare_evaluation_runs(
    (oneai.require_evaluation_run(c, p_before)).id, (oneai.require_evaluation_run(c, p_after)).id);
end
$$;
revoke execute on function oneai.compare_evaluation_runs_of from public;
grant execute on function oneai.compare_evaluation_runs_of to oneai_app;

-- Publishes as oneai.publish_chatbot does, and says what got worse: {version, worse}. The last complete runs of what was
-- published before and of what is published now are compared; without both, nothing is worse.
create function oneai.publish_evaluated_chatbot(p_user uuid, p_chatbot uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'manage', true);
  before uuid;
  after uuid;
begin
  select n.id into before from oneai.chatbot_evaluation_runs as n
  join oneai.chatbot_versions as v on v.chatbot_id = c.id and v.version = c.published_version
  where n.chatbot_id = c.id and n.state = 'complete' and n.configuration = v.configuration
  order by n.created_at desc limit 1;
  select n.id into after from oneai.chatbot_evaluation_runs as n
  where n.chatbot_id = c.id and n.state = 'complete' and n.configuration = c.draft
  order by n.created_at desc limit 1;
  return jsonb_build_object('version', oneai.publish_chatbot(p_user, p_chatbot),
    'worse', oneai.compare_evaluation_runs(before, after) -> 'worse');
end
$$;
revoke execute on function oneai.publish_evaluated_chatbot from public;
grant execute on function oneai.publish_evaluated_chatbot to oneai_app;
