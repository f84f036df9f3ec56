-- A stream occupies an execution of the function until its answer ends, whether or not its client is still there. So a
-- person has few: answers at once, and as many followers again (streams of answers that another request began).

-- Each follower has a lease of its own, which its reads of the answer renew: that of a process that died ends by
-- itself.
-- No foreign key to the answer: settling it ends its followers, and nothing that deletes messages waits for one.
create table oneai.answer_followers (
  id uuid primary key,
  message_id uuid not null,
  user_id uuid not null references oneai.users (id) on delete cascade,
  -- Which came first.
  n bigint generated always as identity,
  held_until timestamptz not null
);
create index answer_followers_of_user on oneai.answer_followers (user_id);
create index answer_followers_of_answer on oneai.answer_followers (message_id);

alter table oneai.answer_followers enable row level security;
revoke all on oneai.answer_followers from anon, authenticated, service_role;

-- How many answers of this person are being written.
create function oneai.open_answers(p_user uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select count(*)::integer from oneai.reservations as r
  where r.user_id = p_user and r.settled_at is null and r.held_until > oneai.now()
$$;
revoke execute on function oneai.open_answers from public;

-- Ends the person's oldest followers beyond `p_room` (null: any number), and those of `p_message` beyond two; the ids
-- of those that lived. The caller has locked the person.
create function oneai.end_followers(p_user uuid, p_room integer, p_message uuid) returns uuid[]
language sql security definer set search_path = ''
as $$
  delete from oneai.answer_followers as f where f.user_id = p_user and f.held_until <= oneai.now();
  with placed as (
    select f.id, f.message_id, row_number() over (order by f.n desc) as place,
      row_number() over (partition by f.message_id order by f.n desc) as place_there
    from oneai.answer_followers as f where f.user_id = p_user
  ), ended as (
    delete from oneai.answer_followers as f using placed as p
    where f.id = p.id and (p.place > p_room or (p.message_id = p_message and p.place_there > 2)) returning f.id
  )
  select coalesce(array_agg(e.id), '{}') from ended as e
$$;
revoke execute on function oneai.end_followers from public;

-- Makes room for `p_new` answers of a person who may have `p_at_once` (null: any number). ON429 where there is none.
create function oneai.check_streams(p_user uuid, p_at_once integer, p_new integer) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  streams integer := oneai.open_answers(p_user) + p_new;
begin
  if streams > p_at_once then
    raise exception using errcode = 'ON429', message = 'rate_limited', detail = jsonb_build_object('retry_after', 5,
      'message', format('Your plan writes %s answers at once. Please wait for one of them to end, or stop it.',
        p_at_once))::text;
  end if;
  if exists (select from oneai.answer_followers as f where f.user_id = p_user) then
    perform oneai.end_followers(p_user, 2 * p_at_once - streams, null);
  end if;
end
$$;
revoke execute on function oneai.check_streams from public;

-- Follows an answer of the asking person (`p_first`), or goes on doing so. The newest follower always gets its place:
-- the third one before it of the same answer is ended for it, and the oldest of all where answers and followers would
-- be more than twice the answers of the plan (p_at_once: {tier: answers}). The ids of those ended; null where
-- this one was ended itself, or did not renew its lease in time.
create function oneai.follow(p_message uuid, p_follower uuid, p_first boolean, p_at_once jsonb) returns uuid[]
language plpgsql security definer set search_path = ''
as $$
declare
  person oneai.users;
  ended uuid[];
begin
  if not p_first then
    update oneai.answer_followers as f set held_until = oneai.now() + oneai.lease()
    where f.id = p_follower and f.user_id = (select auth.uid()) and f.held_until > oneai.now();
    -- The statement that calls this may have begun before the answer was settled, which ends its followers.
    return case when found or not exists (
      select from oneai.chat_messages as m where m.id = p_message and m.state = 'streaming') then '{}'::uuid[] end;
  end if;
  select * into person from oneai.users where id = (select auth.uid()) for no key update;
  ended := oneai.end_followers(person.id, greatest(
    2 * (p_at_once ->> person.subscription_tier)::integer - oneai.open_answers(person.id) - 1, 0), p_message);
  insert into oneai.answer_followers (id, message_id, user_id, held_until)
  select p_follower, m.id, m.user_id, oneai.now() + oneai.lease() from oneai.chat_messages as m
  where m.id = p_message and m.user_id = person.id and m.state = 'streaming'
  on conflict (id) do nothing;
  return ended;
end
$$;
revoke execute on function oneai.follow from public;
grant execute on function oneai.follow to authenticated;
