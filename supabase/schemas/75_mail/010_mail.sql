-- Mail: each cause puts one mail into the outbox, which is sent at most once. Suppressed addresses.

create function oneai.address_hash(p_address text) returns bytea
language sql immutable
as $$ select pg_catalog.sha256(pg_catalog.convert_to(pg_catalog.lower(pg_catalog.btrim(p_address)), 'UTF8')) $$;
revoke execute on function oneai.address_hash from public;

-- Addresses that bounced or complained, as hashes, so that suppressing an address does not require storing it.
create table oneai.mail_suppressions (
  address_hash bytea primary key,
  reason text not null check (reason in ('bounce', 'complaint')),
  created_at timestamptz not null default oneai.now()
);

alter table oneai.mail_suppressions enable row level security;
create policy "service" on oneai.mail_suppressions to oneai_service using (true) with check (true);
revoke all on oneai.mail_suppressions from anon, authenticated, service_role;
grant select on oneai.mail_suppressions to oneai_service;

-- Mail to operators and to visitors has no user. `claim` is the sending worker; a claim that is neither settled nor renewed by the end
-- of oneai.mail_lease() leaves the outcome unknown: such mail may have been sent and is never sent again.
create table oneai.outbox (
  id uuid primary key default gen_random_uuid(),
  user_id uuid references oneai.users (id) on delete cascade,
  kind text not null check (kind in (
    'welcome', 'quota_warning', 'monthly_summary', 'payment_receipt', 'payment_reminder', 'operator_alert',
    'subscription_update', 'payment_refund', 'trial_ending', 'trial_refused', 'api_key_leaked', 'account_deletion',
    'data_export', 'business_report', 'payment_reversed', 'news', 'seats_ending', 'passkey_change', 'workspace_deletion',
    'workspace_ownership', 'invitation', 'departure', 'offer', 'chatbot_away', 'visitor_waiting',
    'visitor_confirmation', 'visitor_messages', 'visitor_mail_stopped', 'chatbots_week', 'credit_receipt',
    'credit_recharge', 'credits_low', 'credits_ending', 'credit_dispute', 'provider_key_leaked', 'period_ending')),
  cause_key text not null,
  data jsonb not null,
  -- The workspace that it is about, whose members choose what they get; null: none of those.
  workspace_id uuid references oneai.workspaces (id) on delete set null,
  -- Whom the data or the cause names besides the receiver: the row is emptied when they are erased.
  named uuid[],
  state text not null default 'waiting' check (state in ('waiting', 'sending', 'sent', 'unknown', 'skipped', 'failed')),
  attempts integer not null default 0,
  due_at timestamptz not null default oneai.now(),
  claim uuid,
  claimed_at timestamptz,
  -- The hash of the token in the mail; the token itself is not stored.
  unsubscribe_hash bytea,
  settled_at timestamptz,
  provider_id text,
  problem text,
  created_at timestamptz not null default oneai.now(),
  -- When the first attempt was made: mail that is not sent after three days has failed; an admin's retry resets it.
  waiting_since timestamptz not null default oneai.now(),
  unique (kind, cause_key),
  check (user_id is not null or kind in ('operator_alert', 'business_report', 'visitor_confirmation', 'visitor_messages'))
);
create index outbox_due on oneai.outbox (due_at) where state = 'waiting';
create index outbox_claimed on oneai.outbox (claimed_at) where state = 'sending';
create index outbox_failed on oneai.outbox (created_at, id) where state = 'failed';
create index outbox_of_user on oneai.outbox (user_id);
create index outbox_of_workspace on oneai.outbox (workspace_id) where workspace_id is not null;
create index outbox_of_named on oneai.outbox using gin (named) where named is not null;
create unique index outbox_by_token on oneai.outbox (unsubscribe_hash);
create index outbox_settled on oneai.outbox (settled_at) where settled_at is not null;

alter table oneai.outbox enable row level security;
create policy "service" on oneai.outbox to oneai_service using (true) with check (true);
revoke all on oneai.outbox from anon, authenticated, service_role;
grant select, update, delete on oneai.outbox to oneai_service;

-- Longer than send_mail may run.
create function oneai.mail_lease() returns interval
language sql immutable
as $$ select interval '2 minutes' $$;
revoke execute on function oneai.mail_lease from public;

-- Call it in the transaction of the cause; true if this cause has no mail yet. `p_named`: the users besides the receiver
-- whose id, name or address is in the cause or the data. `p_workspace`: the one that it is about, if members can turn this
-- kind of mail off (oneai.switch_of_mail).
create function oneai.enqueue_mail(
  p_user uuid, p_kind text, p_cause_key text, p_data jsonb, p_named uuid[] default null, p_workspace uuid default null
) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.outbox (user_id, kind, cause_key, data, named, workspace_id)
  values (p_user, p_kind, p_cause_key, p_data, p_named, p_workspace)
  on conflict (kind, cause_key) do nothing;
  return found;
end
$$;
revoke execute on function oneai.enqueue_mail from public;
grant execute on function oneai.enqueue_mail to oneai_app;

-- As oneai.enqueue_mail, to the owner of the workspace. Receipts and failed payments also go to its `billing_email`, as
-- mail of its own: `data` names the workspace, whose address is read when it is sent.
create function oneai.enqueue_billing_mail(p_workspace uuid, p_kind text, p_cause_key text, p_data jsonb) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  payer constant uuid := oneai.owner_of(p_workspace);
begin
  if p_kind in ('payment_receipt', 'payment_reminder', 'credit_receipt') and exists (
    select from oneai.workspaces as w join oneai.users as u on u.id = payer
    where w.id = p_workspace and lower(w.billing_email) <> lower(coalesce(u.email, '')))
  then
    perform oneai.enqueue_mail(
      payer, p_kind, p_cause_key || ':billing_email', p_data || jsonb_build_object('billing_of', p_workspace));
  end if;
  return oneai.enqueue_mail(payer, p_kind, p_cause_key, p_data, p_workspace => p_workspace);
end
$$;
revoke execute on function oneai.enqueue_billing_mail from public;

-- The decision about a due mail: `address`, or why it is not sent (`problem`), or neither: not yet.
create function oneai.mail_recipient(mail oneai.outbox, out address text, out problem text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  recipient record;
begin
  if mail.kind in ('visitor_confirmation', 'visitor_messages') then
    select r.address, r.problem into address, problem from oneai.visitor_mail_recipient(mail) as r;
    return;
  end if;
  if mail.user_id is null then
    return;
  end if;
  if mail.kind = 'invitation' then
    select r.address, r.problem into address, problem from oneai.invitation_recipient(mail) as r;
    return;
  end if;
  if mail.data ? 'billing_of' then
    select w.billing_email into address from oneai.workspaces as w where w.id = (mail.data ->> 'billing_of')::uuid;
    if address is null then
      problem := 'no_address';
    elsif exists (select from oneai.mail_suppressions where address_hash = oneai.address_hash(address)) then
      problem := 'suppressed';
      address := null;
    end if;
    return;
  end if;
  if mail.kind = 'offer' and mail.data ->> 'to' = 'billing' then
    select r.address, r.problem into address, problem from oneai.offer_recipient(mail) as r;
    return;
  end if;
  select a.email::text as email, a.email_confirmed_at is not null as confirmed,
    u.suspended_at is not null as suspended, u.deletes_at is not null as deleting,
    case mail.kind when 'news' then coalesce(p.product, false) when 'quota_warning' then coalesce(p.quota, true)
      when 'credits_low' then coalesce(p.quota, true)
      when 'monthly_summary' then coalesce(p.summary, true) else true end as wanted
  into recipient
  from oneai.users as u join auth.users as a on a.id = u.id left join oneai.preferences as p on p.user_id = u.id
  where u.id = mail.user_id;
  problem := case
    when coalesce(recipient.email, '') = '' then 'no_address'
    when not recipient.wanted or oneai.turned_off(mail.user_id, mail.workspace_id, mail.kind) then 'unwanted'
    -- Suspended users get mail about money too, because charges continue.
    when mail.kind = 'departure' and not exists (
      select from oneai.departures as d where d.id = (mail.data ->> 'departure')::uuid and d.expires_at > oneai.now())
      then 'ended'
    when mail.kind = 'visitor_waiting' and (not oneai.visitor_waits((mail.data ->> 'workspace_id')::uuid)
      or not oneai.may_read_conversations(mail.user_id, (mail.data ->> 'workspace_id')::uuid)) then 'ended'
    when mail.kind = 'chatbots_week' and not oneai.may_read_conversations(mail.user_id, mail.workspace_id) then 'ended'
    when recipient.suspended and mail.kind in (
      'welcome', 'news', 'quota_warning', 'credits_low', 'credits_ending', 'monthly_summary', 'chatbot_away', 'visitor_waiting',
      'chatbots_week') then 'suspended'
    when recipient.deleting and mail.kind in (
      'welcome', 'news', 'quota_warning', 'credits_low', 'credits_ending', 'monthly_summary', 'chatbot_away', 'visitor_waiting',
      'chatbots_week') then 'deleting'
    when exists (select from oneai.mail_suppressions where address_hash = oneai.address_hash(recipient.email))
      then 'suppressed' end;
  -- An unconfirmed address may belong to someone else.
  if problem is null and recipient.confirmed then
    address := recipient.email;
  end if;
end
$$;
revoke execute on function oneai.mail_recipient from public;

-- The mail to send next, claimed, or no row. Mail that is no longer wanted is skipped on the way; mail that could not
-- be sent for three days has failed.
create function oneai.claim_mail(p_claim uuid, p_unsubscribe_hash bytea)
returns table (id uuid, kind text, data jsonb, address text, name text, language text, at timestamptz)
language plpgsql security definer set search_path = ''
as $$
declare
  mail oneai.outbox;
  recipient record;
  invited_in text;
  to_visitor boolean;
begin
  for nth in 1 .. 1000 loop
    select o.* into mail from oneai.outbox as o where o.state = 'waiting' and o.due_at <= oneai.now()
    order by o.due_at limit 1 for update skip locked;
    if not found then
      return;
    end if;
    recipient := oneai.mail_recipient(mail);
    to_visitor := mail.kind in ('visitor_confirmation', 'visitor_messages');
    if recipient.problem is not null then
      update oneai.outbox as o set state = 'skipped', problem = recipient.problem, settled_at = oneai.now()
      where o.id = mail.id;
    elsif mail.waiting_since <= oneai.now() - interval '3 days' then
      update oneai.outbox as o set state = 'failed', problem = coalesce(o.problem, 'too_late'), settled_at = oneai.now()
      where o.id = mail.id;
      if recipient.address is not null or mail.user_id is null then
        perform oneai.raise_alert('mail_failed', mail.kind, jsonb_build_object('mail', mail.id, 'problem', 'too_late'));
      end if;
    elsif recipient.address is null and mail.user_id is not null then
      update oneai.outbox as o set due_at = oneai.now() + interval '15 minutes' where o.id = mail.id;
    else
      update oneai.outbox as o set state = 'sending', claim = p_claim, claimed_at = oneai.now(),
        attempts = o.attempts + 1, unsubscribe_hash = p_unsubscribe_hash
      where o.id = mail.id;
      -- The user of an invitation is who invites.
      invited_in := case when mail.kind = 'invitation' then oneai.give_invitation_token(mail, p_unsubscribe_hash)
        when to_visitor then oneai.visitor_mail_language(mail) end;
      if to_visitor then
        mail.data := oneai.give_visitor_mail(mail, p_unsubscribe_hash);
        if mail.data is null then
          update oneai.outbox as o set state = 'skipped', problem = 'read', settled_at = oneai.now() where o.id = mail.id;
          continue;
        end if;
      end if;
      if mail.kind = 'departure' then
        perform oneai.give_departure_token(mail, p_unsubscribe_hash);
      end if;
      return query select mail.id, mail.kind, mail.data - 'billing_of', recipient.address,
        case when mail.kind <> 'invitation' and not mail.data ? 'billing_of' then u.name end,
        coalesce(invited_in, p.language, 'en'), oneai.now()
      from (select) as one left join oneai.users as u on u.id = mail.user_id
      left join oneai.preferences as p on p.user_id = u.id;
      return;
    end if;
  end loop;
end
$$;
revoke execute on function oneai.claim_mail from public;
grant execute on function oneai.claim_mail to oneai_app;

-- The outcome of sending: 'sent', 'unknown', 'failed' permanently, or 'waiting', to be retried after 1, 2, 4, 8 and
-- then every 15 minutes. Works only with the claim of the mail, even if the lease has expired.
create function oneai.finish_mail(p_id uuid, p_claim uuid, p_state text, p_provider_id text, p_problem text)
returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.outbox set state = p_state, provider_id = p_provider_id, problem = p_problem,
    settled_at = case p_state when 'waiting' then null else oneai.now() end,
    due_at = oneai.now() + least(interval '15 minutes', interval '1 minute' * (2 ^ least(attempts - 1, 4)))
  where id = p_id and claim = p_claim and state in ('sending', 'unknown') and state <> p_state;
  if found and p_state = 'unknown' then
    perform oneai.raise_alert('mail_outcome_unknown', p_id::text, jsonb_build_object('problem', p_problem));
  elsif found and p_state = 'failed' then
    perform oneai.raise_alert('mail_failed', p_problem, jsonb_build_object('mail', p_id));
  end if;
  return found;
end
$$;
revoke execute on function oneai.finish_mail from public;
grant execute on function oneai.finish_mail to oneai_app;

-- Ends mail whose worker died, before or after sending; the outcome is unknown. Returns their number.
create function oneai.expire_mail_claims() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  lapsed integer := 0;
  mail record;
begin
  for mail in
    select id, claim from oneai.outbox where state = 'sending' and claimed_at <= oneai.now() - oneai.mail_lease()
    order by id for update skip locked
  loop
    perform oneai.finish_mail(mail.id, mail.claim, 'unknown', null, 'lapsed');
    lapsed := lapsed + 1;
  end loop;
  return lapsed;
end
$$;
revoke execute on function oneai.expire_mail_claims from public;
grant execute on function oneai.expire_mail_claims to oneai_app;

-- No mail goes to this address any more. Whether that stops a workspace's mail to visitors; a report that comes again does
-- nothing.
create function oneai.suppress_mail(p_address text, p_reason text) returns boolean
language plpgsql security definer set search_path = ''
as $$
begin
  insert into oneai.mail_suppressions (address_hash, reason) values (oneai.address_hash(p_address), p_reason)
  on conflict (address_hash) do nothing;
  return found and oneai.count_failed_visitor_mail(oneai.address_hash(p_address));
end
$$;
revoke execute on function oneai.suppress_mail from public;
grant execute on function oneai.suppress_mail to oneai_app;

-- Unsubscribes from the kind of mail with this token, or from it about one workspace; returns its preference, `visitor` for
-- mail to a visitor, which ends for the workspace that sent it, or null for an unknown token.
create function oneai.unsubscribe(p_hash bytea) returns text
language plpgsql security definer set search_path = ''
as $$
declare
  mail oneai.outbox;
  topic text;
begin
  select * into mail from oneai.outbox where unsubscribe_hash = p_hash;
  topic := case mail.kind when 'news' then 'product' when 'quota_warning' then 'quota' when 'credits_low' then 'quota' when 'monthly_summary' then 'summary'
    when 'visitor_waiting' then 'handoff' when 'chatbot_away' then 'budget' when 'chatbots_week' then 'weekly'
    when 'visitor_confirmation' then 'visitor' when 'visitor_messages' then 'visitor' end;
  if topic = 'visitor' then
    perform oneai.refuse_visitor_mail((mail.data ->> 'workspace_id')::uuid, decode(mail.data ->> 'address_hash', 'hex'));
  elsif topic in ('handoff', 'budget', 'weekly') then
    -- Who has left the team since gets no such mail anyway.
    perform oneai.update_member_notifications(m.user_id, m.workspace_id, jsonb_build_object(topic, false))
    from oneai.workspace_members as m where m.user_id = mail.user_id and m.workspace_id = mail.workspace_id;
  elsif topic is not null then
    perform oneai.update_preferences(mail.user_id, jsonb_build_object('notifications', jsonb_build_object(topic, false)));
  end if;
  return topic;
end
$$;
revoke execute on function oneai.unsubscribe from public;
grant execute on function oneai.unsubscribe to oneai_app;

-- Users who opted in to news and have not got this campaign: with their language if p_texts has it, else English.
create function oneai.news_recipients(p_campaign text, p_texts jsonb, p_after uuid)
returns table (user_id uuid, language text)
language sql stable security definer set search_path = ''
as $$
  select u.id, case when p_texts ? p.language then p.language else 'en' end
  from oneai.preferences as p join oneai.users as u on u.id = p.user_id
  where p.product and u.id > p_after and u.suspended_at is null and u.deletes_at is null
    and not exists (
      select from oneai.outbox as o where o.kind = 'news' and o.cause_key = concat_ws('/', p_campaign, u.id))
$$;
revoke execute on function oneai.news_recipients from public;

-- How many users a campaign would reach now, by language.
create function oneai.count_news(p_campaign text, p_texts jsonb) returns jsonb
language sql stable security definer set search_path = ''
as $$
  select coalesce(jsonb_object_agg(r.language, r.count), '{}') from (
    select n.language, count(*) as count
    from oneai.news_recipients(p_campaign, p_texts, '00000000-0000-0000-0000-000000000000') as n group by 1) as r
$$;
revoke execute on function oneai.count_news from public;

-- Queues a campaign for the next p_most users after p_after, once for each; returns the last of them, null if there are
-- no more, and their number.
create function oneai.enqueue_news(
  p_campaign text, p_texts jsonb, p_after uuid, p_most integer, out last_user uuid, out posted integer)
language plpgsql security definer set search_path = ''
as $$
declare
  recipient record;
begin
  posted := 0;
  for recipient in
    select n.user_id, n.language from oneai.news_recipients(p_campaign, p_texts, p_after) as n
    order by n.user_id limit p_most
  loop
    last_user := recipient.user_id;
    if oneai.enqueue_mail(
      recipient.user_id, 'news', concat_ws('/', p_campaign, recipient.user_id), p_texts -> recipient.language) then
      posted := posted + 1;
    end if;
  end loop;
end
$$;
revoke execute on function oneai.enqueue_news from public;
