-- Visitors: who asks a chatbot on a website. They are no users; a signed token says who they are.
--
-- They have no role in Postgres either: each statement for them is a function that takes the chatbot and the visitor of
-- the verified token, and finds nothing else.

create table oneai.chatbot_visitors (
  -- A hash of the chatbot and of the visitor's random handle, or of what the website calls them: no other one can be
  -- named, and the handle itself is not stored.
  id uuid primary key,
  chatbot_id uuid not null references oneai.chatbots (id) on delete cascade,
  workspace_id uuid not null,
  -- Who it is, as the website says and signs; null: it does not.
  external_id text check (octet_length(external_id) <= 400),
  -- What else it says, for the team to read.
  name text check (octet_length(name) <= 400),
  email text check (octet_length(email) <= 400),
  -- What the visitor says in the form before the first message, which is not verified.
  introduced_name text check (octet_length(introduced_name) <= 400),
  introduced_email text check (octet_length(introduced_email) <= 400),
  -- The words that the visitor agreed to there, and when first; null: there were none.
  consent text check (octet_length(consent) <= 2000),
  consented_at timestamptz,
  check ((consent is null) = (consented_at is null)),
  -- With the first message.
  created_at timestamptz not null default oneai.now(),
  last_seen_at timestamptz not null default oneai.now()
);
create index chatbot_visitors_of_chatbot on oneai.chatbot_visitors (chatbot_id, last_seen_at desc);
create index chatbot_visitors_of_workspace on oneai.chatbot_visitors (workspace_id);
create index chatbot_visitors_identified on oneai.chatbot_visitors (workspace_id, external_id)
  where external_id is not null;

-- Members read it by functions, which refuse viewers.
alter table oneai.chatbot_visitors enable row level security;
create policy "service" on oneai.chatbot_visitors to oneai_service using (true) with check (true);
revoke all on oneai.chatbot_visitors from anon, authenticated, service_role;
grant select, delete on oneai.chatbot_visitors to oneai_service;

alter table oneai.conversations
  add foreign key (visitor_id) references oneai.chatbot_visitors (id) on delete cascade,
  add foreign key (chatbot_id) references oneai.chatbots (id) on delete cascade;

-- The questions and sessions of the last hour, and the leads, addresses and reports of the last day, for the limits of visitors and
-- of networks, which are kept as salted hashes. Unlogged, as oneai.rate_limits is. No foreign keys: what was forgotten counts too.
create unlogged table oneai.visitor_requests (
  chatbot_id uuid not null,
  -- Null for a session, which is counted before there is a visitor, and for a report, which needs none.
  visitor_id uuid,
  -- Null for a session: those of all networks are counted together.
  network bytea,
  asked_at timestamptz not null,
  kind text not null default 'question' check (kind in ('question', 'session', 'lead', 'mail', 'report')),
  -- The signature of the challenge that was solved for this session, so that it is solved once.
  proof bytea check (kind = 'session' or proof is null),
  check ((network is null) = (kind = 'session'))
);
create index visitor_requests_of_sessions on oneai.visitor_requests (chatbot_id, asked_at) where kind = 'session';
create unique index visitor_requests_by_proof on oneai.visitor_requests (proof) where proof is not null;
create index visitor_requests_of_network on oneai.visitor_requests (chatbot_id, network, asked_at);
create index visitor_requests_of_visitor on oneai.visitor_requests (chatbot_id, visitor_id, asked_at);
create index visitor_requests_by_time on oneai.visitor_requests (asked_at);

alter table oneai.visitor_requests enable row level security;
create policy "service" on oneai.visitor_requests to oneai_service using (true) with check (true);
revoke all on oneai.visitor_requests from anon, authenticated, service_role;
grant select, delete on oneai.visitor_requests to oneai_service;

-- How long a visitor's browser is remembered after the last message. Their conversations are kept as long as the chatbot says
-- (oneai.chatbots.retention_days).
create function oneai.visitor_lifetime() returns interval
language sql immutable
as $$ select interval '30 days' $$;
revoke execute on function oneai.visitor_lifetime from public;
grant execute on function oneai.visitor_lifetime to oneai_service;

-- The chatbot with this public id. ON404 `chatbot_not_found` is the same for one that does not exist, that was never
-- published, that is deleted or suspended, or whose workspace is deleted.
create function oneai.require_public_chatbot(p_public_id text) returns oneai.chatbots
language plpgsql stable security definer set search_path = ''
as $$
declare
  found_one oneai.chatbots;
begin
  select c.* into found_one from oneai.chatbots as c join oneai.workspaces as w on w.id = c.workspace_id
  where c.public_id = p_public_id and c.status <> 'draft' and c.deletes_at is null and c.suspended_at is null
    and w.deletes_at is null and w.chatbots_suspended_at is null;
  if not found then
    raise exception using errcode = 'ON404', message = 'chatbot_not_found';
  end if;
  return found_one;
end
$$;
revoke execute on function oneai.require_public_chatbot from public;

-- What answers visitors: {id, name, status, version, configuration, domains, paid (the workspace has a plan that costs
-- something), updated_at}. `workspace` is the name of who is responsible: the team, or the user whose personal workspace it
-- is; null if the user has no name. It is never the chatbot's name, which may be anyone's. ON404.
create function oneai.published_chatbot(p_public_id text) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
begin
  return (
    select jsonb_build_object('id', c.id, 'name', c.name, 'status', c.status, 'version', v.version,
      'configuration', v.configuration, 'domains', c.domains, 'updated_at', c.updated_at,
      'workspace', coalesce(w.name, nullif(btrim(u.name), '')), 'paid', w.subscription_tier not in ('free', 'none'))
    from oneai.chatbot_versions as v join oneai.workspaces as w on w.id = c.workspace_id
    left join oneai.users as u on u.id = w.personal_of
    where v.chatbot_id = c.id and v.version = c.published_version);
end
$$;
revoke execute on function oneai.published_chatbot from public;
grant execute on function oneai.published_chatbot to oneai_app;

-- When the p_most-th newest of these questions is an hour old, in seconds from now; null if there were fewer.
create function oneai.seconds_until_allowed(p_asked_at timestamptz[], p_most integer) returns integer
language sql stable
as $$
  select case when cardinality(p_asked_at) >= p_most
    then greatest(ceil(extract(epoch from p_asked_at[p_most] + interval '1 hour' - oneai.now())), 1)::integer end
$$;
revoke execute on function oneai.seconds_until_allowed from public;

-- Counts a question of a visitor. ON429 `address_limit` or `visitor_limit`, with nothing counted, if the network or the
-- visitor has asked as often as the chatbot allows in the last hour. Locks them until the end of the transaction, the
-- network first, so that questions that come together cannot pass together.
create function oneai.take_visitor_request(c oneai.chatbots, p_visitor uuid, p_network bytea) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  per_network constant integer := (c.limits ->> 'address_per_hour')::integer;
  per_visitor constant integer := (c.limits ->> 'visitor_per_hour')::integer;
  since constant timestamptz := oneai.now() - interval '1 hour';
  seconds integer;
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('network ', c.id, p_network), 0));
  seconds := oneai.seconds_until_allowed(array(
    select r.asked_at from oneai.visitor_requests as r
    where r.chatbot_id = c.id and r.network = p_network and r.kind = 'question' and r.asked_at > since
    order by r.asked_at desc limit per_network), per_network);
  if seconds is not null then
    raise exception using errcode = 'ON429', message = 'address_limit', detail = jsonb_build_object(
      'limit', per_network, 'retry_after', seconds)::text;
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('visitor ', p_visitor), 0));
  seconds := oneai.seconds_until_allowed(array(
    select r.asked_at from oneai.visitor_requests as r
    where r.chatbot_id = c.id and r.visitor_id = p_visitor and r.kind = 'question' and r.asked_at > since
    order by r.asked_at desc limit per_visitor), per_visitor);
  if seconds is not null then
    raise exception using errcode = 'ON429', message = 'visitor_limit', detail = jsonb_build_object(
      'limit', per_visitor, 'retry_after', seconds)::text;
  end if;
  insert into oneai.visitor_requests (chatbot_id, visitor_id, network, asked_at)
  values (c.id, p_visitor, p_network, oneai.now());
end
$$;
revoke execute on function oneai.take_visitor_request from public;

-- Counts a lead, an address for mail or a report (p_kind) about the chatbot from a network, which sends at most p_most in a day: ON429
-- `address_limit`. Those that were forgotten count too.
create function oneai.take_request_of_network(
  p_chatbot uuid, p_network bytea, p_kind text, p_most integer, p_visitor uuid default null) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  day constant interval := '1 day';
  sent timestamptz[];
begin
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('network ', p_chatbot, p_network), 0));
  sent := array(
    select r.asked_at from oneai.visitor_requests as r
    where r.chatbot_id = p_chatbot and r.network = p_network and r.kind = p_kind and r.asked_at > oneai.now() - day
    order by r.asked_at desc limit p_most);
  if cardinality(sent) >= p_most then
    raise exception using errcode = 'ON429', message = 'address_limit', detail = jsonb_build_object('limit', p_most,
      'retry_after', greatest(ceil(extract(epoch from sent[p_most] + day - oneai.now())), 1)::integer)::text;
  end if;
  insert into oneai.visitor_requests (chatbot_id, visitor_id, network, asked_at, kind)
  values (p_chatbot, p_visitor, p_network, oneai.now(), p_kind);
end
$$;
revoke execute on function oneai.take_request_of_network from public;

-- ON409 `conversation_full` if the question at this place would be one more than the chatbot allows in a conversation, where
-- what people wrote to each other does not count;
-- ON429 `visitor_limit` if two answers to the visitor are being written. Nothing for the question of a user.
create function oneai.require_turn_of_visitor(p_visit oneai.visit, p_conversation uuid, p_sequence integer) returns void
language plpgsql stable security definer set search_path = ''
as $$
declare
  turns constant integer := (p_visit.limits ->> 'turns_per_conversation')::integer;
begin
  if p_visit.visitor_id is null then
    return;
  end if;
  if p_sequence > 2 * turns and p_sequence - (
    select count(*) from oneai.chat_messages as m
    where m.conversation_id = p_conversation and m.is_latest and m.model_id = 'member') > 2 * turns
  then
    raise exception using errcode = 'ON409', message = 'conversation_full', detail = jsonb_build_object(
      'limit', turns)::text;
  end if;
  if (select count(*) from oneai.reservations as r
      where r.visitor_id = p_visit.visitor_id and r.settled_at is null and r.held_until > oneai.now()) >= 2
  then
    raise exception using errcode = 'ON429', message = 'visitor_limit', detail = '{"limit": 2, "retry_after": 5}';
  end if;
end
$$;
revoke execute on function oneai.require_turn_of_visitor from public;

-- The text, if the chatbot has asked its visitors lately to agree to it: in one of its last twenty versions, because a page
-- may be open for long. Otherwise null: the team must not read an agreement that the visitor has made up.
create function oneai.consent_asked_for(p_chatbot uuid, p_text text) returns text
language plpgsql stable security definer set search_path = ''
as $$
begin
  if p_text <> '' and exists (
    select from (
      select v.configuration from oneai.chatbot_versions as v
      where v.chatbot_id = p_chatbot order by v.version desc limit 20) as lately
    where lately.configuration #>> '{widget,form,consent}' = p_text)
  then
    return p_text;
  end if;
  return null;
end
$$;
revoke execute on function oneai.consent_asked_for from public;

-- Stores that the visitor is here. p_identity: {external_id, name, email} as the website says them; null: it does not.
-- p_introduction: {name, email, consent} as the visitor says them, and any may be missing: what was said before stays
-- then. Null: nothing.
create function oneai.see_visitor(
  c oneai.chatbots, p_visitor uuid, p_identity jsonb, p_introduction jsonb default null) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  agreed constant text := oneai.consent_asked_for(c.id, p_introduction ->> 'consent');
begin
  insert into oneai.chatbot_visitors as v (
    id, chatbot_id, workspace_id, external_id, name, email, introduced_name, introduced_email, consent, consented_at)
  values (p_visitor, c.id, c.workspace_id, p_identity ->> 'external_id', p_identity ->> 'name', p_identity ->> 'email',
    p_introduction ->> 'name', p_introduction ->> 'email', agreed, case when agreed is not null then oneai.now() end)
  on conflict (id) do update set last_seen_at = excluded.last_seen_at, name = excluded.name, email = excluded.email,
    introduced_name = coalesce(excluded.introduced_name, v.introduced_name),
    introduced_email = coalesce(excluded.introduced_email, v.introduced_email),
    consent = coalesce(excluded.consent, v.consent),
    consented_at = case when excluded.consent is distinct from v.consent
      then coalesce(excluded.consented_at, v.consented_at) else v.consented_at end;
end
$$;
revoke execute on function oneai.see_visitor from public;

-- Admits a visitor's question in one round trip: the limits of address and visitor, then oneai.admit, which holds the
-- chatbot's budget and then the workspace's quota. Returns what oneai.admit returns; {"republished": true}, with nothing
-- counted, if p_version is not the published one; {"waiting": {message_id, status}} if people answer in this conversation
-- (oneai.message_to_people): the message is stored, and nothing is held; or {"offline": reason} if the chatbot does not answer now: `paused`,
-- `suspended`, `spent` or `plan`. What the limits counted stays counted then.
-- p_identity: who the website says that it is, p_introduction: who the visitor says (both as oneai.see_visitor; null: nothing).
-- p_network: a salted hash of the client's network.
-- p_preparation: the most micro-dollars that preparing the answer may cost; the chatbot's budget holds them too.
-- ON404 `chatbot_not_found`, and `not_found` for a conversation of another visitor; ON429 as oneai.take_visitor_request;
-- ON409, ON422, and ON503 `busy`.
create function oneai.admit_visitor(
  p_public_id text, p_visitor uuid, p_identity jsonb, p_network bytea, p_version integer, p_message uuid,
  p_request oneai.question_request, p_terms jsonb, p_preparation bigint default 0, p_introduction jsonb default null)
returns json
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  c oneai.chatbots := oneai.require_public_chatbot(p_public_id);
  payer oneai.workspaces;
  visit oneai.visit;
  waiting json;
  refusal text;
  refusal_detail text;
begin
  if c.published_version <> p_version then
    return json_build_object('republished', true);
  end if;
  -- A question that is sent again is asked and counted once.
  if not exists (select from oneai.chat_messages as m where m.id = p_message and m.visitor_id = p_visitor) then
    perform oneai.take_visitor_request(c, p_visitor, p_network);
  end if;
  select * into payer from oneai.workspaces where id = c.workspace_id for no key update;
  -- Again, now that nothing can pause or delete it.
  c := oneai.require_public_chatbot(p_public_id);
  if c.workspace_id is distinct from payer.id then
    raise exception using errcode = 'ON503', message = 'busy', detail = '{"retry_after": 1}';
  end if;
  -- People answer also while the chatbot does not.
  p_request := oneai.without_ended_conversation(p_visitor, p_message, p_request);
  waiting := oneai.message_to_people(c, p_visitor, p_message, p_request);
  if waiting is not null then
    return waiting;
  elsif c.status = 'paused' then
    return json_build_object('offline', 'paused', 'chatbot_id', c.id);
  elsif payer.suspended_at is not null then
    return json_build_object('offline', 'suspended', 'chatbot_id', c.id);
  end if;
  begin
    perform oneai.require_usable_account(u, '{}') from oneai.users as u where u.id = payer.personal_of;
    visit := row(payer.id, c.id, p_visitor, p_identity is null and not exists (
      select from oneai.chatbot_visitors as v
      where v.id = p_visitor and v.created_at < date_trunc('day', oneai.now(), payer.time_zone)), c.limits,
      p_preparation)::oneai.visit;
    perform oneai.see_visitor(c, p_visitor, p_identity, p_introduction);
    return oneai.admit(null, p_message, p_request, p_terms, null, visit);
  exception when sqlstate 'ON402' or sqlstate 'ON403' or sqlstate 'ON429' or sqlstate 'ON503' then
    get stacked diagnostics refusal = message_text, refusal_detail = pg_exception_detail;
    if refusal in ('visitor_limit', 'busy') then
      raise;
    end if;
    perform oneai.note_spent_budget(payer, c.id,
      oneai.away_cause(refusal, nullif(refusal_detail, '')::jsonb),
      refusal not in ('chatbot_spent', 'spending_limit_reached') or nullif(refusal_detail, '')::jsonb ->> 'of' = 'workspace');
    return json_build_object('offline', case
      when refusal in ('account_suspended', 'account_deleting') then 'suspended'
      when refusal in ('chatbot_spent', 'spending_limit_reached', 'credits_exhausted', 'quota_exceeded', 'rate_limited',
        'service_paused') then 'spent'
      else 'plan' end, 'refusal', refusal, 'detail', nullif(refusal_detail, '')::json, 'chatbot_id', c.id);
  end;
end
$$;
revoke execute on function oneai.admit_visitor from public;
grant execute on function oneai.admit_visitor to oneai_app;
