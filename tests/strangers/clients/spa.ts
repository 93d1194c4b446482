// A page that is an OpenID Connect client by itself, by oidc-client-ts; what it does is asked of it through `window.client`.
import { IndexedDbDPoPStore, UserManager, WebStorageStateStore } from 'oidc-client-ts'

const told = new URLSearchParams(document.documentElement.dataset.told)
const manager = new UserManager({
  authority: told.get('authority')!,
  client_id: told.get('client_id')!,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/bye`,
  scope: told.get('scope')!,
  // It would ask as if the token were a bearer token.
  loadUserInfo: !told.has('dpop'),
  automaticSilentRenew: false,
  revokeTokensOnSignout: true,
  dpop: told.has('dpop') ? { bind_authorization_code: true, store: new IndexedDbDPoPStore() } : undefined,
  userStore: new WebStorageStateStore({ store: sessionStorage }),
})
const seen = (user: any) => user && { type: user.token_type, profile: user.profile, access: user.access_token, refresh: user.refresh_token, expired: user.expired }

const userinfo = async () => {
  const user = await manager.getUser()
  const url = (await manager.metadataService.getUserInfoEndpoint())!
  const proof = await manager.dpopProof(url, user!, 'GET')
  const headers = { Authorization: `${user!.token_type} ${user!.access_token}`, ...(proof && { DPoP: proof }) }
  return (await fetch(url, { headers })).json()
}

Object.assign(window, {
  client: {
    signIn: () => manager.signinRedirect(),
    arrived: async () => seen(await manager.signinRedirectCallback()),
    renew: async () => seen(await manager.signinSilent()),
    userinfo,
    user: async () => seen(await manager.getUser()),
    signOut: () => manager.signoutRedirect(),
    left: async () => (await manager.signoutRedirectCallback()) !== undefined,
  },
})
document.title = 'ready'
