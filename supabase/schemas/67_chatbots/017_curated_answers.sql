-- Curated answers: what a chatbot's team wants to be said to a question. They come before documents, and what is changed
-- takes effect at once. Their words are compared in Python's form (oneai/chatbots/answering/telling_words.py).

create table oneai.chatbot_answers (
  id uuid primary key default gen_random_uuid(),
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  workspace_id uuid not null,
  -- Who wrote it; null once that user is deleted.
  user_id uuid references oneai.users (id) on delete set null,
  question text not null check (question <> '' and octet_length(question) <= 2000),
  alternatives text[] not null default '{}' check (cardinality(alternatives) <= 20),
  answer text not null check (answer <> '' and octet_length(answer) <= 16000),
  -- For the question and each alternative its different words, sorted: a list of lists.
  words jsonb not null check (jsonb_typeof(words) = 'array'),
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now()
);
create index chatbot_answers_listed on oneai.chatbot_answers (chatbot_id, created_at, id);
create index chatbot_answers_of_workspace on oneai.chatbot_answers (workspace_id);
create index chatbot_answers_of_user on oneai.chatbot_answers (user_id);

alter table oneai.chatbot_answers enable row level security;
create policy "members see curated answers" on oneai.chatbot_answers
  for select to authenticated using (workspace_id = any (array(select oneai.my_workspaces())));
revoke all on oneai.chatbot_answers from anon, authenticated, service_role;
grant select on oneai.chatbot_answers to authenticated;

-- How many curated answers a chatbot may have.
create function oneai.max_curated_answers() returns integer
language sql immutable
as $$ select 2000 $$;
revoke execute on function oneai.max_curated_answers from public;

-- The chatbot's curated answers whose words have most in common with p_words: the common ones as a share of all words of
-- both, of the best phrasing of each. At least p_least, best first, at most p_most.
create function oneai.nearest_curated_answers(p_chatbot uuid, p_words text[], p_least double precision, p_most integer)
returns table (question text, answer text, score double precision)
language sql stable security definer set search_path = '' rows 3
as $$
  select a.question, a.answer, s.score from oneai.chatbot_answers as a
  cross join lateral (
    select max(n.common::double precision / (cardinality(p_words) + jsonb_array_length(p.words) - n.common)) as score
    from jsonb_array_elements(a.words) as p (words)
    cross join lateral (select count(*) as common from jsonb_array_elements_text(p.words) as w (word)
      where w.word = any (p_words)) as n) as s
  where a.chatbot_id = p_chatbot and s.score >= p_least
  order by s.score desc, a.created_at, a.id limit p_most
$$;
revoke execute on function oneai.nearest_curated_answers from public;
grant execute on function oneai.nearest_curated_answers to oneai_service;

-- Adds curated answers, each {question, alternatives, answer, words}; those that are added, in the same order. ON404,
-- ON403; ON409 `answer_limit_reached` if the chatbot would have too many.
create function oneai.add_curated_answers(p_user uuid, p_chatbot uuid, p_answers jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
  most constant integer := oneai.max_curated_answers();
  added jsonb;
begin
  if (select count(*) from oneai.chatbot_answers where chatbot_id = p_chatbot) + jsonb_array_length(p_answers) > most then
    raise exception using errcode = 'ON409', message = 'answer_limit_reached', detail = json_build_object('limit', most);
  end if;
  with given as (
    select n.value, n.place, gen_random_uuid() as id from jsonb_array_elements(p_answers) with ordinality as n (value, place)
  ), made as (
    insert into oneai.chatbot_answers as a (
      id, chatbot_id, workspace_id, user_id, question, alternatives, answer, words, created_at)
    -- Their order is that of the request.
    select g.id, p_chatbot, c.workspace_id, p_user, r.question, r.alternatives, r.answer, r.words,
      oneai.now() + g.place * interval '1 microsecond'
    from given as g cross join lateral jsonb_populate_record(null::oneai.chatbot_answers, g.value) as r
    returning a.*
  )
  select coalesce(jsonb_agg(to_jsonb(m) order by g.place), '[]') into added from made as m join given as g using (id);
  update oneai.chatbots set updated_at = oneai.now() where id = p_chatbot;
  return added;
end
$$;
revoke execute on function oneai.add_curated_answers from public;
grant execute on function oneai.add_curated_answers to oneai_app;

-- Sets the columns in p_changes. ON404 `chatbot_not_found`, and `not_found` for another chatbot's answer; ON403.
create function oneai.change_curated_answer(p_user uuid, p_chatbot uuid, p_answer uuid, p_changes jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
  a oneai.chatbot_answers;
begin
  select * into a from oneai.chatbot_answers where id = p_answer and chatbot_id = c.id for update;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  a := jsonb_populate_record(a, p_changes);
  update oneai.chatbot_answers
  set question = a.question, alternatives = a.alternatives, answer = a.answer, words = a.words, updated_at = oneai.now()
  where id = p_answer returning * into a;
  return to_jsonb(a);
end
$$;
revoke execute on function oneai.change_curated_answer from public;
grant execute on function oneai.change_curated_answer to oneai_app;

-- Deletes a curated answer. ON404 as above, ON403.
create function oneai.delete_curated_answer(p_user uuid, p_chatbot uuid, p_answer uuid) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_chatbot(p_user, p_chatbot, 'write', true);
begin
  delete from oneai.chatbot_answers where id = p_answer and chatbot_id = c.id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
end
$$;
revoke execute on function oneai.delete_curated_answer from public;
grant execute on function oneai.delete_curated_answer to oneai_app;

-- Adds what preparing an answer of the chatbot cost to the ledger: the embedding of a question, or its rewriting. The
-- operator pays it: no unit, but the day's spend. Where credits or an own key pay the answer, they pay it too. p_reservation: the answer that holds its cost in the chatbot's budget, where
-- it is settled (null: none). Once for each p_id. p_usage as in oneai.record_embedding_usage. p_user: who asks, in a
-- preview; if no unit is charged for its answer, what preparing it cost counts as an uncharged cost.
create function oneai.record_chatbot_preparation(
  p_chatbot uuid, p_id uuid, p_purpose text, p_usage jsonb, p_reservation uuid default null,
  p_user uuid default null) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  cost bigint := (p_usage ->> 'cost_micro_usd')::bigint;
  own_key constant uuid := (p_usage ->> 'provider_key')::uuid;
  payer oneai.workspaces;
  answer oneai.reservations;
  charge bigint := 0;
begin
  select w.* into payer from oneai.workspaces as w
  -- An answer that began before the chatbot was moved belongs to the workspace before.
  where w.id = coalesce(
    (select r.workspace_id from oneai.reservations as r where r.id = p_reservation),
    (select c.workspace_id from oneai.chatbots as c where c.id = p_chatbot)) for no key update;
  if exists (
    select from oneai.usage_events as e
    where e.message_id = p_id and e.purpose = p_purpose and e.purpose in ('document_embedding', 'rewriting'))
  then
    return;
  end if;
  select * into answer from oneai.reservations where id = p_reservation;
  if own_key is not null then
    perform oneai.add_step_of_own_key(p_reservation, coalesce(cost, 0));
  elsif answer.paid_by = 'credits' then
    charge := oneai.add_step_of_use(answer, coalesce(cost, 0));
  elsif cost > 0 then
    perform oneai.add_spend(payer.id, null, 0, cost, case when payer.personal_of is null then p_user end);
  end if;
  insert into oneai.usage_events (
    workspace_id, user_id, chatbot_id, message_id, purpose, outcome, subscription_tier, model_asked, model_served, provider, generation_id,
    prompt_tokens, completion_tokens, reasoning_tokens, cost_micro_usd, estimated, price_version, openrouter_key,
    paid_by, credits_micro_usd, provider_key_id)
  values (
    payer.id, p_user, case when payer.id is not null then p_chatbot end, p_id, p_purpose, p_usage ->> 'outcome', coalesce(payer.subscription_tier, 'free'), p_usage ->> 'model_asked',
    p_usage ->> 'model', p_usage ->> 'provider', p_usage ->> 'generation_id', (p_usage ->> 'prompt_tokens')::integer,
    coalesce((p_usage ->> 'completion_tokens')::integer, 0), coalesce((p_usage ->> 'reasoning_tokens')::integer, 0), cost,
    (p_usage ->> 'estimated')::boolean, p_usage ->> 'price_version', p_usage ->> 'openrouter_key',
    case when own_key is not null then 'own_key' when answer.paid_by = 'credits' then 'credits' else 'plan' end, charge,
    own_key)
  on conflict do nothing;
  if p_user is not null and cost > 0 and own_key is null then
    update oneai.reservations set uncharged_cost_at = oneai.now()
    where id = p_reservation and user_id = p_user and coalesce(settled_at, 'infinity') = 'infinity';
  end if;
  if p_reservation is not null then
    perform oneai.count_chatbot_preparation(p_reservation, coalesce(cost, 0));
  end if;
end
$$;
revoke execute on function oneai.record_chatbot_preparation from public;
grant execute on function oneai.record_chatbot_preparation to oneai_app;
