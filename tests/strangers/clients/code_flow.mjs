// A confidential client by openid-client: code with PKCE, UserInfo, refresh, logout.
import * as client from 'openid-client'
import { play, refusal, visit } from './stage.mjs'

await play(async (told) => {
  const config = await client.discovery(
    new URL(told.issuer),
    told.client_id,
    { ...told.metadata },
    client[told.authentication](told.client_secret),
    { execute: [client.allowInsecureRequests] },
  )
  client.enableNonRepudiationChecks(config)
  const verifier = client.randomPKCECodeVerifier()
  const state = client.randomState()
  const nonce = client.randomNonce()
  const asked = client.buildAuthorizationUrl(config, {
    redirect_uri: told.redirect_uri,
    scope: told.scope,
    code_challenge: await client.calculatePKCECodeChallenge(verifier),
    code_challenge_method: 'S256',
    state,
    nonce,
    max_age: '300',
  })
  const back = await visit(asked)
  const checks = { pkceCodeVerifier: verifier, expectedState: state, expectedNonce: nonce, maxAge: 300 }
  const tokens = await client.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true })
  const claims = tokens.claims()
  const userinfo = await client.fetchUserInfo(config, tokens.access_token, claims.sub)
  const renewed = await client.refreshTokenGrant(config, tokens.refresh_token)
  const renewedUserinfo = await client.fetchUserInfo(config, renewed.access_token, claims.sub)
  const replayed = await refusal(client.authorizationCodeGrant(config, back, { ...checks, idTokenExpected: true }))
  const logout = client.buildEndSessionUrl(config, {
    id_token_hint: tokens.id_token,
    post_logout_redirect_uri: told.post_logout_redirect_uri,
    state: 'bye now',
  })
  const left = await visit(logout)
  return {
    claims,
    userinfo,
    renewed: { claims: renewed.claims(), userinfo: renewedUserinfo },
    replayed,
    left: left.href,
  }
})
