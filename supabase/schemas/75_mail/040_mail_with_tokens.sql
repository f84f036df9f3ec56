-- Mail with a token that is made when it is sent: of invitations, which goes to an address instead of a user, and of
-- departures.

-- The decision about a due mail of an invitation, as oneai.mail_recipient makes it for other mail: not for one that has
-- ended or was sent again since.
create function oneai.invitation_recipient(mail oneai.outbox, out address text, out problem text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  i oneai.invitations;
begin
  select * into i from oneai.invitations where id = (mail.data ->> 'invitation')::uuid;
  problem := case
    when i.id is null or oneai.invitation_state(i) <> 'open' or mail.cause_key <> concat_ws('/', i.id, i.mails)
      or not oneai.may_still_invite(i) then 'ended'
    when exists (select from oneai.mail_suppressions where address_hash = oneai.address_hash(i.email)) then 'suppressed'
  end;
  if problem is null then
    address := i.email;
  end if;
end
$$;
revoke execute on function oneai.invitation_recipient from public;

-- Stores the hash of the token in a mail that is being sent, and returns the language of the mail: the workspace's, else
-- the inviter's.
create function oneai.give_invitation_token(mail oneai.outbox, p_token_hash bytea) returns text
language plpgsql security definer set search_path = ''
as $$
begin
  update oneai.invitations set token_hash = p_token_hash where id = (mail.data ->> 'invitation')::uuid;
  return (
    select coalesce(w.language, p.language)
    from oneai.invitations as i join oneai.workspaces as w on w.id = i.workspace_id
    left join oneai.preferences as p on p.user_id = i.user_id
    where i.id = (mail.data ->> 'invitation')::uuid);
end
$$;
revoke execute on function oneai.give_invitation_token from public;

-- Stores the hash of the token in a mail to a former member that is being sent.
create function oneai.give_departure_token(mail oneai.outbox, p_token_hash bytea) returns void
language sql security definer set search_path = ''
as $$
  update oneai.departures set token_hash = p_token_hash where id = (mail.data ->> 'departure')::uuid
$$;
revoke execute on function oneai.give_departure_token from public;
