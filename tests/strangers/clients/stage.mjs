// The other end of tests/strangers/node.py: what we are told, where a browser should go, what came of it.
import { createInterface } from 'node:readline'
import * as client from 'openid-client'

const ALGORITHMS = {
  PS256: { name: 'RSA-PSS', hash: 'SHA-256' },
  ES256: { name: 'ECDSA', namedCurve: 'P-256' },
  'RSA-OAEP-256': { name: 'RSA-OAEP', hash: 'SHA-256' },
  EdDSA: { name: 'Ed25519' },
}
const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]()
const heard = async () => JSON.parse((await lines.next()).value)
const say = (value) => process.stdout.write(`${JSON.stringify(value)}\n`)

export const visit = async (url) => {
  say({ visit: String(url) })
  return new URL((await heard()).at)
}

// What a promise is refused with; null where it is not refused.
export const refusal = async (promise) => {
  try {
    await promise
  } catch (error) {
    return { code: error.code, error: error.error, status: error.status, message: error.message }
  }
  return null
}

// A private JWK of Python's as openid-client takes it.
export const imported = async ({ alg, kid, use, ...jwk }) => ({
  key: await crypto.subtle.importKey('jwk', jwk, ALGORITHMS[alg], false, [use === 'enc' ? 'decrypt' : 'sign']),
  kid,
})

// `told.authentication` is a name of openid-client's: ClientSecretBasic, PrivateKeyJwt …
export const authentication = async (told) =>
  client[told.authentication](told.authentication === 'PrivateKeyJwt' ? await imported(told.key) : told.client_secret)

export const play = async (scenario) => {
  say({ report: await scenario(await heard()) })
  process.exit(0)
}
