-- Warnings about members' limits in teams, to the member and to the owners.

-- The highest threshold that was warned about, in the newest window of each quota of a member.
create table oneai.member_warnings (
  workspace_id uuid not null references oneai.workspaces (id) on delete cascade,
  user_id uuid not null references oneai.users (id) on delete cascade,
  quota_key text not null,
  window_start timestamptz not null,
  threshold integer not null,
  primary key (workspace_id, user_id, quota_key)
);
create index member_warnings_of_user on oneai.member_warnings (user_id);

alter table oneai.member_warnings enable row level security;
create policy "service" on oneai.member_warnings to oneai_service using (true) with check (true);
revoke all on oneai.member_warnings from anon, authenticated, service_role;
grant select on oneai.member_warnings to oneai_service;

-- Warns members with usage since `p_since`, and the other owners of their teams, about the higher of 80 and 100 % of the
-- member's limit that they were not warned about in the current window; returns the number of mails.
create function oneai.enqueue_member_warnings(p_since timestamptz) returns integer
language plpgsql security definer set search_path = ''
as $$
declare
  share record;
  receiver uuid;
  posted integer := 0;
begin
  for share in
    select m.workspace_id, m.user_id, m.quota_key, m.window_start, m.used, l.most, t.threshold, jsonb_build_object(
      'quota_key', m.quota_key, 'threshold', t.threshold, 'used', m.used, 'limit', l.most,
      'resets_at', q.next_reset_at) as data, u.name
    from (
      select distinct e.workspace_id, e.user_id from oneai.usage_events as e where e.created_at >= p_since) as active
    join oneai.workspaces as w on w.id = active.workspace_id and w.personal_of is null
    join oneai.workspace_members as member on member.workspace_id = w.id and member.user_id = active.user_id
      and member.usage_limit_percent is not null
    join oneai.users as u on u.id = member.user_id
    join oneai.usage_quotas as q on q.workspace_id = w.id and q.next_reset_at > oneai.now()
    join oneai.member_usage as m on m.workspace_id = w.id and m.user_id = member.user_id and m.quota_key = q.quota_key
      and m.window_start = q.window_start
    cross join lateral (
      select oneai.member_limit(oneai.effective_limit(q, oneai.now()), member.usage_limit_percent) as most) as l
    cross join lateral (
      select max(step) as threshold from unnest(array[80, 100]) as step
      where m.used::numeric * 100 >= l.most::numeric * step
    ) as t
    where l.most > 0 and t.threshold is not null
    order by m.workspace_id, m.user_id, m.quota_key
  loop
    insert into oneai.member_warnings as w (workspace_id, user_id, quota_key, window_start, threshold)
    values (share.workspace_id, share.user_id, share.quota_key, share.window_start, share.threshold)
    on conflict (workspace_id, user_id, quota_key) do update
    set window_start = excluded.window_start, threshold = excluded.threshold
    where (excluded.window_start, excluded.threshold) > (w.window_start, w.threshold);
    continue when not found;
    for receiver in
      select share.user_id union
      select o.user_id from oneai.workspace_members as o where o.workspace_id = share.workspace_id and o.role = 'owner'
      order by 1
    loop
      if oneai.enqueue_mail(receiver, 'quota_warning',
        concat_ws('/', share.workspace_id, share.user_id, share.quota_key, extract(epoch from share.window_start),
          share.threshold, receiver),
        share.data || case when receiver = share.user_id then '{"whose": "share"}'
          else jsonb_build_object('whose', 'member', 'member', share.name) end, array[share.user_id], share.workspace_id) then
        posted := posted + 1;
      end if;
    end loop;
  end loop;
  return posted;
end
$$;
revoke execute on function oneai.enqueue_member_warnings from public;
