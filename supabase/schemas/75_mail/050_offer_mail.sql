-- Mail of offers: to the owner, and to the workspace's billing address.

-- Queues the mail of a new offer, with the link and, for a bank transfer, the account.
create function oneai.enqueue_offer_mail(offer oneai.offers) returns void
language plpgsql security definer set search_path = ''
as $$
declare
  payer oneai.workspaces;
  owner constant uuid := oneai.owner_of(offer.workspace_id);
  content jsonb;
begin
  select * into payer from oneai.workspaces where id = offer.workspace_id;
  content := jsonb_build_object('offer', offer.id, 'workspace', payer.name, 'workspace_id', payer.id, 'plan', offer.plan_id,
    'seats', case when payer.kind = 'team' then offer.seats end, 'months', offer.months, 'amount', offer.amount,
    'currency', offer.currency, 'valid_until', offer.valid_until, 'reference', offer.reference, 'to', 'owner',
    'account', case when offer.method = 'bank_transfer' then (
      select to_jsonb(b) - 'currency' - 'updated_at' from oneai.bank_accounts as b where b.currency = offer.currency) end);
  perform oneai.enqueue_mail(owner, 'offer', offer.id::text, content);
  if payer.billing_email is not null then
    perform oneai.enqueue_mail(owner, 'offer', offer.id || '/billing', content || '{"to": "billing"}');
  end if;
end
$$;
revoke execute on function oneai.enqueue_offer_mail from public;

-- The decision about a due mail to the billing address, as oneai.mail_recipient makes it for other mail: not for an offer
-- that is not open any more.
create function oneai.offer_recipient(mail oneai.outbox, out address text, out problem text)
language plpgsql stable security definer set search_path = ''
as $$
declare
  offer oneai.offers;
begin
  select * into offer from oneai.offers where id = (mail.data ->> 'offer')::uuid;
  address := (select w.billing_email from oneai.workspaces as w where w.id = offer.workspace_id);
  problem := case when address is null then 'no_address' when oneai.offer_state(offer) <> 'open' then 'ended'
    when exists (select from oneai.mail_suppressions where address_hash = oneai.address_hash(address)) then 'suppressed' end;
  if problem is not null then
    address := null;
  end if;
end
$$;
revoke execute on function oneai.offer_recipient from public;
