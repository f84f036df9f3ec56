-- An operator sees how many windows the schedules open, by day and tier.

-- Opens the next window of at most p_rows quotas of this frequency that are due, and says how many and which was the
-- last of them, where the next call goes on; null: there was none. Rows that somebody is just using are passed over,
-- for use opens a window as well; so this waits for nobody, and somebody for it only as long as one call takes.
-- It sets what oneai.reset sets, and counts what it opened; what use opened is in nobody's count.
create or replace function oneai.reset_due(
  p_frequency text, p_rows integer, inout after_at timestamptz default null, inout after_user uuid default null,
  inout after_key text default null, out opened integer)
language plpgsql security definer set search_path = ''
as $$
declare
  at timestamptz := oneai.now();
begin
  with due as (
    select q.ctid as row, q.next_reset_at, q.user_id, q.quota_key from oneai.usage_quotas as q
    where q.reset_frequency = p_frequency and q.next_reset_at <= at
      and (q.next_reset_at, q.user_id, q.quota_key) > (coalesce(after_at, '-infinity'),
        coalesce(after_user, '00000000-0000-0000-0000-000000000000'), coalesce(after_key, ''))
    order by q.next_reset_at, q.user_id, q.quota_key limit p_rows for update skip locked
  ), changed as (
    update oneai.usage_quotas as q
    set used = 0, reserved = 0, next_reset_at = oneai.next_reset(q.reset_frequency, q.next_reset_at, at),
        window_start = oneai.window_before(
          q.reset_frequency, oneai.next_reset(q.reset_frequency, q.next_reset_at, at)),
        updated_at = at
    from due where q.ctid = due.row and q.next_reset_at <= at
    returning q.subscription_tier, q.quota_key
  ), counted as (
    insert into oneai.quota_counts as counts (day, subscription_tier, quota_key, kind, count)
    select oneai.today(), subscription_tier, quota_key, 'reset', count(*) from changed group by 2, 3 order by 2, 3
    on conflict (day, subscription_tier, quota_key, kind) do update set count = counts.count + excluded.count
  ), last as (
    select * from due order by next_reset_at desc, user_id desc, quota_key desc limit 1
  )
  select last.next_reset_at, last.user_id, last.quota_key, (select count(*) from changed)
  into after_at, after_user, after_key, opened from last;
  opened := coalesce(opened, 0);
end
$$;
