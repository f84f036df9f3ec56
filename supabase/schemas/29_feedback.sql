-- Users' ratings of answers.

create table oneai.message_feedback (
  message_id uuid primary key references oneai.chat_messages (id) on delete cascade,
  user_id uuid not null,
  rating smallint not null check (rating in (1, -1)),
  note text,
  created_at timestamptz not null default oneai.now(),
  updated_at timestamptz not null default oneai.now(),
  -- What the rating counts for in oneai.feedback_stats: the model that answered, and the day (UTC). Null if the answer
  -- was not given here, because it was imported or corrected by hand.
  answer_model text,
  answered_on date,
  check ((answer_model is null) = (answered_on is null))
);
create index message_feedback_of_user on oneai.message_feedback (user_id);

alter table oneai.message_feedback enable row level security;
create policy "people see their feedback" on oneai.message_feedback
  for select to authenticated using ((select auth.uid()) = user_id);
create policy "service" on oneai.message_feedback to oneai_service using (true) with check (true);
revoke all on oneai.message_feedback from anon, authenticated, service_role;
grant select on oneai.message_feedback to authenticated;
grant select, insert, update, delete on oneai.message_feedback to oneai_service;

-- Totals of ratings by the UTC day and model of the answer. They contain no user, and outlive answers and accounts.
create table oneai.feedback_stats (
  day date not null,
  model text not null,
  positive bigint not null default 0,
  negative bigint not null default 0,
  primary key (day, model)
);

alter table oneai.feedback_stats enable row level security;
create policy "service" on oneai.feedback_stats to oneai_service using (true) with check (true);
revoke all on oneai.feedback_stats from anon, authenticated, service_role;
grant select on oneai.feedback_stats to oneai_service;

-- The same by the operator's day of the answer.
create table oneai.daily_ratings (
  day date not null,
  model text not null,
  positive bigint not null default 0,
  negative bigint not null default 0,
  primary key (day, model)
);

alter table oneai.daily_ratings enable row level security;
create policy "service" on oneai.daily_ratings to oneai_service using (true) with check (true);
revoke all on oneai.daily_ratings from anon, authenticated, service_role;
grant select on oneai.daily_ratings to oneai_service;

-- Counts a new rating, or moves a changed one. A deleted one remains counted.
create function oneai.count_feedback() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  up integer := (new.rating = 1)::integer - coalesce(old.rating = 1, false)::integer;
  down integer := (new.rating = -1)::integer - coalesce(old.rating = -1, false)::integer;
begin
  insert into oneai.feedback_stats as counted (day, model, positive, negative)
  values (new.answered_on, new.answer_model, up, down)
  on conflict (day, model) do update
  set positive = counted.positive + excluded.positive, negative = counted.negative + excluded.negative;
  insert into oneai.daily_ratings as counted (day, model, positive, negative)
  select oneai.operator_day(coalesce(e.created_at, m.created_at)), new.answer_model, up, down
  from oneai.chat_messages as m
  left join oneai.usage_events as e on e.message_id = m.id and e.purpose = 'answer'
  where m.id = new.message_id
  on conflict (day, model) do update
  set positive = counted.positive + excluded.positive, negative = counted.negative + excluded.negative;
  return null;
end
$$;
revoke execute on function oneai.count_feedback from public;

create trigger count_feedback after insert or update of rating on oneai.message_feedback
  for each row when (new.answer_model is not null) execute function oneai.count_feedback();
