"""Signatures of 공동인증서, 기업인증서 and 금융인증서, weighed on the server. Owns `CertificateMethod`, the order of
its checks, the operator's authorities, policy table and imported revocation lists. What a browser posts is foreign
until `signed_answer` and `x509_values` have read it: they raise leaves of `failures` and nothing else. Never sees a
private key or its password; R it sees once, compares, and lets go.

    answer ─▶ signed_answer (CMS, or signature + certificate) ─▶ x509_values ─▶ path ─▶ policies ─▶ revocation
           ─▶ signature over our challenge ─▶ VID(사업자등록번호, R) ─▶ Evidence
"""
