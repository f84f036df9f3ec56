-- A lost dispute ends buying credits for its buyer, instrument and billing address, and the use of credits in its workspace,
-- until an operator releases the block (ops/credits.py).

create table oneai.credit_blocks (
  -- The payment that the payer's bank took back.
  payment_id uuid primary key,
  -- Null for an erased workspace or user.
  workspace_id uuid references oneai.workspaces (id) on delete set null,
  user_id uuid references oneai.users (id) on delete set null,
  instrument_hash bytea,
  address_hash bytea,
  blocked_at timestamptz not null default oneai.now(),
  released_at timestamptz
);
create index credit_blocks_of_workspace on oneai.credit_blocks (workspace_id) where released_at is null;
create index credit_blocks_of_user on oneai.credit_blocks (user_id) where released_at is null;
create index credit_blocks_of_instrument on oneai.credit_blocks (instrument_hash) where released_at is null;
create index credit_blocks_of_address on oneai.credit_blocks (address_hash) where released_at is null;

alter table oneai.credit_blocks enable row level security;
revoke all on oneai.credit_blocks from anon, authenticated, service_role;
