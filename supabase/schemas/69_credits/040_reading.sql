-- What owners and admins of a workspace read about its credits. Each of these functions first books what has ended, so that
-- an end is in the books when its time has come. The workspace is that of the request, whose right is checked with it.

-- The workspace of the request: the one that it chose, or the user's own.
create function oneai.workspace_of_credits(p_user uuid) returns uuid
language sql stable security definer set search_path = ''
as $$ select coalesce(oneai.chosen_workspace(), p_user) $$;
revoke execute on function oneai.workspace_of_credits from public;

-- The balance, the grants that can be used or that answers hold, in the order in which they are used, and the prices that
-- were agreed with the workspace.
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
    'prices', oneai.read_credit_prices(asked),
    'grants', (
      select coalesce(jsonb_agg(jsonb_build_object('id', g.id, 'kind', g.kind,
          'remaining_micro_usd', g.remaining_micro_usd, 'held_micro_usd', g.held_micro_usd, 'expires_at', g.expires_at,
          'frozen_at', g.frozen_at)
        order by (g.expires_at at time zone 'UTC')::date, g.kind = 'paid', g.expires_at, g.granted_at, g.id), '[]')
      from oneai.credit_grants as g
      where g.workspace_id = asked and (g.remaining_micro_usd > 0 or g.held_micro_usd > 0)));
end
$$;
revoke execute on function oneai.read_credit_balance from public;
grant execute on function oneai.read_credit_balance to oneai_app;

-- Up to p_limit movements, newest first: those before the number p_before, or the newest.
create function oneai.list_credit_transactions(p_user uuid, p_before bigint, p_limit integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
begin
  perform oneai.end_credit_grants(asked);
  return (
    select coalesce(jsonb_agg(to_jsonb(m) order by m.number desc), '[]')
    from (select * from oneai.ledger_movements as n
      where n.workspace_id = asked and n.number < coalesce(p_before, 9223372036854775807)
      order by n.number desc limit p_limit) as m);
end
$$;
revoke execute on function oneai.list_credit_transactions from public;
grant execute on function oneai.list_credit_transactions to oneai_app;

-- Up to p_limit entries of the workspace's chain after the number p_after, in their order.
create function oneai.list_ledger_entries(p_user uuid, p_after bigint, p_limit integer) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  asked constant uuid := oneai.workspace_of_credits(p_user);
begin
  perform oneai.end_credit_grants(asked);
  return (
    select coalesce(jsonb_agg(to_jsonb(e) order by e.number), '[]')
    from (select * from oneai.ledger_entries as n
      where n.workspace_id = asked and n.number > p_after order by n.number limit p_limit) as e);
end
$$;
revoke execute on function oneai.list_ledger_entries from public;
grant execute on function oneai.list_ledger_entries to oneai_app;
