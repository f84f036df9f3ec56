-- Drafted replies: a member lets the chatbot write what they may answer a visitor. A draft is an answer of the chatbot that
-- this member asked for: held and settled as one, in the chatbot's budget and by the plan, and stored in a temporary
-- conversation of the member. The visitor's conversation is only read.

-- What a draft is made from: {chatbot_id, version, configuration (of the published version), question_id, question (the
-- visitor's last message), continues (there are messages before it)}. ON404 `not_found`, also without a message of the
-- visitor; ON404 `chatbot_not_found` where the chatbot is not published, deleted or suspended; ON403.
create function oneai.draft_from(p_user uuid, p_conversation uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  i constant oneai.inbox_conversations := oneai.require_inbox_row(p_user, p_conversation);
  c constant oneai.chatbots := (
    select oneai.require_public_chatbot(o.public_id) from oneai.chatbots as o where o.id = i.chatbot_id);
  asked oneai.chat_messages;
begin
  select * into asked from oneai.chat_messages as m
  where m.conversation_id = i.conversation_id and m.role = 'user' and m.is_latest
  order by m.sequence_number desc limit 1;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return (
    select jsonb_build_object('chatbot_id', c.id, 'version', v.version, 'configuration', v.configuration,
      'question_id', asked.id, 'question', asked.content, 'continues', asked.sequence_number > 1)
    from oneai.chatbot_versions as v where v.chatbot_id = c.id and v.version = c.published_version);
end
$$;
revoke execute on function oneai.draft_from from public;
grant execute on function oneai.draft_from to oneai_app;

-- Locks what pays for a draft and reads what it is made from, after the locks. `history` is that before the visitor's
-- message, as oneai.history_with_people returns it, and `request` counts its bytes. ON503 `busy` if another version was
-- published, or the conversation moved, since oneai.draft_from.
create function oneai.lock_draft(
  p_user uuid, p_conversation uuid, p_question uuid, p_version integer, p_request oneai.question_request, p_terms jsonb,
  out payer oneai.workspaces, out chatbot oneai.chatbots, out history json, out request jsonb)
language plpgsql volatile security definer set search_path = ''
as $$
declare
  i oneai.inbox_conversations := oneai.require_inbox_row(p_user, p_conversation);
  talk oneai.conversations;
  asked oneai.chat_messages;
begin
  payer := oneai.require_active_user(p_user, i.workspace_id, (p_request ->> 'require_confirmed')::boolean);
  i := oneai.require_inbox_row(p_user, p_conversation);
  select * into chatbot from oneai.require_public_chatbot((
    select o.public_id from oneai.chatbots as o where o.id = i.chatbot_id));
  select * into talk from oneai.conversations as t where t.id = i.conversation_id;
  if i.workspace_id <> payer.id or chatbot.published_version <> p_version then
    raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
  end if;
  select * into asked from oneai.chat_messages as m where m.id = p_question and m.conversation_id = talk.id;
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  history := oneai.history_with_people(
    talk, coalesce((p_terms -> payer.subscription_tier ->> 'history_bytes')::bigint, 0), asked.sequence_number);
  -- Kept for a minute, so that a request that is sent again finds the same draft.
  request := p_request || jsonb_build_object('temporary_seconds', 60, 'prompt_bytes_extra',
    coalesce((p_request ->> 'prompt_bytes_extra')::bigint, 0) + octet_length(history::text));
end
$$;
revoke execute on function oneai.lock_draft from public;

-- What a draft would hold now, as oneai.quote returns it; p_preparation as in oneai.admit_draft. Refuses as that does, except
-- for quotas, credits and the chatbot's budget.
create function oneai.quote_draft(
  p_user uuid, p_conversation uuid, p_question uuid, p_version integer, p_request oneai.question_request, p_terms jsonb,
  p_preparation bigint)
returns json
language plpgsql security definer set search_path = ''
as $$
declare
  draft record;
  terms oneai.tier_terms;
begin
  draft := oneai.lock_draft(p_user, p_conversation, p_question, p_version, p_request, p_terms);
  terms := oneai.add_web_search(
    draft.request, false, oneai.terms_of_question(
      draft.payer, (draft.chatbot).id, draft.request, p_terms, null));
  if not terms ? 'spend_percent' then
    perform oneai.check_spend_limit((draft.request ->> 'spend_limit_micro_usd')::bigint, (terms ->> 'free')::boolean);
  end if;
  return oneai.quote_uses(draft.payer, p_user, (draft.chatbot).id, array[oneai.use_to_quote(
    draft.payer, draft.request #>> '{answers,0,model}',
    oneai.with_use_of_sources(
      draft.request ->> 'message', null, '[]', draft.request, terms #> '{answers,0}', p_preparation),
    oneai.prompt_tokens(draft.request ->> 'message', null, '[]', draft.request, terms #> '{answers,0}'),
    p_visit => row((draft.payer).id, (draft.chatbot).id, null, false, (draft.chatbot).limits, p_preparation)::oneai.visit)],
    (terms #>> '{answers,0,daily_ceiling_micro_usd}')::bigint);
end
$$;
revoke execute on function oneai.quote_draft from public;
grant execute on function oneai.quote_draft to oneai_app;

-- Admits a draft as oneai.admit does, and holds it in the chatbot's budget. `history` of the result is that of the visitor's
-- conversation. p_preparation: the most that preparing it may cost, in micro-dollars. Refuses as oneai.draft_from,
-- oneai.lock_draft and oneai.admit do; ON429 `chatbot_spent` with `period` and `of`.
create function oneai.admit_draft(
  p_user uuid, p_conversation uuid, p_question uuid, p_version integer, p_message uuid,
  p_request oneai.question_request, p_terms jsonb, p_preparation bigint) returns jsonb
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  draft record;
  visit oneai.visit;
  admitted jsonb;
begin
  draft := oneai.lock_draft(p_user, p_conversation, p_question, p_version, p_request, p_terms);
  visit := row((draft.payer).id, (draft.chatbot).id, null, false, (draft.chatbot).limits, p_preparation)::oneai.visit;
  admitted := oneai.admit(p_user, p_message, draft.request, p_terms, null, visit);
  if admitted ? 'reservations' then
    perform oneai.hold_chatbot_answer(draft.payer, r.id, visit, r.held_micro_usd, (
      select h.held_micro_usd from oneai.credit_holds as h where h.id = r.id))
    from oneai.reservations as r where r.id = p_message;
    admitted := admitted || jsonb_build_object('history', draft.history);
  end if;
  return admitted;
end
$$;
revoke execute on function oneai.admit_draft from public;
grant execute on function oneai.admit_draft to oneai_app;

-- A draft that has ended, for a member who reads the visitor's conversation now: {message_id, text, state, error_code,
-- outcome, sources, cost_micro_usd, charged_micro_usd}. ON404, ON403.
create function oneai.drafted_reply(p_user uuid, p_conversation uuid, p_message uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  i constant oneai.inbox_conversations := oneai.require_inbox_row(p_user, p_conversation);
  written oneai.chat_messages;
begin
  select m.* into written from oneai.chat_messages as m join oneai.conversations as t on t.id = m.conversation_id
  where m.id = p_message and m.user_id = p_user and t.chatbot_id = i.chatbot_id and m.role = 'assistant';
  if not found then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  return (
    select jsonb_build_object('message_id', written.id, 'text', written.content, 'state', written.state,
      'error_code', written.error_code, 'outcome', written.metadata -> 'outcome',
      'sources', coalesce(written.metadata -> 'sources', '[]'), 'cost_micro_usd', coalesce(sum(e.cost_micro_usd), 0),
      'charged_micro_usd', coalesce(sum(oneai.charged_part(e)), 0))
    from oneai.usage_events as e
    where e.message_id = written.id and e.purpose in ('answer', 'correction'));
end
$$;
revoke execute on function oneai.drafted_reply from public;
grant execute on function oneai.drafted_reply to oneai_app;
