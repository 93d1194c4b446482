// A page that is an OpenID Connect client by itself, by oidc-client-ts; what it does is asked of it through `window.client`.
import { UserManager, WebStorageStateStore } from 'oidc-client-ts'

const told = new URLSearchParams(document.documentElement.dataset.told)
const manager = new UserManager({
  authority: told.get('authority')!,
  client_id: told.get('client_id')!,
  redirect_uri: `${location.origin}/callback`,
  post_logout_redirect_uri: `${location.origin}/bye`,
  scope: told.get('scope')!,
  loadUserInfo: true,
  automaticSilentRenew: false,
  revokeTokensOnSignout: told.has('revokes'),
  userStore: new WebStorageStateStore({ store: sessionStorage }),
})
const seen = (user: any) => user && { profile: user.profile, access: user.access_token, refresh: user.refresh_token, expired: user.expired }

Object.assign(window, {
  client: {
    signIn: () => manager.signinRedirect(),
    arrived: async () => seen(await manager.signinRedirectCallback()),
    renew: async () => seen(await manager.signinSilent()),
    user: async () => seen(await manager.getUser()),
    signOut: () => manager.signoutRedirect(),
    left: async () => (await manager.signoutRedirectCallback()) !== undefined,
  },
})
document.title = 'ready'
