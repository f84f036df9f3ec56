# The commands of this project; `make` alone lists them.
.DEFAULT_GOAL := help
.PHONY: help dev web test test-python test-web test-all audit chat setup browser build requirements lint lint-python lint-web \
	format screenshots plan deploy rollback put-secrets smoke cost deploy-web openapi schema alerts takedown costs feedback override database-document \
	razorpay-plans stripe-prices rupiah-prices payment-providers suspect-data-keys credit-prices credit-packages credits bank-account ledger-verify grant provider-events event events payments audit-log suspend unsuspend remove-second-factor grant-admin revoke-admin \
	suspend-chatbot unsuspend-chatbot \
	rotate-openrouter-key rotate-database-password rotate-webhook-secret erase backup restore restore-drill \
	maintenance incident news load chaos bench clean

PYTHON := .venv/bin/python
# Programs, no scripts: the first line of a script in .venv names the folder it was made in, and checkouts are moved.
BIN := .venv/bin
VENV := .venv/installed.txt
TYPES := web/types/api.d.ts
ENVIRONMENTS := $(patsubst tests/openai_api/environments/%.txt,.data/environments/%/installed.txt,\
	$(wildcard tests/openai_api/environments/*.txt))
export PYTHONPATH := layers/common:.
# Otherwise each worker and each process started by a test compiles every module again.
unexport PYTHONDONTWRITEBYTECODE

help: ## List these commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-24s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

dev: $(VENV) ## Run the whole system on http://127.0.0.1:8000 (PORT and ONEAI_DATA for a second one)
	@OPTIONAL=1 NPM_CONFIG_FETCH_RETRIES=0 sh local/set_up_web.sh || true
	@exec $(PYTHON) -m local

web: setup ## Serve the web app with hot reload on http://localhost:5173, with the running stack
	@exec $(PYTHON) -m local.web.dev

# Six at once, even on two cores: tests wait for sockets and for Postgres, and with four at once a core is often idle.
PYTEST := $(PYTHON) -m pytest -p tests.forked_workers --workers 6

test: setup ## Run all checks of CI: style, types, layers, documents, tests; T=path runs all tests there
	@$(if $(T),$(PYTHON) -m pytest $(T),ONEAI_TEST_GATE=1 sh tests/in_turn.sh test-python test-web)

test-python: $(VENV) ## Run the tests that need no browser; `make test` runs a share of them
	@sh tests/with_lint.sh lint-python $(PYTEST) --ignore=tests/web $(COVERAGE)

# Four at once, each with a Chromium and a whole stack: they wait as much as they compute. Node's tests share a process,
# because one for each file computes four times as much.
test-web: setup ## Run the web app's half: build, style, types, Node's tests, pages in Chromium (BROWSER=0 without)
	@$(PYTHON) -m local.web
	@$(PYTHON) -m local.node --test --test-isolation=none '{src,widget}/**/*.test.ts'
	@sh tests/with_lint.sh lint-web $(PYTHON) -m pytest -p tests.forked_workers --workers 4 tests/web

test-all: setup $(ENVIRONMENTS) ## Run all examples with a new, printed seed, coverage and the audit, before a release
	@ONEAI_TEST_ALL=1 $(if $(T),$(PYTHON) -m pytest $(T),COVERAGE="--cov --cov-report=term" sh tests/in_turn.sh test-python test-web)
	@$(if $(T),:,$(MAKE) --no-print-directory audit)

audit: setup ## List known vulnerabilities of the pinned packages; needs the network
	@$(PYTHON) -m local.audit

chat: $(VENV) ## Chat in the terminal, with the running stack or a new one
	@exec $(PYTHON) -m local.chat

setup: $(VENV) web/node_modules/installed.txt $(TYPES) browser ## Install all packages (the other commands do it when needed)

# The web app's types of the API, for editors and svelte-check.
$(TYPES): docs/openapi.json web/node_modules/installed.txt local/web/types.py
	@$(PYTHON) -m local.web.types

browser: $(VENV)
	@sh local/set_up_browser.sh

$(VENV): requirements-dev.txt .python-version
	@sh local/set_up.sh

# Clients of the API that cannot be installed beside each other: one environment for each requirements file, made
# again when the file changes.
.data/environments/%/installed.txt: tests/openai_api/environments/%.txt $(VENV)
	@sh local/set_up_environment.sh $*

# Node's packages, for the web app and some tests: without npm's registry everything else works.
web/node_modules/installed.txt: $(VENV) web/package.json web/package-lock.json web/.npmrc
	@sh local/set_up_web.sh

lint: lint-python lint-web ## Check style, types, imports, and whether the OpenAPI document is current

lint-python: $(VENV)
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(PYTHON) -m mypy layers/common/oneai openapi stand_ins local ops deploy tests bench
	@sh tests/typecheck_functions.sh $(PYTHON)
	@$(PYTHON) -c "from importlinter.cli import lint_imports_command; lint_imports_command()"
	@$(PYTHON) -m openapi --check

lint-web: $(VENV) web/node_modules/installed.txt $(TYPES)
	@$(PYTHON) -m local.node prettier/bin/prettier.cjs --check --log-level warn .
	@$(PYTHON) -m local.node oxlint/bin/oxlint --deny-warnings src widget
	@$(PYTHON) -m local.node @sveltejs/kit/svelte-kit.js sync
	@$(PYTHON) -m local.node svelte-check/bin/svelte-check --fail-on-warnings --output human

format: setup ## Format the code with ruff and prettier
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .
	@$(PYTHON) -m local.node prettier/bin/prettier.cjs --write --log-level warn .

openapi: $(VENV) ## Regenerate the OpenAPI document, after a change to a route or a model
	@$(PYTHON) -m openapi

schema: $(VENV) ## Regenerate the baseline migration, after a change in supabase/schemas
	@$(PYTHON) -m local.schema

database-document: $(VENV) ## Write docs/database.md from the schema, after a change in supabase/schemas
	@WRITE_DATABASE_DOCUMENT=1 $(PYTHON) -m pytest tests/database/test_database_document.py

build: $(VENV) ## Build the functions and the layer for deployment, with bytecode
	@$(PYTHON) -m deploy.build

plan: $(VENV) ## Show what a deployment would change, STAGE=staging; changes nothing
	@$(PYTHON) -m deploy.release --plan "$(STAGE)"

deploy: $(VENV) ## Deploy this commit: check, build, migrate, canary, smoke test; STAGE=staging (SECRETS=file.json adds keys)
	@$(PYTHON) -m deploy.release "$(STAGE)"

rollback: $(VENV) ## Deploy the previous version again, as replaced by the last deployment from this machine, STAGE=staging
	@$(PYTHON) -m deploy.rollback "$(STAGE)"

put-secrets: $(VENV) ## Change only the keys of a deployed stack, STAGE=staging SECRETS=file.json
	@$(PYTHON) -m deploy.put_secrets "$(STAGE)"

smoke: $(VENV) ## Test a deployed API from outside, STAGE=staging or URL=http://127.0.0.1:8000/api
	@$(PYTHON) -m deploy.smoke $(if $(URL),"--url=$(URL)") "$(STAGE)"

cost: $(VENV) ## Print the cost of a month, idle and with 10k, 1M and 100M answers; ARGS="250000" for another number
	@$(PYTHON) -m deploy.cost $(ARGS)

deploy-web: setup ## Upload the web app to the bucket of a deployed stack, STAGE=production (or STACK=its name)
	@$(PYTHON) -m deploy.web "$(or $(STACK),$(if $(STAGE),oneai-$(STAGE)))"

screenshots: setup ## Take screenshots of the app's pages for docs/screenshots; ARGS="chat usage" for only these
	@$(PYTHON) -m local.web.screenshots $(ARGS)

# The layer's versions are those that were tested: compiled second, held to the first.
requirements: $(VENV) ## Pin the newest packages with hashes
	$(BIN)/uv pip compile pyproject.toml --group dev --upgrade $(COMPILE) -o requirements-dev.txt
	$(BIN)/uv pip compile pyproject.toml --upgrade -c requirements-dev.txt $(COMPILE) -o layers/common/requirements.txt
	$(BIN)/uv pip compile --group sentry --upgrade -c requirements-dev.txt $(COMPILE) -o layers/sentry/requirements.txt
	$(BIN)/uv pip compile --group ingest-document --upgrade -c requirements-dev.txt $(COMPILE) \
		-o functions/ingest_document/requirements.txt
	$(BIN)/uv pip compile --group openai-1 --upgrade $(COMPILE) -o tests/openai_api/environments/openai-1.txt
	$(BIN)/uv pip compile --group langchain --upgrade $(COMPILE) -o tests/openai_api/environments/langchain.txt

COMPILE := --quiet --universal --python-version 3.13 --generate-hashes --no-emit-index-url --no-annotate \
	--custom-compile-command "make requirements"

# Commands with arguments: ARGS="revoke 3", or plain words, as in `make grant list`.
COMMANDS := maintenance incident alerts override grant provider-events payments audit-log rotate-openrouter-key \
	rotate-database-password rotate-webhook-secret
ifneq ($(filter $(COMMANDS),$(firstword $(MAKECMDGOALS))),)
ARGS ?= $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
$(foreach word,$(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS)),$(eval .PHONY: $(word))$(eval $(word):;@:))
endif

alerts: $(VENV) ## Operators: open alerts of the stack at DATABASE_URL or of the local one; ARGS="ack ID" acknowledges one
	@$(PYTHON) -m ops.alerts $(ARGS)

takedown: $(VENV) ## Operators: reported shared conversations; TOKEN=... or ID=... takes one down (REASON=... says why)
	@$(PYTHON) -m ops.takedown $(if $(TOKEN),"--token=$(TOKEN)") $(if $(ID),"--id=$(ID)") $(if $(REASON),"--reason=$(REASON)")

costs: $(VENV) ## Operators: the cost of models this month, by day, model and plan (MONTH=2026-11 for another)
	@$(PYTHON) -m ops.costs

feedback: $(VENV) ## Operators: ratings of answers this month, by model and day (MONTH=2026-11 for another)
	@$(PYTHON) -m ops.feedback

override: $(VENV) ## Operators: overrides of quotas, ARGS="add WHO KEY --extra 50 --reason WHY" (an address, or a workspace), "revoke ID", or a list
	@$(PYTHON) -m ops.override $(ARGS)

rupiah-prices: $(VENV) ## Operators: list what plans cost in rupiah; ARGS="pro.monthly=99000" sets a price
	@$(PYTHON) -m ops.rupiah_prices $(ARGS)

razorpay-plans: $(VENV) ## Operators: create missing plans at Razorpay; ARGS="pro.monthly.INR=79900" sets a price; safe to repeat
	@$(PYTHON) -m ops.razorpay_plans $(ARGS)

stripe-prices: $(VENV) ## Operators: create missing prices at Stripe; ARGS="pro.monthly.USD=900" sets one; safe to repeat
	@$(PYTHON) -m ops.stripe_prices $(ARGS)

payment-providers: $(VENV) ## Operators: list which payment provider takes whose payments; ARGS="set DE USD stripe" sets a rule
	@$(PYTHON) -m ops.payment_providers $(ARGS)

suspect-data-keys: $(VENV) ## Operators: others may know data keys, ARGS="--workspace WHO --reason WHY" or --all; provider keys are encrypted again
	@$(PYTHON) -m ops.suspect_data_keys $(ARGS)

credit-prices: $(VENV) ## Operators: what answers cost in credits, ARGS="'openai/*=300' --reason WHY" (percent of the cost), or a list
	@$(PYTHON) -m ops.credit_prices $(ARGS)

credit-packages: $(VENV) ## Operators: what prepaid credits cost, ARGS="credits_50 --credit 50 --bonus 10 --price INR=499900", or a list
	@$(PYTHON) -m ops.credit_packages $(ARGS)

credits: $(VENV) ## Operators: give, take and allow prepaid credits, ARGS="grant WHO 20 --reason WHY", "revoke GRANT", "release WHO", "limit WHO 1000", or a list
	@$(PYTHON) -m ops.credits $(ARGS)

bank-account: $(VENV) ## Operators: where bank transfers of offers go, ARGS="INR --holder WHO --bank NAME --account NUMBER --code IFSC", or a list
	@$(PYTHON) -m ops.bank_account $(ARGS)

ledger-verify: $(VENV) ## Operators: verify every chain, movement and root of the ledger of credits, ARGS="--key HEX"
	@$(PYTHON) -m ops.ledger_export | $(PYTHON) ops/ledger_verify.py $(ARGS)

grant: $(VENV) ## Operators: plans without payment, ARGS="add WHO TIER --until 2027-12-31 --reason WHY" (an address, or a workspace), "revoke ID", or a list
	@$(PYTHON) -m ops.grant $(ARGS)

provider-events: $(VENV) ## Operators: the payment provider's events, ARGS="show ID", "replay ID", "replay --pending", or a list
	@$(PYTHON) -m ops.provider_events $(ARGS)

event: $(VENV) ## Print a route's event, ROUTE="POST /chat/stream" (TOKEN=... signs it in), for `sam local invoke -e -`
	@$(PYTHON) -m local.sample_event "$(ROUTE)" $(if $(TOKEN),"--token=$(TOKEN)")

events:
	@echo "make events is make provider-events now." >&2; exit 2

payments: $(VENV) ## Operators: quarantined payments, ARGS="list", "release PAYMENT --reason WHY", "calls", "retry CALL"
	@$(PYTHON) -m ops.payments $(ARGS)

suspend: $(VENV) ## Operators: suspend a user or a team, ID=an id, an address or a slug REASON=why; charges continue
	@$(PYTHON) -m ops.suspend "--id=$(ID)" "--reason=$(REASON)"

suspend-chatbot: $(VENV) ## Operators: reported chatbots; ID=... REASON=why suspends one, with ALL=1 all of its workspace
	@$(PYTHON) -m ops.suspend_chatbot $(if $(ID),"--id=$(ID)") $(if $(ALL),--all) $(if $(REASON),"--reason=$(REASON)")

unsuspend-chatbot: $(VENV) ## Operators: end a chatbot's suspension, ID=... REASON=why, with ALL=1 that of all of its workspace
	@$(PYTHON) -m ops.suspend_chatbot --end $(if $(ID),"--id=$(ID)") $(if $(ALL),--all) $(if $(REASON),"--reason=$(REASON)")

remove-second-factor: $(VENV) ## Operators: let a user who lost their authenticator app sign in, ID=their id or address REASON=why
	@$(PYTHON) -m ops.remove_second_factor "--id=$(ID)" "--reason=$(REASON)"

unsuspend: $(VENV) ## Operators: end a suspension, ID=an id, an address or a slug REASON=why
	@$(PYTHON) -m ops.suspend --end "--id=$(ID)" "--reason=$(REASON)"

grant-admin: $(VENV) ## Operators: make a user an admin, EMAIL=their address or id (ROLE=support: reads only; REASON=...)
	@$(PYTHON) -m ops.admin "--email=$(EMAIL)" $(if $(ROLE),"--role=$(ROLE)") $(if $(REASON),"--reason=$(REASON)")

revoke-admin: $(VENV) ## Operators: revoke an admin, EMAIL=their address or id (REASON=...); the last admin remains
	@$(PYTHON) -m ops.admin --revoke "--email=$(EMAIL)" $(if $(REASON),"--reason=$(REASON)")

maintenance: $(VENV) ## Operators: close the API to clients, ARGS="start 'SENTENCE' --minutes 30 --reason WHY", "end --reason WHY"
	@$(PYTHON) -m ops.maintenance $(ARGS)

news: $(VENV) ## Operators: mail news to users who chose it, ARGS="FILE --campaign NAME" counts, with "--send --reason WHY" it sends
	@$(PYTHON) -m ops.news $(ARGS)

incident: $(VENV) ## Operators: the status page, ARGS="open TITLE --impact major --component chat --message TEXT", "update ID", "resolve ID"
	@$(PYTHON) -m ops.incidents $(ARGS)

audit-log: $(VENV) ## Operators: recorded actions and their users, ARGS="--user USER --since 2026-11-01 --action plan.change"
	@$(PYTHON) -m ops.audit_log $(ARGS)

rotate-openrouter-key: $(VENV) ## Operators: replace an OpenRouter key in the secret; needs OPENROUTER_MANAGEMENT_KEY and SECRET_ARN
	@$(PYTHON) -m ops.rotate_openrouter_key $(ARGS)

rotate-database-password: $(VENV) ## Operators: change the password of the functions' role, in Postgres and in the secret; needs SECRET_ARN
	@$(PYTHON) -m ops.rotate_database_password $(ARGS)

rotate-webhook-secret: $(VENV) ## Operators: add a new secret for Razorpay's webhook, beside the old one; needs SECRET_ARN
	@$(PYTHON) -m ops.rotate_webhook_secret $(ARGS)

erase: $(VENV) ## Operators: erase a user permanently, ID=their id or address (YES=1 does not ask, REASON=...)
	@$(PYTHON) -m ops.erase "--id=$(ID)" $(if $(YES),--yes) $(if $(REASON),"--reason=$(REASON)")

backup: $(VENV) ## Operators: dump every row of the database to FILE=oneai.dump, with a manifest beside it
	@$(PYTHON) -m ops.backup $(if $(FILE),"$(FILE)")

restore: $(VENV) ## Operators: load FILE=oneai.dump into a new database at DATABASE_URL; refuses a damaged dump
	@$(PYTHON) -m ops.restore "$(FILE)"

restore-drill: $(VENV) ## Test a backup: dump, restore into an empty cluster, compare the books
	@$(PYTHON) -m ops.restore_drill

load: $(VENV) ## Test under load: users ask, list, search, edit and pay, SECONDS=180 RATE=20 SEED=n; writes a report
	@exec $(PYTHON) -m bench.load $(if $(SECONDS),"--seconds=$(SECONDS)") $(if $(RATE),"--rate=$(RATE)") \
		$(if $(SEED),"--seed=$(SEED)") $(if $(URL),"--url=$(URL)")

chaos: $(VENV) ## Test faults: kill, stop, pause and disconnect everything while users ask and pay, ROUNDS=300 SEED=n; checks the books
	@exec $(PYTHON) -m bench.chaos $(if $(ROUNDS),"--rounds=$(ROUNDS)") $(if $(SEED),"--seed=$(SEED)")

bench: $(VENV) ## Run the benchmarks; each prints a ratio that is measured in one run
	@for file in bench/bench_*.py; do echo "== $$file"; $(PYTHON) -m bench.$$(basename $$file .py) || exit 1; done

clean: ## Delete the stack's data, caches and builds
	rm -rf .data .aws-sam .coverage .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -not -path './web/node_modules/*' -prune -exec rm -rf {} +
