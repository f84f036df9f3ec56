-- Mail to the owner of a chatbot that does not answer its visitors.

-- Why a refusal of the chatbot's question is an event: the period of its budget, its plan, its workspace's credits or a limit of
-- them; null: it is none.
create function oneai.away_cause(p_refusal text, p_detail jsonb) returns text
language sql immutable set search_path = ''
as $$
  select case p_refusal when 'chatbot_spent' then p_detail ->> 'period'
    when 'quota_exceeded' then 'plan' when 'rate_limited' then 'plan' when 'credits_exhausted' then 'credits'
    when 'spending_limit_reached' then 'spending_limit' end
$$;
revoke execute on function oneai.away_cause from public;

-- Stores that a budget is spent by which a chatbot answers: its own or, p_shared, that of all chatbots of the workspace. Of
-- an `hour`, `day` or `month`, what visitors may use of the `plan`, the `credits` of the workspace, or their `spending_limit` of
-- a month; null: nothing. Once in a month for that of a month, else once in a day.
create function oneai.note_spent_budget(payer oneai.workspaces, p_chatbot uuid, p_cause text, p_shared boolean) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if p_cause is not null then
    perform oneai.add_event(payer.id, 'budget.spent', p_chatbot,
      jsonb_build_object('cause', p_cause, 'of', case when p_shared then 'workspace' else 'chatbot' end),
      concat_ws('/', case when not p_shared then p_chatbot end, p_cause, extract(epoch from date_trunc(
        case when p_cause in ('month', 'spending_limit') then 'month' else 'day' end, oneai.now(), payer.time_zone))));
  end if;
end
$$;
revoke execute on function oneai.note_spent_budget from public;

-- Mails the owner that a chatbot does not answer because this budget is spent.
create function oneai.mail_about_spent_budget(event oneai.workspace_events) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.enqueue_mail(oneai.owner_of(c.workspace_id), 'chatbot_away', concat_ws('/', event.workspace_id, event.once_key),
    jsonb_build_object('chatbot_id', c.id, 'chatbot', c.name, 'cause', event.payload ->> 'cause'),
    p_workspace => c.workspace_id)
  from oneai.chatbots as c where c.id = event.subject_id;
end
$$;
revoke execute on function oneai.mail_about_spent_budget from public;

-- Mails the owner of the workspace, whose row is locked, that a chatbot is paused because the plan has fewer; once in a day.
create function oneai.mail_about_paused_chatbot(payer oneai.workspaces, p_chatbot uuid, p_name text) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  perform oneai.enqueue_mail(oneai.owner_of(payer.id), 'chatbot_away', concat_ws('/', p_chatbot, 'paused',
    extract(epoch from date_trunc('day', oneai.now(), payer.time_zone))),
    jsonb_build_object('chatbot_id', p_chatbot, 'chatbot', p_name, 'cause', 'paused'), p_workspace => payer.id);
end
$$;
revoke execute on function oneai.mail_about_paused_chatbot from public;
