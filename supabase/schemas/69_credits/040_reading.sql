-- What owners and admins of a workspace read about its credits. Each of these functions first books what has ended, so that
-- an end is in the books when its time has come. The workspace is that of the request, whose right is checked with it.

-- The workspace of the request: the one that it chose, or the user's own.
create function oneai.workspace_of_credits(p_user uuid) returns uuid
language sql stable security definer set search_path = ''
as $$ select coalesce(oneai.chosen_workspace(), p_user) $$;
revoke execute on function oneai.workspace_of_credits from public;

-- The balance, whether a lost dispute blocks it, the grants that can be used or that answers hold, in the order in which they
-- are used, and the prices that were agreed with the workspace.
create function oneai.read_credit_balance(p_user uuid) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
begin
  perform oneai.end_credit_grants(asked);
  return jsonb_build_object(
    'available_micro_usd', oneai.available_credits(asked),
    'held_micro_usd', coalesce((select b.held_micro_usd from oneai.credit_balances as b where b.workspace_id = asked), 0),
    'owed_micro_usd', coalesce((select -b.owed_micro_usd from oneai.credit_balances as b where b.workspace_id = asked), 0),
    'blocked', exists (select from oneai.credit_blocks as k where k.workspace_id = asked and k.released_at is null),
    'prices', oneai.read_credit_prices(asked),
    'grants', (
      select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'kind', g.kind, 'granted_micro_usd', g.granted_micro_usd,
          'remaining_micro_usd', g.remaining_micro_usd, 'held_micro_usd', g.held_micro_usd, 'granted_at', g.granted_at,
          'expires_at', g.expires_at, 'frozen_at', g.frozen_at)
        order by (g.expires_at at time zone 'UTC')::date, g.kind = 'paid', g.expires_at, g.granted_at, g.id), '[]')
      from oneai.credit_grants as g
      where g.workspace_id = asked and (g.remaining_micro_usd > 0 or g.held_micro_usd > 0)));
end
$$;
revoke execute on function oneai.read_credit_balance from public;
grant execute on function oneai.read_credit_balance to oneai_app;

-- Up to p_limit rows of the workspace's ledger: its movements of the kind p_kind (null: any) before the number p_from, newest
-- first, or with p_entries those of its chain after p_from, in their order. Without p_from from the first of them. Nearly all
-- movements are use; the others have an index of their own, whose condition the query repeats.
create function oneai.list_ledger(
  p_user uuid, p_entries boolean, p_from bigint, p_limit integer, p_kind text default null) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
begin
  perform oneai.end_credit_grants(asked);
  if p_entries then
    return (
      select coalesce(jsonb_agg(to_jsonb(e) order by e.number), '[]')
      from (select * from oneai.ledger_entries as n
        where n.workspace_id = asked and n.number > coalesce(p_from, 0) order by n.number limit p_limit) as e);
  elsif p_kind <> 'use' then
    return (
      select coalesce(jsonb_agg(to_jsonb(m) order by m.number desc), '[]')
      from (select * from oneai.ledger_movements as n
        where n.workspace_id = asked and n.kind <> 'use' and n.kind = p_kind
          and n.number < coalesce(p_from, 9223372036854775807)
        order by n.number desc limit p_limit) as m);
  end if;
  return (
    select coalesce(jsonb_agg(to_jsonb(m) order by m.number desc), '[]')
    from (select * from oneai.ledger_movements as n
      where n.workspace_id = asked and (p_kind is null or n.kind = p_kind)
        and n.number < coalesce(p_from, 9223372036854775807)
      order by n.number desc limit p_limit) as m);
end
$$;
revoke execute on function oneai.list_ledger from public;
grant execute on function oneai.list_ledger to oneai_app;

-- What pays the answers of a workspace of the current user, in its order, and what credits are available for owners and admins;
-- null if the plan alone pays. For every member: an answer shows them its source anyway.
create function oneai.credits_of_answers(p_workspace uuid) returns jsonb
language plpgsql stable security definer set search_path = ''
as $$
declare
  payer oneai.workspaces;
  available bigint;
begin
  select * into payer from oneai.workspaces as w
  where w.id = p_workspace and w.id = any (array(select oneai.my_workspaces()));
  if payer.payment_sources is distinct from 'credits' and not oneai.has_credits(payer.id) or payer.payment_sources not like '%credits%' then
    return null;
  end if;
  if payer.id = any (array(select oneai.my_managed_workspaces())) then
    available := oneai.available_credits(payer.id);
  end if;
  return jsonb_build_object('order', string_to_array(payer.payment_sources, ','), 'available_micro_usd', available);
end
$$;
revoke execute on function oneai.credits_of_answers from public;
grant execute on function oneai.credits_of_answers to authenticated;
