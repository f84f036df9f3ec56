// Every flow of sign-in with @supabase/auth-js, against a running stack: `node flows.mjs ADDRESS FLOW`.

import assert from "node:assert/strict"

import {
  advance, back, chooseAccount, codeAt, codeOf, isSignedIn, mailsTo, makeClient, makeMember, newAddress, password, redirectOf,
  unwrap,
} from "./stack.mjs"

const flows = {
  async sign_up_and_confirm() {
    const client = makeClient()
    const email = newAddress()
    const { session } = unwrap(await client.signUp({ email, password, options: { emailRedirectTo: back } }))
    assert.equal(session, null)
    assert.equal(codeOf(await client.signInWithPassword({ email, password })), "email_not_confirmed")
    const [{ subject, tokenHash }] = await mailsTo(email)
    assert.equal(subject, "Confirm your address")
    const { user } = unwrap(await makeClient().verifyOtp({ token_hash: tokenHash, type: "email" }))
    assert.equal(user.email, email)
    assert.ok(user.email_confirmed_at)
    unwrap(await client.signInWithPassword({ email, password }))
    assert.equal(unwrap(await client.getClaims()).claims.sub, user.id)
  },

  async resend() {
    const client = makeClient()
    const email = newAddress()
    unwrap(await client.signUp({ email, password }))
    unwrap(await client.resend({ type: "signup", email }))
    const [second, first] = await mailsTo(email)
    assert.equal(codeOf(await client.verifyOtp({ token_hash: first.tokenHash, type: "email" })), "otp_expired")
    const { session } = unwrap(await client.verifyOtp({ token_hash: second.tokenHash, type: "email" }))
    assert.ok(session.access_token)
  },

  async google_by_pkce() {
    const client = makeClient()
    const email = newAddress()
    const begin = async () => {
      const options = { redirectTo: back, skipBrowserRedirect: true }
      return unwrap(await client.signInWithOAuth({ provider: "google", options })).url
    }
    const url = await chooseAccount(await begin(), { provider: "google", new_account: email, name: "Meera Rao" })
    const { session, user } = unwrap(await client.exchangeCodeForSession(url.searchParams.get("code")))
    assert.ok(session.provider_token)
    assert.equal(user.user_metadata.full_name, "Meera Rao")
    assert.deepEqual(unwrap(await client.getUserIdentities()).identities.map((each) => each.provider), ["google"])

    const late = await chooseAccount(await begin(), { provider: "google", account: email })
    await advance(301)
    assert.equal(codeOf(await client.exchangeCodeForSession(late.searchParams.get("code"))), "flow_state_expired")
    const cancelled = await chooseAccount(await begin(), { error: "access_denied" })
    assert.equal(cancelled.searchParams.get("error"), "access_denied")
    assert.match(cancelled.hash, /error=access_denied/)
  },

  async github_without_pkce() {
    const client = makeClient("implicit")
    const options = { redirectTo: back, skipBrowserRedirect: true }
    const { url } = unwrap(await client.signInWithOAuth({ provider: "github", options }))
    const email = newAddress()
    const address = await chooseAccount(url, { provider: "github", new_account: email })
    const tokens = Object.fromEntries(new URLSearchParams(address.hash.slice(1)))
    const { user } = unwrap(await client.setSession(tokens))
    assert.equal(user.email, email)
  },

  async forgotten_password() {
    const { client, address } = await makeMember()
    unwrap(await client.signOut())
    unwrap(await client.resetPasswordForEmail(address, { redirectTo: back }))
    unwrap(await client.resetPasswordForEmail(newAddress(), { redirectTo: back }))
    unwrap(await client.resetPasswordForEmail(address, { redirectTo: back }))
    const [{ link }] = await mailsTo(address)
    const events = []
    client.onAuthStateChange((event) => void events.push(event))
    unwrap(await client.verifyOtp({ token_hash: new URL(link).searchParams.get("token_hash"), type: "recovery" }))
    assert.ok(events.includes("PASSWORD_RECOVERY"))
    assert.equal(codeOf(await client.updateUser({ password })), "same_password")
    unwrap(await client.updateUser({ password: "another one" }))
    assert.equal(codeOf(await makeClient().signInWithPassword({ email: address, password })), "invalid_credentials")
    unwrap(await makeClient().signInWithPassword({ email: address, password: "another one" }))
  },

  async second_factor() {
    const { client, address } = await makeMember()
    const options = { factorType: "totp", friendlyName: "Phone", issuer: "OneAI" }
    const { id, totp } = unwrap(await client.mfa.enroll(options))
    assert.match(totp.uri, /^otpauth:\/\/totp\/OneAI:/)
    assert.equal(codeOf(await client.mfa.challengeAndVerify({ factorId: id, code: "12345" })), "mfa_verification_failed")
    unwrap(await client.mfa.challengeAndVerify({ factorId: id, code: codeAt(totp.secret) }))
    const levels = async (of) => {
      const { currentLevel, nextLevel } = unwrap(await of.mfa.getAuthenticatorAssuranceLevel())
      return [currentLevel, nextLevel]
    }
    assert.deepEqual(await levels(client), ["aal2", "aal2"])
    const second = makeClient()
    unwrap(await second.signInWithPassword({ email: address, password }))
    assert.deepEqual(await levels(second), ["aal1", "aal2"])
    assert.deepEqual(unwrap(await second.mfa.listFactors()).totp.map((each) => each.friendly_name), ["Phone"])
    assert.equal(codeOf(await second.updateUser({ password: "another password" })), "insufficient_aal")
    assert.equal(codeOf(await second.mfa.unenroll({ factorId: id })), "insufficient_aal")
    unwrap(await second.mfa.challengeAndVerify({ factorId: id, code: codeAt(totp.secret) }))
    unwrap(await second.refreshSession())
    assert.deepEqual(await levels(second), ["aal2", "aal2"])
    unwrap(await second.mfa.unenroll({ factorId: id }))
    unwrap(await second.refreshSession())
    assert.deepEqual(await levels(second), ["aal1", "aal1"])
  },

  async magic_link() {
    const { client, address } = await makeMember()
    unwrap(await client.signInWithOtp({ email: address, options: { emailRedirectTo: back } }))
    const [{ subject, link }] = await mailsTo(address)
    assert.equal(subject, "Your Magic Link")
    unwrap(await client.exchangeCodeForSession((await redirectOf(link)).searchParams.get("code")))
    unwrap(await client.signInWithOtp({ email: address }))
    const [{ code }] = await mailsTo(address)
    unwrap(await client.verifyOtp({ email: address, token: code, type: "email" }))
    assert.equal(codeOf(await client.verifyOtp({ email: address, token: code, type: "email" })), "otp_expired")
    const options = { shouldCreateUser: false }
    assert.equal(codeOf(await client.signInWithOtp({ email: newAddress(), options })), "otp_disabled")
  },

  async change_of_address_and_data() {
    const { client, address } = await makeMember()
    const email = newAddress()
    const { user } = unwrap(await client.updateUser({ email, data: { name: "Meera Iyer" } }))
    assert.deepEqual([user.email, user.new_email, user.user_metadata.name], [address, email, "Meera Iyer"])
    unwrap(await client.resend({ type: "email_change", email: address }))
    const [current] = await mailsTo(address)
    const [changed] = await mailsTo(email)
    const first = unwrap(await client.verifyOtp({ email, token: changed.code, type: "email_change" }))
    assert.equal(first.session, null)
    const second = unwrap(await client.verifyOtp({ email: address, token: current.code, type: "email_change" }))
    assert.equal(second.user.email, email)
    assert.equal(codeOf(await client.updateUser({ email: "asha@example.com" })), "email_exists")
  },

  async refresh_and_reuse() {
    const { client } = await makeMember()
    const { session: first } = unwrap(await client.getSession())
    const { session: second } = unwrap(await client.refreshSession())
    assert.notEqual(second.refresh_token, first.refresh_token)
    const { session: same } = unwrap(await makeClient().refreshSession(first))
    assert.equal(same.refresh_token, second.refresh_token)
    unwrap(await client.refreshSession())
    await advance(60)
    assert.equal(codeOf(await makeClient().refreshSession(first)), "refresh_token_already_used")
    assert.equal(codeOf(await client.refreshSession()), "refresh_token_already_used")
  },

  async sign_out() {
    const { client, address } = await makeMember()
    const [laptop, phone] = [makeClient(), makeClient()]
    const signIn = async (one) => unwrap(await one.signInWithPassword({ email: address, password }))
    const alive = () => Promise.all([client, laptop, phone].map(isSignedIn))
    await signIn(laptop)
    await signIn(phone)
    unwrap(await phone.signOut({ scope: "local" }))
    assert.deepEqual(await alive(), [true, true, false])
    await signIn(phone)
    unwrap(await laptop.signOut({ scope: "others" }))
    assert.deepEqual(await alive(), [false, true, false])
    await signIn(phone)
    unwrap(await laptop.signOut())
    assert.deepEqual(await alive(), [false, false, false])
  },

  async errors_by_code() {
    const client = makeClient()
    const email = newAddress()
    const codes = [
      await client.signInWithPassword({ email, password }),
      await client.signUp({ email, password: "short" }),
      await client.signUp({ email: "meera", password }),
      await client.verifyOtp({ token_hash: "unknown", type: "recovery" }),
      await client.refreshSession({ refresh_token: "unknown" }),
      await client.getUser("nonsense"),
    ].map(codeOf)
    assert.deepEqual(codes, [
      "invalid_credentials", "weak_password", "validation_failed", "otp_expired", "refresh_token_not_found", "bad_jwt",
    ])
  },
}

const flow = process.argv[3]
if (flow) await flows[flow]()
else console.log(Object.keys(flows).join("\n"))
