-- The audit log of one team, as its owners and admins read it.

-- At most `p_limit` entries, newest first, before the entry `p_before` if it is not null; null filters mean all. Without
-- addresses and clients, and without which operator acted and why. Names are those of users who still exist: an erased
-- one has a random id and no name. As oneai.require_right.
create function oneai.workspace_audit(
  p_user uuid, p_reference text, p_action text, p_actor uuid, p_since timestamptz, p_until timestamptz, p_before bigint,
  p_limit integer
) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  team uuid := oneai.find_workspace(p_reference);
begin
  perform oneai.require_right(p_user, team, 'manage');
  return (
    select coalesce(jsonb_agg(to_jsonb(e) order by e.id desc), '[]') from (
      select l.id, l.created_at, l.actor_kind, a.id as actor_id, a.name as actor_name, a.email as actor_email, l.action,
        l.user_id, u.name as user_name, u.email as user_email, l.target_kind, l.target_id,
        case when l.actor_kind in ('operator', 'admin') then '{}' else l.detail end as detail
      from oneai.audit_log as l
      left join oneai.users as a on l.actor_kind = 'user' and a.id = l.actor::uuid
      left join oneai.users as u on u.id = l.user_id
      where l.workspace_id = team
        and (p_action is null or l.action = p_action)
        and (p_actor is null or l.actor_kind = 'user' and l.actor = p_actor::text)
        and (p_since is null or l.created_at >= p_since)
        and (p_until is null or l.created_at < p_until)
        and (p_before is null or l.id < p_before)
      order by l.id desc limit p_limit) as e);
end
$$;
revoke execute on function oneai.workspace_audit from public;
grant execute on function oneai.workspace_audit to oneai_app;
