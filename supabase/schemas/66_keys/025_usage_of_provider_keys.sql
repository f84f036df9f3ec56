-- What a key of a workspace was used for, by day.

-- The last p_days days of the key in the workspace's time zone, the oldest first, also those without use: {days [{day, answers,
-- micro_usd, fallback_answers}], month {answers, micro_usd}}. Money is by our table of prices; running answers count with what
-- they hold. Refuses as oneai.require_provider_key.
create function oneai.usage_of_provider_key(p_user uuid, p_id uuid, p_days integer) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  workspace constant uuid := oneai.require_provider_key(p_user, p_id);
  zone text;
  today timestamp;
begin
  select w.time_zone into zone from oneai.workspaces as w where w.id = workspace;
  today := date_trunc('day', oneai.now() at time zone zone);
  return jsonb_build_object(
    'days', (
      select jsonb_agg(jsonb_build_object('day', to_char(d.at, 'YYYY-MM-DD'), 'answers', coalesce(s.answers, 0),
        'micro_usd', coalesce(s.micro_usd, 0), 'fallback_answers', coalesce(s.fallback_answers, 0)) order by d.at)
      from generate_series(today - make_interval(days => p_days - 1), today, interval '1 day') as d (at)
      left join oneai.provider_key_sums as s on s.workspace_id = workspace and s.provider_key_id = p_id and s."period" = 'day'
        and s.starts_at = d.at at time zone zone),
    'month', (
      select jsonb_build_object('answers', coalesce(sum(s.answers), 0), 'micro_usd', coalesce(sum(s.micro_usd), 0))
      from oneai.provider_key_sums as s
      where s.workspace_id = workspace and s.provider_key_id = p_id and s."period" = 'month'
        and s.starts_at = date_trunc('month', today) at time zone zone));
end
$$;
revoke execute on function oneai.usage_of_provider_key from public;
grant execute on function oneai.usage_of_provider_key to oneai_app;
