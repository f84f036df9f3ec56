// The stack as a browser and a reader of mail see it, and the official client, for the flows of `flows.mjs`.

import { createHmac, randomUUID } from "node:crypto"
import { createRequire } from "node:module"

const require = createRequire(new URL("../../../../web/package.json", import.meta.url))
const { AuthClient } = require("@supabase/auth-js")

export const back = "http://localhost:5173/auth/callback"
export const password = "meera-password"
export const stack = process.argv[2]

/** An address that no other run uses. */
export const newAddress = () => `meera-${randomUUID()}@example.com`

/** The official client, with a storage of its own and without its timer. */
export function makeClient(flowType = "pkce") {
  const items = new Map()
  const storage = {
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, value),
    removeItem: (key) => void items.delete(key),
  }
  return new AuthClient({
    url: `${stack}/auth/v1`,
    headers: { apikey: "any-key" },
    storage,
    flowType,
    autoRefreshToken: false,
    detectSessionInUrl: false,
  })
}

/** The data of an answer; its error is thrown. */
export function unwrap({ data, error }) {
  if (error) throw error
  return data
}

/** The code of the error that an answer must have. */
export function codeOf({ error }) {
  if (!error) throw new Error("This was to be refused.")
  return error.code
}

/** The mails to an address, the newest first: subject, link and code. */
export async function mailsTo(address) {
  const { items } = await (await fetch(`${stack}/local/outbox/`, { headers: { accept: "application/json" } })).json()
  return items
    .filter((mail) => mail.to === address)
    .map(({ subject, text }) => ({
      subject,
      link: text.match(/http:\/\/\S+/)?.[0],
      tokenHash: text.match(/token_hash=([^&\s]+)/)?.[1],
      code: text.match(/\b\d{6}\b(?!.*\b\d{6}\b)/s)?.[0],
    }))
}

/** Where a link or a posted form leads, without going there. */
export async function redirectOf(url, form) {
  const answer = await fetch(url, { redirect: "manual", ...(form && { method: "POST", body: new URLSearchParams(form) }) })
  return new URL(answer.headers.get("location"))
}

/** Chooses an account on the provider's page, as a person does; where that leads. */
export async function chooseAccount(url, form) {
  const page = await (await fetch(url)).text()
  const action = page.match(/<form method="post" action="([^"]+)"/)[1]
  const state = page.match(/name="state" value="([^"]+)"/)[1]
  return redirectOf(new URL(action, stack), { state, ...form })
}

/** A client whose user signed up, confirmed the address by the link of the mail, and is signed in. */
export async function makeMember(address = newAddress()) {
  const client = makeClient()
  unwrap(await client.signUp({ email: address, password }))
  const [{ tokenHash }] = await mailsTo(address)
  unwrap(await client.verifyOtp({ token_hash: tokenHash, type: "signup" }))
  return { client, address }
}

/** The code that an authenticator app shows now for a secret in base32 (RFC 6238). */
export function codeAt(secret) {
  const bits = [...secret].map((letter) => "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".indexOf(letter).toString(2).padStart(5, "0"))
  const key = Buffer.from(bits.join("").match(/.{8}/g).map((byte) => parseInt(byte, 2)))
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(Date.now() / 30_000)))
  const digest = createHmac("sha1", key).update(counter).digest()
  const number = digest.readUInt32BE(digest[19] & 15) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, "0")
}

/** Whether the session of a client is alive. */
export const isSignedIn = async (client) => !(await client.getUser()).error

/** Moves the clock of the stack. */
export async function advance(seconds) {
  const answer = await fetch(`${stack}/local/clock`, { method: "POST", body: JSON.stringify({ advance_seconds: seconds }) })
  if (!answer.ok) throw new Error(await answer.text())
}
