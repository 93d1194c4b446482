"""Providers that vouch for real: one adapter for each shape they have. Owns what is said to them, what is made of their
octets, and the table of each that turns its codes into our failures; hands on `configured_methods`. May not keep
anything: what a verification must remember lies sealed in its transaction. An adapter speaks to configured hosts only
(`wire`), makes values of foreign bytes in one place (`reading`), and believes of a browser nothing but which
transaction it is about.

    oacx, barocert   app push: details → push → poll → verify once       ezauth           사업자 간편인증
    nice             redirect, encrypted result                          any_id           sealed handle, exchanged
    fincert          금융인증서, a CMS signature on its page
    openid           any OpenID Connect provider                         oauth2_profile   OAuth 2.0 and a profile
"""
