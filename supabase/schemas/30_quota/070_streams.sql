-- A stream occupies an execution environment of the function until its answer ends, even after its client has left. So
-- a user may have few: answers at once, and as many followers again (streams of answers that another request started).

-- Each follower has its own lease, which its reads of the answer renew; that of a dead process expires.
-- No foreign key to the answer: settling it ends its followers, and deleting messages need not wait for them.
create table oneai.answer_followers (
  id uuid primary key,
  message_id uuid not null,
  user_id uuid references oneai.users (id) on delete cascade,
  visitor_id uuid,
  -- The order in which they arrived.
  n bigint generated always as identity,
  expires_at timestamptz not null,
  check (num_nonnulls(user_id, visitor_id) = 1)
);
create index answer_followers_of_visitor on oneai.answer_followers (visitor_id) where visitor_id is not null;
create index answer_followers_of_user on oneai.answer_followers (user_id);
create index answer_followers_of_answer on oneai.answer_followers (message_id);

alter table oneai.answer_followers enable row level security;
revoke all on oneai.answer_followers from anon, authenticated, service_role;

-- How many answers of this user are being written; documents are embedded, read and summarised besides, and chatbots
-- evaluated.
create function oneai.count_open_answers(p_user uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select count(*)::integer from oneai.reservations as r
  where r.user_id = p_user and r.settled_at is null and r.held_until > oneai.now()
    and r.purpose not in ('document_embedding', 'page_reading', 'summary') and not r.in_background
$$;
revoke execute on function oneai.count_open_answers from public;

-- Ends the user's oldest followers beyond `p_limit` (null: any number), and those of `p_message` beyond two; returns
-- the ids of those whose lease was alive. The caller has locked the user.
create function oneai.end_followers(p_user uuid, p_limit integer, p_message uuid) returns uuid[]
language sql security definer set search_path = ''
as $$
  delete from oneai.answer_followers as f where f.user_id = p_user and f.expires_at <= oneai.now();
  with ranked as (
    select f.id, f.message_id, row_number() over (order by f.n desc) as rank,
      row_number() over (partition by f.message_id order by f.n desc) as rank_of_answer
    from oneai.answer_followers as f where f.user_id = p_user
  ), ended as (
    delete from oneai.answer_followers as f using ranked as r
    where f.id = r.id and (r.rank > p_limit or (r.message_id = p_message and r.rank_of_answer > 2)) returning f.id
  )
  select coalesce(array_agg(e.id), '{}') from ended as e
$$;
revoke execute on function oneai.end_followers from public;

-- Makes room for `p_new` answers of a user: p_terms has their limit, `answers_at_once`, and if a team pays that of its
-- members together, `team_answers_at_once` (null: none). ON429 beyond that. Answers to visitors have limits of their own,
-- so that visitors stop no member. The caller has locked the workspace and the user.
create function oneai.check_concurrency(p_user uuid, p_payer uuid, p_terms oneai.tier_terms, p_new integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  most constant integer := p_terms ->> 'answers_at_once';
  max_of_team constant integer := p_terms ->> 'team_answers_at_once';
  answers integer;
  has_followers boolean;
begin
  select count(*) + p_new, exists (select from oneai.answer_followers as f where f.user_id = p_user)
  into answers, has_followers
  from oneai.reservations as r
  where r.user_id = p_user and r.settled_at is null and r.held_until > oneai.now()
    and r.purpose not in ('document_embedding', 'page_reading', 'summary') and not r.in_background;
  if answers > most then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object('retry_after', 5,
      'refusal', jsonb_build_object('code', 'answers_at_once', 'limit', most))::text;
  end if;
  if p_payer <> p_user and max_of_team < p_new + (
    select count(*) from oneai.reservations as r
    where r.workspace_id = p_payer and r.user_id <> r.workspace_id and r.settled_at is null
      and r.held_until > oneai.now() and r.purpose not in ('document_embedding', 'page_reading', 'summary')
      and not r.in_background)
  then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object('retry_after', 5,
      'of', 'workspace', 'refusal', jsonb_build_object('code', 'team_answers_at_once', 'limit', max_of_team))::text;
  end if;
  if has_followers then
    perform oneai.end_followers(p_user, 2 * most - answers, null);
  end if;
end
$$;
revoke execute on function oneai.check_concurrency from public;

-- Follows an answer of the current user (`p_first`), or renews the follower's lease. The newest follower is always
-- admitted: the third one before it of the same answer is ended for it, and the oldest of all if answers and
-- followers would be more than twice the answers of the plan (p_limits: {tier: answers}). Returns the ids of those
-- ended; null if this one was ended itself, did not renew its lease in time, or may not read the answer any more.
create function oneai.follow(p_message uuid, p_follower uuid, p_first boolean, p_limits jsonb) returns uuid[]
language plpgsql security definer set search_path = ''
as $$
declare
  asker constant uuid := (select auth.uid());
  tier text;
  ended uuid[];
begin
  if not p_first then
    update oneai.answer_followers as f set expires_at = oneai.now() + oneai.lease()
    where f.id = p_follower and f.user_id = asker and f.expires_at > oneai.now() and exists (
      select from oneai.chat_messages as m
      where m.id = p_message and m.workspace_id = any (array(select oneai.my_workspaces()))
        and (m.user_id = asker or m.visibility = 'workspace'));
    -- The statement that calls this may have started before the answer was settled, which ends its followers.
    return case when found or not exists (
      select from oneai.chat_messages as m where m.id = p_message and m.state = 'streaming') then '{}'::uuid[] end;
  end if;
  perform 1 from oneai.users where id = asker for no key update;
  select w.subscription_tier into tier from oneai.chat_messages as m
  join oneai.conversations as c on c.id = m.conversation_id join oneai.workspaces as w on w.id = c.workspace_id
  where m.id = p_message and c.workspace_id = any (array(select oneai.my_workspaces()))
    and (c.user_id = asker or c.visibility = 'workspace');
  if not found then
    return '{}';
  end if;
  ended := oneai.end_followers(
    asker, greatest(2 * (p_limits ->> tier)::integer - oneai.count_open_answers(asker) - 1, 0), p_message);
  -- Locked, because settling the answer, which locks its workspace and not its asker, ends its followers.
  insert into oneai.answer_followers (id, message_id, user_id, expires_at)
  select p_follower, m.id, asker, oneai.now() + oneai.lease() from oneai.chat_messages as m
  where m.id = p_message and m.state = 'streaming' for share
  on conflict (id) do nothing;
  return ended;
end
$$;
revoke execute on function oneai.follow from public;
grant execute on function oneai.follow to authenticated;

-- Follows an answer to a visitor (`p_first`), or renews the lease of p_follower, as oneai.follow does for users: the third
-- follower before a new one is ended for it. Returns the ids of those ended; null if this one was ended itself.
create function oneai.follow_as_visitor(p_visitor uuid, p_message uuid, p_follower uuid, p_first boolean) returns uuid[]
language plpgsql security definer set search_path = ''
as $$
declare
  ended uuid[];
begin
  if not p_first then
    update oneai.answer_followers as f set expires_at = oneai.now() + oneai.lease()
    where f.id = p_follower and f.visitor_id = p_visitor and f.expires_at > oneai.now();
    return case when found or not exists (
      select from oneai.chat_messages as m where m.id = p_message and m.state = 'streaming') then '{}'::uuid[] end;
  end if;
  perform pg_catalog.pg_advisory_xact_lock(pg_catalog.hashtextextended(concat('follows ', p_visitor), 0));
  with ended_now as (
    delete from oneai.answer_followers as f where f.id in (
      select o.id from oneai.answer_followers as o where o.visitor_id = p_visitor order by o.n desc offset 2)
    returning f.id, f.expires_at
  )
  select coalesce(array_agg(e.id) filter (where e.expires_at > oneai.now()), '{}') into ended from ended_now as e;
  insert into oneai.answer_followers (id, message_id, visitor_id, expires_at)
  select p_follower, m.id, p_visitor, oneai.now() + oneai.lease() from oneai.chat_messages as m
  where m.id = p_message and m.visitor_id = p_visitor and m.state = 'streaming' for share
  on conflict (id) do nothing;
  return ended;
end
$$;
revoke execute on function oneai.follow_as_visitor from public;
grant execute on function oneai.follow_as_visitor to oneai_app;
