#!/bin/sh
# Signs in and streams an answer, event by event: sh clients/chat.sh "What is a monsoon?"
# It asks the local stack as asha, unless API, AUTH, KEY (Supabase's publishable key), EMAIL and PASSWORD say otherwise.
set -eu
api=${API:-http://127.0.0.1:8000/api}
auth=${AUTH:-http://127.0.0.1:8000/auth/v1}

json() { # a line of text as a JSON string
    printf '"%s"' "$(printf '%s' "$1" | sed 's/[\\"]/\\&/g')"
}

# Secrets go through standard input: other users of the machine can read a program's arguments.
session=$(printf '{"email": %s, "password": %s}' \
    "$(json "${EMAIL:-asha@example.com}")" "$(json "${PASSWORD:-asha-password}")" |
    curl --silent --show-error --fail-with-body "$auth/token?grant_type=password" \
        --header "apikey: ${KEY:-local}" --header 'Content-Type: application/json' --data @-) ||
    { echo "$session" >&2 && exit 1; }
token=$(printf '%s' "$session" | sed -n 's/.*"access_token": *"\([^"]*\)".*/\1/p')

printf 'Authorization: Bearer %s' "$token" |
    curl --silent --show-error --fail-with-body --no-buffer "$api/chat/stream" \
        --header @- --header 'Content-Type: application/json' \
        --data "{\"message\": $(json "${1:?a question is needed}")}"
