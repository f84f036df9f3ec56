-- Alerts for operators.

-- One open row per kind and subject, whose count increases until an operator acknowledges it.
create table oneai.operator_alerts (
  id bigint generated always as identity primary key,
  kind text not null check (kind in (
    'openrouter_key_refused', 'openrouter_credit_exhausted', 'reservation_lapsed',
    'spend_limit_near', 'spend_limit_reached', 'signup_incomplete', 'share_reported', 'chatbot_reported',
    'mail_outcome_unknown', 'mail_failed', 'mail_refused', 'unusual_use', 'cost_drift',
    'webhook_unapplied', 'payment_quarantined', 'payment_disputed', 'payment_refunded', 'provider_call_failed',
    'two_subscriptions', 'payment_slipped_through', 'provider_refused', 'audit_incomplete', 'sign_in_not_deleted',
    'account_deletion_failed', 'workspace_deletion_failed', 'openrouter_key_spend', 'embedding_length', 'payment_reversed',
    'departure_erasure_failed', 'chatbot_erasure_failed', 'visitor_mail_stopped', 'credits_unexplained')),
  subject text not null,
  detail jsonb not null default '{}',
  first_at timestamptz not null default oneai.now(),
  last_at timestamptz not null default oneai.now(),
  count integer not null default 1,
  acknowledged_at timestamptz,
  -- The count in the last mail to operators.
  mailed_count integer not null default 0
);
create unique index operator_alerts_open on oneai.operator_alerts (kind, subject) where acknowledged_at is null;

alter table oneai.operator_alerts enable row level security;
create policy "service" on oneai.operator_alerts to oneai_service using (true) with check (true);
revoke all on oneai.operator_alerts from anon, authenticated, service_role;
grant select, update, delete on oneai.operator_alerts to oneai_service;

create function oneai.raise_alert(p_kind text, p_subject text, p_detail jsonb) returns void
language sql security definer set search_path = ''
as $$
  insert into oneai.operator_alerts as alert (kind, subject, detail) values (p_kind, p_subject, p_detail)
  on conflict (kind, subject) where acknowledged_at is null
  do update set count = alert.count + 1, last_at = oneai.now(), detail = excluded.detail
$$;
revoke execute on function oneai.raise_alert from public;
grant execute on function oneai.raise_alert to oneai_app;
