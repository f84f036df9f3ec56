-- Pages of documents beyond those of the plan's month, and their embeddings. Where credits pay in a workspace, they pay them when they
-- are read: for each page the least price of an answer, and the price of embedding all of them if that is more.

-- Charges p_pages of a document, or nothing: ON402 without enough credits, ON429 for a limit of credits, or of the member's pages. What
-- is sold of one document has one hold (`pages_hold`), so that its parts sum to one price. p_model embeds its text.
create function oneai.charge_document_pages(payer oneai.workspaces, document oneai.documents, p_pages integer, p_model text)
returns void
language plpgsql
as $$
declare
  price record;
  kept oneai.credit_holds;
  amount bigint;
begin
  perform oneai.lock_credits(payer.id);
  price := oneai.credit_price_of(payer.id, p_model);
  select * into kept from oneai.credit_holds where id = document.pages_hold and workspace_id = payer.id;
  if kept.id is null then
    amount := p_pages * price.min_micro_usd::bigint;
    document.pages_hold := gen_random_uuid();
    if not oneai.hold_credits(payer.id, document.pages_hold, amount, null, null, price.markup_percent, amount) then
      raise exception using errcode = 'ON402', message = 'credits_exhausted';
    end if;
    perform oneai.settle_credits(document.pages_hold, amount);
    update oneai.documents set pages_hold = document.pages_hold where id = document.id;
  else
    kept.min_micro_usd := kept.min_micro_usd + p_pages * price.min_micro_usd::bigint;
    amount := oneai.price_of_use(kept.cost_micro_usd, kept.markup_percent, kept.min_micro_usd) - kept.priced_micro_usd;
    update oneai.credit_holds set min_micro_usd = kept.min_micro_usd where id = kept.id;
    if amount > 0 then
      if not oneai.hold_more_credits(kept, 'pages', amount) then
        raise exception using errcode = 'ON402', message = 'credits_exhausted';
      end if;
      perform oneai.add_use(kept.id, 0, 'pages');
    end if;
  end if;
  if amount > 0 then
    perform oneai.count_credit_limits(payer.id, null, document.user_id, null, amount, oneai.now(), true);
    insert into oneai.usage_events (
      workspace_id, user_id, message_id, purpose, outcome, subscription_tier, model_asked, price_version, paid_by,
      credits_micro_usd)
    values (payer.id, document.user_id, gen_random_uuid(), 'document_pages', 'complete', payer.subscription_tier, p_model, 'unknown',
      'credits', amount);
  end if;
  if document.user_id <> payer.id and not oneai.count_member_pages(payer.id, document.user_id, p_pages) then
    raise exception using errcode = 'ON429', message = 'quota_exceeded';
  end if;
end
$$;
revoke execute on function oneai.charge_document_pages from public;

-- Counts p_pages of a document: those that are left of the plan's month, and sells the others. Null, or why nothing is counted:
-- `over_pages` where credits do not pay, `over_credits`, `over_spending_limit`, `over_member_pages`. ON503 if the day's limit of credits
-- (micro-dollars; null: none) is reached. The caller has locked the workspace and the document.
create function oneai.sell_document_pages(document oneai.documents, p_pages integer, p_model text, p_credit_limit bigint) returns text
language plpgsql
as $$
declare
  payer oneai.workspaces;
  left_in_plan constant integer := oneai.pages_left(document.workspace_id);
  refusal text;
begin
  select * into payer from oneai.workspaces where id = document.workspace_id;
  if 'credits' <> all (oneai.payment_sources(payer, null)) then
    return 'over_pages';
  end if;
  perform oneai.open_sources(array['credits'], jsonb_build_object('credit_limit_micro_usd', p_credit_limit), false);
  begin
    if oneai.count_document_pages(payer.id, document.user_id, left_in_plan) is not null then
      return 'over_member_pages';
    end if;
    perform oneai.charge_document_pages(payer, document, p_pages - left_in_plan, p_model);
  exception when sqlstate 'ON402' then
    return 'over_credits';
  when sqlstate 'ON429' then
    get stacked diagnostics refusal = message_text;
    return case refusal when 'quota_exceeded' then 'over_member_pages' else 'over_spending_limit' end;
  end;
  return null;
end
$$;
revoke execute on function oneai.sell_document_pages from public;

-- Holds what embedding a part of a document may cost (micro-dollars) beyond what its sold pages were charged, for the request p_id, and
-- counts it in the limits of its user. Null if credits paid none of its pages; false if credits or a limit do not cover it: the part gets no
-- vectors then. Locks the accounts.
create function oneai.hold_embedding(document oneai.documents, p_id uuid, p_cost bigint) returns boolean
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  kept oneai.credit_holds;
  use oneai.reservations;
  amount bigint;
begin
  if document.pages_hold is null then
    return null;
  end if;
  perform oneai.lock_credits(document.workspace_id);
  select * into kept from oneai.credit_holds where id = document.pages_hold and workspace_id = document.workspace_id;
  if not found then
    return null;
  end if;
  amount := oneai.price_of_use(kept.cost_micro_usd + p_cost, kept.markup_percent, kept.min_micro_usd) - kept.priced_micro_usd;
  if amount <= 0 then
    return true;
  end if;
  use.workspace_id := document.workspace_id;
  use.user_id := document.user_id;
  use.created_at := oneai.now();
  if not oneai.credit_limits_allow(use, amount) or not oneai.hold_more_credits(kept, p_id::text, amount) then
    return false;
  end if;
  perform oneai.count_credit_limits(document.workspace_id, null, document.user_id, null, amount, oneai.now(), true);
  return true;
end
$$;
revoke execute on function oneai.hold_embedding from public;

-- Ends what is held for the request p_id, whose usage event has its cost; without one it cost nothing. p_document: null if it is gone;
-- what it holds is charged then too.
create function oneai.settle_embedding(p_workspace uuid, p_document uuid, p_id uuid) returns void
language plpgsql security definer set search_path = '' set enable_seqscan = off
as $$
declare
  embedded oneai.usage_events;
  kept oneai.credit_holds;
  charge bigint;
  member uuid;
begin
  perform oneai.lock_credits(p_workspace);
  select h.* into kept from oneai.credit_holds as h
  where h.open_micro_usd > 0 and h.workspace_id = p_workspace and oneai.held_of_lines(h.parts, p_id::text) > 0;
  if not found then
    select h.* into kept from oneai.documents as d join oneai.credit_holds as h on h.id = d.pages_hold and h.workspace_id = p_workspace
    where d.id = p_document;
  end if;
  select * into embedded from oneai.usage_events where message_id = p_id and purpose = 'document_embedding' and paid_by = 'credits';
  if kept.id is null then
    return;
  end if;
  charge := oneai.add_use(kept.id, coalesce(embedded.cost_micro_usd, 0), p_id::text);
  update oneai.usage_events set credits_micro_usd = charge where id = embedded.id;
  member := coalesce(embedded.user_id, (select r.user_id from oneai.reservations as r where r.id = p_id));
  perform oneai.count_credit_limits(
    p_workspace, null, member, null, charge - oneai.held_of_lines(kept.parts, p_id::text), oneai.now(), false);
end
$$;
revoke execute on function oneai.settle_embedding from public;
