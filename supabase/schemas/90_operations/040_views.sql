-- Views of usage, cost and revenue. What workspaces' own keys pay is no cost.

-- Current usage: rollups, and events that are not rolled up yet.
create view oneai.usage_now with (security_invoker = true) as
  select * from oneai.usage_rollups
  union all
  select (oneai.to_rollup_row(e)).* from oneai.usage_events as e where not e.rolled_up;
revoke all on oneai.usage_now from anon, authenticated, service_role;
grant select on oneai.usage_now to authenticated, oneai_service;

create view oneai.cost_by_model_day with (security_invoker = true) as
  select (quarter_hour at time zone 'UTC')::date as day, model, provider, purpose, sum(messages) as messages,
    sum(errors) as errors, sum(prompt_tokens) as prompt_tokens, sum(completion_tokens) as completion_tokens,
    coalesce(sum(cost_micro_usd) filter (where paid_by <> 'own_key'), 0)::bigint as cost_micro_usd
  from oneai.usage_now group by 1, 2, 3, 4;
revoke all on oneai.cost_by_model_day from anon, authenticated, service_role;
grant select on oneai.cost_by_model_day to oneai_service;

create view oneai.cost_by_tier_month with (security_invoker = true) as
  select date_trunc('month', quarter_hour at time zone 'UTC')::date as month, subscription_tier,
    count(distinct user_id) as people, sum(messages) as messages,
    coalesce(sum(cost_micro_usd) filter (where paid_by <> 'own_key'), 0)::bigint as cost_micro_usd
  from oneai.usage_now group by 1, 2;
revoke all on oneai.cost_by_tier_month from anon, authenticated, service_role;
grant select on oneai.cost_by_tier_month to oneai_service;

-- Revenue in the currency's smallest unit by the month of capture, cost by the month of use; both by plan. Revenue
-- excludes failed and quarantined payments, refunds and lost disputes.
create view oneai.margin_by_plan_month with (security_invoker = true) as
  select coalesce(paid.month, spent.month) as month, coalesce(paid.plan_id, spent.subscription_tier) as plan_id,
    paid.currency, coalesce(paid.payments, 0) as payments, coalesce(paid.revenue, 0) as revenue,
    coalesce(spent.people, 0) as people, coalesce(spent.cost_micro_usd, 0) as cost_micro_usd
  from (
    select date_trunc('month', p.captured_at at time zone 'UTC')::date as month, coalesce(p.tier, s.plan_id) as plan_id,
      p.currency, count(*) as payments, sum(p.amount - least(p.amount, greatest(p.amount_refunded, (
        select coalesce(sum(f.amount), 0) from oneai.refunds as f where f.payment_id = p.id and f.status = 'processed'
      ))))::bigint as revenue
    from oneai.payments as p join oneai.subscriptions as s on s.id = p.subscription_id
    where p.captured_at is not null and p.status <> 'failed' and (p.quarantined_at is null or p.released_at is not null)
      and not exists (select from oneai.disputes as d where d.payment_id = p.id and d.status = 'lost')
    group by 1, 2, 3
  ) as paid
  full join oneai.cost_by_tier_month as spent
    on spent.month = paid.month and spent.subscription_tier = paid.plan_id;
revoke all on oneai.margin_by_plan_month from anon, authenticated, service_role;
grant select on oneai.margin_by_plan_month to oneai_service;

create view oneai.popular_models with (security_invoker = true) as
  select date_trunc('month', quarter_hour at time zone 'UTC')::date as month, model, sum(messages) as messages,
    count(distinct user_id) as people
  from oneai.usage_now where purpose = 'answer' group by 1, 2;
revoke all on oneai.popular_models from anon, authenticated, service_role;
grant select on oneai.popular_models to oneai_service;

-- Answers and their ratings. A condition on `day` is applied to both halves before they are grouped.
create view oneai.feedback_by_model_day with (security_invoker = true) as
  select day, model, sum(answers)::bigint as answers, sum(positive)::bigint as positive, sum(negative)::bigint as negative
  from (
    select (quarter_hour at time zone 'UTC')::date as day, model, messages as answers, 0 as positive, 0 as negative
    from oneai.usage_now where purpose = 'answer'
    union all
    select day, model, 0, positive, negative from oneai.feedback_stats
  ) as counted
  group by day, model;
revoke all on oneai.feedback_by_model_day from anon, authenticated, service_role;
grant select on oneai.feedback_by_model_day to oneai_service;
