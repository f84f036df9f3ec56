-- Evaluations: questions of a chatbot's team, with what has to be in the answer and what must not be.

create table oneai.chatbot_evaluations (
  id uuid primary key default gen_random_uuid(),
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  workspace_id uuid not null,
  -- Who made it; null once that user is deleted.
  user_id uuid references oneai.users (id) on delete set null,
  question text not null check (question <> '' and octet_length(question) <= 20000),
  -- {must_contain, must_not_contain, sources (ids of documents), must_not_know}
  checks jsonb not null check (octet_length(checks::text) <= 40000),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now()
);
create index chatbot_evaluations_listed on oneai.chatbot_evaluations (chatbot_id, created_at, id);
create index chatbot_evaluations_of_workspace on oneai.chatbot_evaluations (workspace_id);
create index chatbot_evaluations_of_user on oneai.chatbot_evaluations (user_id);

alter table oneai.chatbot_evaluations enable row level security;
revoke all on oneai.chatbot_evaluations from anon, authenticated, service_role;

-- How many evaluations a chatbot may have: a run holds an answer for each.
create function oneai.max_evaluations() returns integer
language sql immutable
as $$ select 50 $$;
revoke execute on function oneai.max_evaluations from public;

-- An evaluation as the API shows it.
create function oneai.evaluation_json(e oneai.chatbot_evaluations) returns jsonb
language sql stable set search_path = ''
as $$
  select jsonb_build_object('id', e.id, 'question', e.question, 'created_at', e.created_at, 'updated_at', e.updated_at)
    || e.checks
$$;
revoke execute on function oneai.evaluation_json from public;

-- ON422 for a document that the user cannot name, and that is not granted to the chatbot.
create function oneai.require_evaluation_sources(p_user uuid, c oneai.chatbots, p_checks jsonb) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if exists (
    select from jsonb_array_elements_text(p_checks -> 'sources') as n (id)
    where not oneai.may_name(p_user, c.workspace_id, n.id::uuid)
      and not exists (select from oneai.chatbot_grants as g where g.chatbot_id = c.id and g.named_id = n.id::uuid))
  then
    raise exception using errcode = 'ON422', message = 'invalid_request', detail = json_build_object('details',
      json_build_array(json_build_object('field', 'sources', 'code', 'unknown_document')));
  end if;
end
$$;
revoke execute on function oneai.require_evaluation_sources from public;

-- Adds an evaluation of this question, or of the one that a visitor asked in p_message, which may be the answer too. ON404
-- `chatbot_not_found`, and `not_found` for a message that is none of a visitor of the chatbot; ON403; ON409
-- `evaluation_limit_reached`; ON422 for an unknown document.
create function oneai.add_evaluation(p_user uuid, p_chatbot uuid, p_question text, p_message uuid, p_checks jsonb)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
  most constant integer := oneai.max_evaluations();
  made oneai.chatbot_evaluations;
begin
  if p_message is not null then
    select q.content into p_question
    from oneai.chat_messages as m join oneai.conversations as t on t.id = m.conversation_id
    join oneai.chat_messages as q on q.id = case m.role when 'user' then m.id else m.parent_message_id end
    where m.id = p_message and t.chatbot_id = c.id and t.visitor_id is not null;
    if not found then
      raise exception using errcode = 'ON404', message = 'not_found';
    end if;
  end if;
  if (select count(*) from oneai.chatbot_evaluations where chatbot_id = c.id) >= most then
    raise exception using errcode = 'ON409', message = 'evaluation_limit_reached',
      detail = json_build_object('limit', most);
  end if;
  perform oneai.require_evaluation_sources(p_user, c, p_checks);
  insert into oneai.chatbot_evaluations (chatbot_id, workspace_id, user_id, question, checks)
  values (c.id, c.workspace_id, p_user, p_question, p_checks) returning * into made;
  return oneai.evaluation_json(made);
end
$$;
revoke execute on function oneai.add_evaluation from public;
grant execute on function oneai.add_evaluation to oneai_app;

-- Changes the question (null: unchanged) and the given checks. ON404, ON403, ON422; oneai.add_evaluation.
create function oneai.change_evaluation(p_user uuid, p_chatbot uuid, p_id uuid, p_question text, p_checks jsonb)
returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
  changed oneai.chatbot_evaluations;
begin
  perform oneai.require_evaluation_sources(p_user, c, p_checks);
  update oneai.chatbot_evaluations as e
  set question = coalesce(p_question, e.question), checks = e.checks || p_checks, updated_at = oneai.now()
  where e.id = p_id and e.chatbot_id = c.id returning e.* into changed;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return oneai.evaluation_json(changed);
end
$$;
revoke execute on function oneai.change_evaluation from public;
grant execute on function oneai.change_evaluation to oneai_app;

-- Deletes an evaluation; runs keep what they asked. ON404, ON403.
create function oneai.delete_evaluation(p_user uuid, p_chatbot uuid, p_id uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
begin
  delete from oneai.chatbot_evaluations where id = p_id and chatbot_id = c.id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
end
$$;
revoke execute on function oneai.delete_evaluation from public;
grant execute on function oneai.delete_evaluation to oneai_app;

-- The evaluations of a chatbot, oldest first. ON404.
create function oneai.list_evaluations(p_user uuid, p_chatbot uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'read');
begin
  return (
    select coalesce(jsonb_agg(oneai.evaluation_json(e) order by e.created_at, e.id), '[]')
    from oneai.chatbot_evaluations as e where e.chatbot_id = c.id);
end
$$;
revoke execute on function oneai.list_evaluations from public;
grant execute on function oneai.list_evaluations to oneai_app;
