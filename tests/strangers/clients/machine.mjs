// A server for itself by openid-client: client credentials, and with the token a look at its agency's links.
import * as client from 'openid-client'
import { authentication, play, refusal } from './stage.mjs'

await play(async (told) => {
  const config = await client.discovery(new URL(told.issuer), told.client_id, {}, await authentication(told), {
    execute: [client.allowInsecureRequests],
  })
  const bound = told.uses.includes('dpop')
    ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
    : undefined
  const tokens = await client.clientCredentialsGrant(config, { scope: told.scope }, bound)
  const look = (options) =>
    client.fetchProtectedResource(config, tokens.access_token, new URL(`${told.issuer}/agency/v1/links`), 'GET', undefined, undefined, options)
  const answered = await look(bound)
  const report = { tokenType: tokens.token_type, scope: tokens.scope, status: answered.status, links: await answered.json() }
  report.unbound = await refusal(look(undefined))
  await client.tokenRevocation(config, tokens.access_token)
  report.revoked = await refusal(look(bound))
  return report
})
