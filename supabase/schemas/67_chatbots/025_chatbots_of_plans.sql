-- How many chatbots may answer by the workspace's plan, and what happens to the others when the plan changes.

-- How many published chatbots may answer visitors: none of a team without a plan.
create function oneai.publishable_chatbots(p_workspace uuid) returns integer
language sql stable security definer set search_path = ''
as $$
  select case when w.kind = 'team' and w.subscription_tier = oneai.lowest_tier('team') then 0
    else oneai.chatbot_limit(p_workspace) end
  from oneai.workspaces as w where w.id = p_workspace
$$;
revoke execute on function oneai.publishable_chatbots from public;

-- ON409 `plan_publishes_no_chatbot` if as many other chatbots of the workspace, whose row is locked, answer as its plan
-- has.
create function oneai.require_publishing(p_workspace uuid, p_chatbot uuid) returns void
language plpgsql stable security definer set search_path = ''
as $$
begin
  if (select count(*) from oneai.chatbots as c
      where c.workspace_id = p_workspace and c.id <> p_chatbot and c.deletes_at is null and c.status = 'published')
    >= oneai.publishable_chatbots(p_workspace)
  then
    raise exception using errcode = 'ON409', message = 'plan_publishes_no_chatbot';
  end if;
end
$$;
revoke execute on function oneai.require_publishing from public;

-- After a change of the plan: pauses the newest of those that answer and are more than the plan has, and where it has
-- room lets those answer again that it paused, oldest first. What a member paused stays paused.
create function oneai.fit_chatbots_to_plan() returns trigger
language plpgsql security definer set search_path = ''
as $$
declare
  changed record;
begin
  for changed in
    with ranked as (
      select c.id, row_number() over (order by c.paused_by_plan, c.created_at, c.id) <= oneai.publishable_chatbots(new.id) as fits
      from oneai.chatbots as c
      where c.workspace_id = new.id and c.deletes_at is null and (c.status = 'published' or c.paused_by_plan)
    )
    update oneai.chatbots as c
    set status = case when r.fits then 'published' else 'paused' end, paused_by_plan = not r.fits, updated_at = oneai.now()
    from ranked as r where r.id = c.id and c.paused_by_plan = r.fits
    returning c.id, c.name, r.fits
  loop
    perform oneai.record_audit(
      'system', 'plan', case when changed.fits then 'chatbot.resume' else 'chatbot.pause' end, null, 'chatbot',
      changed.id::text, p_workspace => new.id);
    if not changed.fits then
      perform oneai.mail_about_paused_chatbot(new, changed.id, changed.name);
    end if;
  end loop;
  return null;
end
$$;
revoke execute on function oneai.fit_chatbots_to_plan from public;

create trigger fit_chatbots_to_plan after update of subscription_tier, plan_limits on oneai.workspaces
  for each row when ((old.subscription_tier, old.plan_limits) is distinct from (new.subscription_tier, new.plan_limits))
  execute function oneai.fit_chatbots_to_plan();
