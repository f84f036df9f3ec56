-- Second factors (TOTP). Supabase Auth keeps and verifies them; this limits wrong codes and refuses used ones.

-- The wrong codes that a user entered since the last right one, of all their factors: each factor would otherwise add
-- attempts.
create table oneai.second_factor_attempts (
  user_id uuid primary key references oneai.users (id) on delete cascade,
  wrong_codes integer not null default 0,
  first_wrong_at timestamptz
);

alter table oneai.second_factor_attempts enable row level security;
create policy "service" on oneai.second_factor_attempts to oneai_service using (true) with check (true);
revoke all on oneai.second_factor_attempts from anon, authenticated, service_role;

-- When the last code of each factor was used. A row has no effect 90 seconds later, and the user's next code deletes it.
create table oneai.second_factor_uses (
  factor_id uuid primary key,
  user_id uuid not null references oneai.users (id) on delete cascade,
  used_at timestamptz not null
);
create index second_factor_uses_of_user on oneai.second_factor_uses (user_id);

alter table oneai.second_factor_uses enable row level security;
create policy "service" on oneai.second_factor_uses to oneai_service using (true) with check (true);
revoke all on oneai.second_factor_uses from anon, authenticated, service_role;

-- Supabase Auth's hook for each code of a second factor (`mfa_verification_attempt` in supabase/config.toml), with
-- `{factor_id, factor_type, user_id, valid}`. Returns `{decision, message}`; after `reject` Supabase Auth ends all
-- sessions of the user.
--
-- It rejects every code for 15 minutes after ten wrong ones, the tenth included: six digits with three valid codes at a
-- time could be guessed otherwise. It rejects a right code of a factor that was used in the last 90 seconds, because for
-- so long a code can be used again (RFC 6238, section 5.2: one step each way). Codes of other factors do not change that.
-- The code that adds a factor does not count, so that a user can immediately sign in on another device.
create function oneai.check_second_factor(event jsonb) returns jsonb
language plpgsql security definer set search_path = ''
as $$
declare
  user_of uuid := (event ->> 'user_id')::uuid;
  factor uuid := (event ->> 'factor_id')::uuid;
  valid boolean := (event ->> 'valid')::boolean;
  adding boolean := not exists (select from auth.mfa_factors where id = factor and status = 'verified');
  attempts oneai.second_factor_attempts;
  wrong integer;
  used boolean;
begin
  perform oneai.ensure_user(user_of);
  insert into oneai.second_factor_attempts (user_id) values (user_of) on conflict (user_id) do nothing;
  select * into attempts from oneai.second_factor_attempts where user_id = user_of for update;
  wrong := case when attempts.first_wrong_at > oneai.now() - interval '15 minutes' then attempts.wrong_codes else 0 end;
  delete from oneai.second_factor_uses where user_id = user_of and used_at <= oneai.now() - interval '90 seconds';
  used := not adding and exists (select from oneai.second_factor_uses where factor_id = factor);
  if wrong < 10 and valid and not used then
    update oneai.second_factor_attempts set wrong_codes = 0, first_wrong_at = null where user_id = user_of;
    if not adding then
      insert into oneai.second_factor_uses (factor_id, user_id, used_at) values (factor, user_of, oneai.now());
    end if;
    if adding then
      perform oneai.record_audit('user', user_of::text, 'second_factor.add', user_of, 'second_factor', factor::text);
    end if;
    return '{"decision": "continue"}';
  end if;
  if wrong < 10 and valid then
    return jsonb_build_object('decision', 'reject', 'message', 'code_used');
  end if;
  if wrong < 10 then
    update oneai.second_factor_attempts set wrong_codes = wrong + 1,
      first_wrong_at = case when wrong = 0 then oneai.now() else first_wrong_at end
    where user_id = user_of;
    if wrong < 9 then
      return '{"decision": "continue"}';
    end if;
  end if;
  return jsonb_build_object('decision', 'reject', 'message', 'too_many_wrong_codes');
end
$$;
revoke execute on function oneai.check_second_factor from public;
grant usage on schema oneai to supabase_auth_admin;
grant execute on function oneai.check_second_factor to supabase_auth_admin;
