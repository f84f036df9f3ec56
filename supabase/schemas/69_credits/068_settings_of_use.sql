-- What owners and admins set and read of the use of credits. The workspace is that of the request, whose right is checked with
-- it.

-- What credits were charged since the start of the workspace's month, and what open answers hold of them, for one subject.
create function oneai.credits_of_month(p_workspace uuid, p_kind text, p_subject uuid) returns bigint
language plpgsql stable security definer set search_path = ''
as $$
declare
  since constant timestamptz := oneai.credit_month(p_workspace, oneai.now());
begin
  return (
    select coalesce(sum(e.credits_micro_usd), 0) from oneai.usage_events as e
    where e.workspace_id = p_workspace and e.created_at >= since and e.paid_by = 'credits'
      and case p_kind when 'chatbot' then e.chatbot_id when 'member' then e.user_id else e.api_key_id end = p_subject
  )::bigint + (
    select coalesce(sum(h.held_micro_usd), 0) from oneai.reservations as r join oneai.credit_holds as h on h.id = r.id
    where r.workspace_id = p_workspace and r.created_at >= since and r.paid_by = 'credits' and h.settled_at is null
      and case p_kind when 'chatbot' then r.chatbot_id when 'member' then r.user_id else r.api_key_id end = p_subject
  )::bigint;
end
$$;
revoke execute on function oneai.credits_of_month from public;

-- The limits of a workspace: [{limit, limit_id, name, micro_usd_per_month, spent_micro_usd, resets_at}].
create function oneai.list_credit_limits(p_user uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
  month constant timestamptz := oneai.credit_month(asked, oneai.now());
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('limit', l.kind, 'limit_id', l.subject_id,
      'micro_usd_per_month', l.micro_usd_per_month,
      'spent_micro_usd', case when l.month_start = month then l.spent_micro_usd else 0 end,
      'resets_at', oneai.credit_month(asked, month + interval '32 days')) order by l.kind, l.subject_id), '[]')
    from oneai.credit_limits as l where l.workspace_id = asked);
end
$$;
revoke execute on function oneai.list_credit_limits from public;
grant execute on function oneai.list_credit_limits to oneai_app;

-- Whether the workspace has this chatbot, member or API key.
create function oneai.has_subject(p_workspace uuid, p_kind text, p_subject uuid) returns boolean
language sql stable security definer set search_path = ''
as $$
  select case p_kind
    when 'chatbot' then exists (
      select from oneai.chatbots as c where c.id = p_subject and c.workspace_id = p_workspace and c.deletes_at is null)
    when 'member' then exists (
      select from oneai.workspace_members as m where m.user_id = p_subject and m.workspace_id = p_workspace)
    else exists (
      select from oneai.api_keys as k where k.id = p_subject and k.workspace_id = p_workspace and k.revoked_at is null)
    end
$$;
revoke execute on function oneai.has_subject from public;

-- Replaces all limits of a workspace by p_limits ([{limit, limit_id, micro_usd_per_month}]) and returns them. A new limit counts
-- what was used in this month. ON404 for a chatbot, member or API key that is not the workspace's.
create function oneai.set_credit_limits(p_user uuid, p_limits jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
begin
  -- Admission and settling hold this lock, so no use is missed or counted twice.
  perform 1 from oneai.workspaces where id = asked for no key update;
  if exists (
    select from jsonb_to_recordset(p_limits) as n ("limit" text, limit_id uuid)
    where not oneai.has_subject(asked, n."limit", n.limit_id))
  then
    raise exception using errcode = 'ON404', message = 'not_found';
  end if;
  delete from oneai.credit_limits as l where l.workspace_id = asked and not exists (
    select from jsonb_to_recordset(p_limits) as n ("limit" text, limit_id uuid)
    where n."limit" = l.kind and n.limit_id = l.subject_id);
  insert into oneai.credit_limits as l (
    workspace_id, kind, subject_id, micro_usd_per_month, month_start, spent_micro_usd)
  select asked, n."limit", n.limit_id, n.micro_usd_per_month, oneai.credit_month(asked, oneai.now()),
    oneai.credits_of_month(asked, n."limit", n.limit_id)
  from jsonb_to_recordset(p_limits) as n ("limit" text, limit_id uuid, micro_usd_per_month bigint)
  on conflict (workspace_id, kind, subject_id) do update set micro_usd_per_month = excluded.micro_usd_per_month;
  perform oneai.record_audit('user', p_user::text, 'workspace.update', p_user, 'workspace', asked::text,
    p_workspace => asked, p_detail => jsonb_build_object('limits', jsonb_array_length(p_limits)));
  return oneai.list_credit_limits(p_user);
end
$$;
revoke execute on function oneai.set_credit_limits from public;
grant execute on function oneai.set_credit_limits to oneai_app;

-- What pays a workspace's answers: {order, chatbots: [{chatbot_id, source}]}, of those chatbots that have one source alone.
create function oneai.read_payment_sources(p_user uuid) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
begin
  return jsonb_build_object(
    'order', (select to_jsonb(string_to_array(w.payment_sources, ',')) from oneai.workspaces as w where w.id = asked),
    'chatbots', (
      select coalesce(jsonb_agg(jsonb_build_object('chatbot_id', c.id, 'source', c.payment_source) order by c.id), '[]')
      from oneai.chatbots as c
      where c.workspace_id = asked and c.payment_source is not null and c.deletes_at is null));
end
$$;
revoke execute on function oneai.read_payment_sources from public;
grant execute on function oneai.read_payment_sources to oneai_app;

-- Sets them; a chatbot that p_chatbots does not name is paid as the workspace's other answers. ON404 for another workspace's
-- chatbot.
create function oneai.set_payment_sources(p_user uuid, p_order text[], p_chatbots jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
begin
  update oneai.workspaces set payment_sources = array_to_string(p_order, ',') where id = asked;
  if exists (select from jsonb_to_recordset(p_chatbots) as n (chatbot_id uuid)
    where not oneai.has_subject(asked, 'chatbot', n.chatbot_id))
  then
    raise exception using errcode = 'ON404', message = 'chatbot_not_found';
  end if;
  update oneai.chatbots as c set payment_source = (
    select n.source from jsonb_to_recordset(p_chatbots) as n (chatbot_id uuid, source text) where n.chatbot_id = c.id)
  where c.workspace_id = asked and (c.payment_source is not null or exists (
    select from jsonb_to_recordset(p_chatbots) as n (chatbot_id uuid) where n.chatbot_id = c.id));
  perform oneai.record_audit('user', p_user::text, 'workspace.update', p_user, 'workspace', asked::text,
    p_workspace => asked, p_detail => jsonb_build_object('order', p_order, 'chatbots', p_chatbots));
  return oneai.read_payment_sources(p_user);
end
$$;
revoke execute on function oneai.set_payment_sources from public;
grant execute on function oneai.set_payment_sources to oneai_app;

-- What credits paid from p_since until p_until, by `day` in the time zone p_zone, `model`, `chatbot`, `member` or `api_key`:
-- [{key (null: none), answers, cost_micro_usd, charged_micro_usd}], the dearest first, days in their order.
create function oneai.credit_usage(p_user uuid, p_since timestamptz, p_until timestamptz, p_zone text, p_by text) returns jsonb
language plpgsql volatile security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
begin
  return (
    with sums as (
      select case p_by when 'day' then to_char(e.created_at at time zone p_zone, 'YYYY-MM-DD')
          when 'model' then coalesce(e.model_served, e.model_asked) when 'chatbot' then e.chatbot_id::text
          when 'member' then e.user_id::text else e.api_key_id::text end as key,
        count(*) filter (where e.purpose not in (
          'correction', 'title', 'conversation_summary', 'rewriting', 'document_embedding', 'document_pages')) as answers,
        sum(e.cost_micro_usd)::bigint as cost, sum(e.credits_micro_usd)::bigint as charged
      from oneai.usage_events as e
      where e.workspace_id = asked and e.paid_by = 'credits' and e.created_at >= p_since and e.created_at < p_until
      group by 1
    )
    select coalesce(jsonb_agg(jsonb_build_object('key', s.key, 'answers', s.answers, 'cost_micro_usd', s.cost,
      'charged_micro_usd', s.charged) order by case when p_by = 'day' then s.key end, s.charged desc, s.key), '[]')
    from sums as s);
end
$$;
revoke execute on function oneai.credit_usage from public;
grant execute on function oneai.credit_usage to oneai_app;
