-- Mail to users and operators that time and usage trigger: a nearly exhausted quota, the end of a month, a day of
-- unusual usage, an alert.

-- The highest threshold that the workspace's owner was warned about, in the newest window of each quota.
create table oneai.quota_warnings (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  quota_key text not null,
  window_start timestamptz not null,
  threshold integer not null,
  primary key (workspace_id, quota_key)
);

alter table oneai.quota_warnings enable row level security;
create policy "service" on oneai.quota_warnings to oneai_service using (true) with check (true);
revoke all on oneai.quota_warnings from anon, authenticated, service_role;
grant select on oneai.quota_warnings to oneai_service;

create table oneai.usage_anomalies (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  day date not null,
  primary key (workspace_id, day)
);

alter table oneai.usage_anomalies enable row level security;
create policy "service" on oneai.usage_anomalies to oneai_service using (true) with check (true);
revoke all on oneai.usage_anomalies from anon, authenticated, service_role;
grant select on oneai.usage_anomalies to oneai_service;

-- Until when a job has seen everything.
create table oneai.job_cursors (
  job text primary key,
  done_until timestamptz not null
);

alter table oneai.job_cursors enable row level security;
create policy "service" on oneai.job_cursors to oneai_service using (true) with check (true);
revoke all on oneai.job_cursors from anon, authenticated, service_role;
grant select on oneai.job_cursors to oneai_service;

-- Warns owners of workspaces with usage since `p_since` about the highest of 80, 90 and 100 % that they were not warned
-- about in the current window, and teams about their members' limits (oneai.enqueue_member_warnings); returns the number
-- of warnings.
create function oneai.enqueue_quota_warnings(p_since timestamptz) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  quota record;
  posted integer := 0;
begin
  for quota in
    select q.workspace_id, q.quota_key, q.window_start, q.next_reset_at, q.used, l.most, t.threshold
    from (select distinct e.workspace_id from oneai.usage_events as e where e.created_at >= p_since) as active
    join oneai.usage_quotas as q on q.workspace_id = active.workspace_id
    cross join lateral (select oneai.effective_limit(q, oneai.now()) as most) as l
    cross join lateral (
      select max(step) as threshold from unnest(array[80, 90, 100]) as step
      where q.used::numeric * 100 >= l.most::numeric * step
    ) as t
    where l.most > 0 and t.threshold is not null and q.next_reset_at > oneai.now()
    order by q.workspace_id, q.quota_key
  loop
    insert into oneai.quota_warnings as w (workspace_id, quota_key, window_start, threshold)
    values (quota.workspace_id, quota.quota_key, quota.window_start, quota.threshold)
    on conflict (workspace_id, quota_key) do update
    set window_start = excluded.window_start, threshold = excluded.threshold
    where (excluded.window_start, excluded.threshold) > (w.window_start, w.threshold);
    if found and oneai.enqueue_mail(oneai.owner_of(quota.workspace_id), 'quota_warning',
      concat_ws('/', quota.workspace_id, quota.quota_key, extract(epoch from quota.window_start), quota.threshold),
      jsonb_build_object('quota_key', quota.quota_key, 'threshold', quota.threshold, 'used', quota.used,
        'limit', quota.most, 'resets_at', quota.next_reset_at), p_workspace => quota.workspace_id) then
      posted := posted + 1;
    end if;
  end loop;
  return posted + oneai.enqueue_member_warnings(p_since);
end
$$;
revoke execute on function oneai.enqueue_quota_warnings from public;
grant execute on function oneai.enqueue_quota_warnings to oneai_app;

-- Queues the monthly summary of the personal workspace for the next `p_most` users after `p_after` who want it; returns
-- the last user (null: no more) and the number of mails.
create function oneai.enqueue_summaries(p_month date, p_after uuid, p_most integer, out last uuid, out posted integer)
language plpgsql security definer set search_path = ''
as $$
declare
  since timestamptz := p_month::timestamp at time zone 'UTC';
  until timestamptz := (p_month + interval '1 month') at time zone 'UTC';
  candidate record;
begin
  posted := 0;
  for candidate in
    select u.id, coalesce(p.summary, true) as wanted, used.*
    from (select id from oneai.users where id > p_after order by id limit p_most) as u
    left join oneai.preferences as p on p.user_id = u.id
    cross join lateral (
      select coalesce(sum(m.answers), 0) as answers, coalesce(sum(m.tokens), 0) as tokens,
        (array_agg(jsonb_build_object('model', m.model, 'answers', m.answers) order by m.answers desc, m.model))[:3]
          as models
      from (
        select n.model, sum(n.messages) as answers, sum(n.prompt_tokens + n.completion_tokens) as tokens
        from oneai.usage_now as n
        where n.workspace_id = u.id and n.quarter_hour >= since and n.quarter_hour < until and n.purpose = 'answer'
        group by n.model
      ) as m
    ) as used
    order by u.id
  loop
    last := candidate.id;
    if candidate.answers > 0 and candidate.wanted and oneai.enqueue_mail(candidate.id, 'monthly_summary',
      candidate.id || '/' || to_char(p_month, 'YYYY-MM'),
      jsonb_build_object('month', to_char(p_month, 'YYYY-MM'), 'answers', candidate.answers, 'tokens', candidate.tokens,
        'models', to_jsonb(candidate.models))) then
      posted := posted + 1;
    end if;
  end loop;
end
$$;
revoke execute on function oneai.enqueue_summaries from public;
grant execute on function oneai.enqueue_summaries to oneai_app;

-- Alerts operators about workspaces, among those with requests since `p_since`, whose day so far has more than five
-- times the median of their previous fourteen days (days without usage count as 0) and at least `p_floor` answers; each
-- day once. With usage on fewer than three of those days there is no comparison, so a first busy day raises no alert.
create function oneai.note_unusual_use(p_since timestamptz, p_floor integer) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  candidate record;
  noted integer := 0;
begin
  for candidate in
    select a.workspace_id, d.day, d.answers, m.median
    from (select distinct e.workspace_id, (e.created_at at time zone 'UTC')::date as day from oneai.usage_events as e
      where e.created_at >= p_since and e.purpose = 'answer' and e.workspace_id is not null) as a
    cross join lateral (
      select a.day, coalesce(sum(n.messages), 0) as answers from oneai.usage_now as n
      where n.workspace_id = a.workspace_id and n.purpose = 'answer'
        and n.quarter_hour >= a.day::timestamp at time zone 'UTC'
        and n.quarter_hour < (a.day + 1)::timestamp at time zone 'UTC'
    ) as d
    cross join lateral (
      select percentile_cont(0.5) within group (order by coalesce(b.answers, 0)) as median, count(b.answers) as active
      from generate_series(1, 14) as ago left join (
        select (n.quarter_hour at time zone 'UTC')::date as day, sum(n.messages) as answers from oneai.usage_now as n
        where n.workspace_id = a.workspace_id and n.purpose = 'answer'
          and n.quarter_hour >= (a.day - 14)::timestamp at time zone 'UTC'
          and n.quarter_hour < a.day::timestamp at time zone 'UTC'
        group by 1
      ) as b on b.day = a.day - ago
    ) as m
    where d.answers >= p_floor and m.active >= 3 and d.answers > 5 * m.median
    order by a.workspace_id, d.day
  loop
    insert into oneai.usage_anomalies (workspace_id, day)
    select w.id, candidate.day from oneai.workspaces as w where w.id = candidate.workspace_id on conflict do nothing;
    if found then
      perform oneai.raise_alert('unusual_use', candidate.workspace_id::text,
        jsonb_build_object('day', candidate.day, 'answers', candidate.answers, 'median', candidate.median));
      noted := noted + 1;
    end if;
  end loop;
  return noted;
end
$$;
revoke execute on function oneai.note_unusual_use from public;
grant execute on function oneai.note_unusual_use to oneai_app;

-- One mail for each kind with alerts not yet mailed to operators, and at most once an hour for each kind.
create function oneai.enqueue_alert_mail() returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  open record;
  hour timestamptz := date_trunc('hour', oneai.now(), 'UTC');
  posted integer := 0;
begin
  for open in
    select a.kind, sum(a.count - a.mailed_count) as times, array_agg(a.id) as alerts,
      (array_agg(jsonb_build_object('subject', a.subject, 'count', a.count, 'detail', a.detail)
        order by a.last_at desc))[:10] as newest
    from (select * from oneai.operator_alerts where acknowledged_at is null and count > mailed_count
      order by id for update skip locked) as a
    group by a.kind order by a.kind
  loop
    if oneai.enqueue_mail(null, 'operator_alert', open.kind || '/' || extract(epoch from hour),
      jsonb_build_object('alert', open.kind, 'times', open.times, 'newest', to_jsonb(open.newest))) then
      update oneai.operator_alerts set mailed_count = count where id = any (open.alerts);
      posted := posted + 1;
    end if;
  end loop;
  return posted;
end
$$;
revoke execute on function oneai.enqueue_alert_mail from public;
grant execute on function oneai.enqueue_alert_mail to oneai_app;

-- The progress of a job; it only moves forward.
create function oneai.mark_job(p_job text, p_until timestamptz) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.job_cursors as mark (job, done_until) values (p_job, p_until)
  on conflict (job) do update set done_until = greatest(mark.done_until, excluded.done_until)
$$;
revoke execute on function oneai.mark_job from public;
grant execute on function oneai.mark_job to oneai_app;
