// A relying party by openid-client: code with PKCE, UserInfo, refresh, logout, and by `told.uses` whatever else it can:
// pushed (PAR), signed (JAR), dpop, jarm, hybrid, decrypting, introspection, revocation. With `told.register` it registers itself first.
import * as client from 'openid-client'
import { authentication, imported, play, refusal, visit } from './stage.mjs'

await play(async (told) => {
  const uses = new Set(told.uses)
  const checked = { execute: [client.allowInsecureRequests, client.enableNonRepudiationChecks] }
  const config = told.register
    ? await client.dynamicClientRegistration(new URL(told.issuer), told.metadata, undefined, { ...checked, ...told.register })
    : await client.discovery(new URL(told.issuer), told.client_id, told.metadata, await authentication(told), checked)
  if (uses.has('hybrid')) client.useCodeIdTokenResponseType(config)
  if (uses.has('decrypting')) client.enableDecryptingResponses(config, undefined, await imported(told.key))
  if (uses.has('jarm')) client.useJwtResponseMode(config)
  const bound = uses.has('dpop')
    ? { DPoP: client.getDPoPHandle(config, await client.randomDPoPKeyPair('ES256')) }
    : undefined
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const question = {
    redirect_uri: told.redirect_uri,
    scope: told.scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    max_age: '300',
  }
  const asked = await addressOf(config, question)
  const back = await visit(asked)
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 300, idTokenExpected: true }
  const tokens = await client.authorizationCodeGrant(config, new URL(back), checks, undefined, bound)
  const claims = tokens.claims()
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub, bound)
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token, undefined, bound)
  const renewedUserinfo = await client.fetchUserInfo(config, renewed.access_token, claims.sub, bound)
  const report = {
    asked: asked.href,
    back: back.href,
    tokenType: tokens.token_type,
    claims,
    userinfo,
    renewed: { claims: renewed.claims(), userinfo: renewedUserinfo },
  }
  if (uses.has('dpop')) report.unbound = await refusal(client.fetchUserInfo(config, renewed.access_token, claims.sub))
  if (uses.has('introspection')) report.introspected = await client.tokenIntrospection(config, renewed.access_token)
  if (uses.has('revocation')) {
    await client.tokenRevocation(config, renewed.refresh_token ?? tokens.refresh_token)
    report.revoked = await refusal(client.fetchUserInfo(config, renewed.access_token, claims.sub, bound))
  }
  report.replayed = await refusal(client.authorizationCodeGrant(config, new URL(back), checks, undefined, bound))
  // A hint is what was signed, without what it was encrypted in (RP-Initiated Logout §2).
  const signedIn = (tokens) => client.getDecryptedResponses(tokens)?.id_token?.token_endpoint ?? tokens.id_token
  const leaving = { id_token_hint: signedIn(tokens), post_logout_redirect_uri: told.post_logout_redirect_uri, state: 'bye now' }
  report.left = (await visit(client.buildEndSessionUrl(config, leaving))).href
  return report

  async function addressOf(config, question) {
    let asking = question
    if (uses.has('signed')) {
      const signed = await client.buildAuthorizationUrlWithJAR(config, question, await imported(told.key))
      if (!uses.has('pushed')) return signed
      asking = signed.searchParams
    }
    return uses.has('pushed')
      ? client.buildAuthorizationUrlWithPAR(config, asking, bound)
      : client.buildAuthorizationUrl(config, asking)
  }
})
