-- Sessions of visitors, which are signed tokens: only how many began lately is stored here.

-- Counts a session that begins. ON403 `proof_required`, with nothing counted, if it needs a proof of work and p_proof, the
-- signature of the challenge that was solved, is null or was used before.
--
-- Where the chatbot asks for one by itself (`auto`), a session needs a proof after sixty in ten minutes: what a script
-- begins without work stays below, and few websites have more new visitors who write. p_known, who was here before
-- or whom the website identifies, needs none then and is not counted. Locks the count until the end of the transaction, so
-- that sessions that begin together are all counted.
create function oneai.count_session(c oneai.chatbots, p_known boolean, p_proof bytea) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  most constant integer := 60;
  is_free boolean := false;
begin
  if c.proof_of_work = 'never' or (c.proof_of_work = 'auto' and p_known) then
    return;
  end if;
  if p_proof is null and c.proof_of_work = 'auto' then
    perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('sessions ', c.id), 0));
    is_free := (
      select count(*) from (
        select from oneai.visitor_requests as r
        where r.chatbot_id = c.id and r.kind = 'session' and r.asked_at > oneai.now() - interval '10 minutes'
        limit most) as lately) < most;
  end if;
  if p_proof is not null or is_free then
    insert into oneai.visitor_requests (chatbot_id, asked_at, kind, proof) values (c.id, oneai.now(), 'session', p_proof)
    on conflict do nothing;
    if found then
      return;
    end if;
  end if;
  raise exception using errcode = 'ON403', message = 'proof_required';
end
$$;
revoke execute on function oneai.count_session from public;

-- Begins a session. True: the visitor may go on under the same handle; false: they were last seen longer ago than it is
-- good for. ON404 for the chatbot; ON403 as oneai.count_session, for which a visitor is known who has asked before.
create function oneai.begin_visitor_session(p_public_id text, p_visitor uuid, p_proof bytea) returns boolean
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
  -- Null: a visitor who has not asked anything.
  seen_at constant timestamptz := (
    select v.last_seen_at from oneai.chatbot_visitors as v where v.id = p_visitor and v.chatbot_id = c.id);
  good constant boolean := coalesce(seen_at > oneai.now() - oneai.visitor_lifetime(), true);
begin
  perform oneai.count_session(c, seen_at is not null and good, p_proof);
  return good;
end
$$;
revoke execute on function oneai.begin_visitor_session from public;
grant execute on function oneai.begin_visitor_session to oneai_app;

-- Begins a session of a visitor whom the website identifies, and returns the secrets that it may have signed with, as
-- oneai.identity_secrets_of has them; the caller verifies the signature. ON404 for the chatbot; ON403 as
-- oneai.count_session.
create function oneai.begin_identified_session(p_public_id text, p_proof bytea) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  c constant oneai.chatbots := oneai.require_public_chatbot(p_public_id);
begin
  perform oneai.count_session(c, true, p_proof);
  return oneai.identity_secrets_of(c.id);
end
$$;
revoke execute on function oneai.begin_identified_session from public;
grant execute on function oneai.begin_identified_session to oneai_app;
