-- Mail to the owner of a chatbot that does not answer its visitors.

-- Why a refusal of the chatbot's question is mailed: the period of its budget, or its plan; null: it is not.
create function oneai.away_cause(p_refusal text, p_detail jsonb) returns text
language sql immutable set search_path = ''
as $$
  select case p_refusal when 'chatbot_spent' then p_detail ->> 'period'
    when 'quota_exceeded' then 'plan' when 'rate_limited' then 'plan' end
$$;
revoke execute on function oneai.away_cause from public;

-- Mails the owner of the workspace, whose row is locked, that a chatbot does not answer: `hour`, `day` or `month` (that
-- budget is spent), `plan` (what visitors may use of it is used up) or `paused` (the plan has fewer chatbots). Once in a
-- month for that of a month, else once in a day, and for a budget that all chatbots share once for all of them.
create function oneai.mail_about_away_chatbot(
  payer oneai.workspaces, p_chatbot uuid, p_name text, p_cause text, p_shared boolean default false) returns void
language plpgsql security definer set search_path = ''
as $$
begin
  if p_cause is not null then
    perform oneai.enqueue_mail(oneai.owner_of(payer.id), 'chatbot_away', concat_ws('/',
      case when p_shared then payer.id else p_chatbot end, p_cause, extract(epoch from date_trunc(
        case p_cause when 'month' then 'month' else 'day' end, oneai.now(), payer.time_zone))),
      jsonb_build_object('chatbot_id', p_chatbot, 'chatbot', p_name, 'cause', p_cause));
  end if;
end
$$;
revoke execute on function oneai.mail_about_away_chatbot from public;
