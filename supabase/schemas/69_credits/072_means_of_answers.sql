-- What a workspace can pay answers with, as the list of models shows it to its members.

-- The workspace's keys for providers, the oldest first: [{id, provider, name, state, limit_reached, models}], where `models` are
-- the names that a custom provider listed at the last test (null: unknown). Keys that were found in public are left out.
create function oneai.usable_keys_of(payer oneai.workspaces) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  day constant timestamptz := date_trunc('day', oneai.now(), payer.time_zone);
  month constant timestamptz := date_trunc('month', oneai.now(), payer.time_zone);
begin
  return (
    select coalesce(jsonb_agg(jsonb_build_object('id', k.id, 'provider', k.provider, 'name', k.name,
      'state', case when k.refused_at is null and oneai.is_exhausted_key(k) then 'exhausted'
        else oneai.provider_key_state(k.revoked_at, k.refused_at) end, 'models', k.models,
      'limit_reached', coalesce(coalesce(d.answers, 0) >= k.answers_per_day, false)
        or coalesce(coalesce(d.micro_usd, 0) >= k.micro_usd_per_day, false)
        or coalesce(coalesce(m.micro_usd, 0) >= k.micro_usd_per_month, false)) order by k.created_at, k.id), '[]')
    from oneai.provider_keys as k
    left join oneai.provider_key_sums as d on d.workspace_id = k.workspace_id and d.provider_key_id = k.id
      and d."period" = 'day' and d.starts_at = day
    left join oneai.provider_key_sums as m on m.workspace_id = k.workspace_id and m.provider_key_id = k.id
      and m."period" = 'month' and m.starts_at = month
    where k.workspace_id = payer.id and k.revoked_at is null);
end
$$;
revoke execute on function oneai.usable_keys_of from public;

-- What can pay the current user's answers in a workspace that they are a member of: {sources (in their order), has_credits,
-- credits_off (a block ends their use), used_up (the keys of quotas without a unit left for them), keys (oneai.usable_keys_of),
-- set_aside (oneai.seconds_set_aside)}; null for another workspace.
create function oneai.means_of_answers(p_workspace uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  payer oneai.workspaces;
begin
  select * into payer from oneai.workspaces as w
  where w.id = p_workspace and w.id = any (array(select oneai.my_workspaces()));
  if not found then
    return null;
  end if;
  return jsonb_build_object(
    'sources', string_to_array(payer.payment_sources, ','),
    'has_credits', oneai.has_credits(payer.id),
    'credits_off', exists (
      select from oneai.credit_blocks as b where b.workspace_id = payer.id and b.released_at is null),
    'keys', oneai.usable_keys_of(payer),
    'set_aside', oneai.seconds_set_aside(),
    'used_up', (
      select coalesce(jsonb_agg(q.quota_key order by q.quota_key), '[]')
      from oneai.usage_quotas as q cross join oneai.effective_quota(q, oneai.now()) as w
      cross join oneai.my_share(q) as s
      where q.workspace_id = payer.id and w.most is not null
        and (w.used + w.reserved >= w.most + q.grace_units
          or payer.personal_of is null and coalesce(s.used + s.reserved >= s.most, false))));
end
$$;
revoke execute on function oneai.means_of_answers from public;
grant execute on function oneai.means_of_answers to authenticated;
