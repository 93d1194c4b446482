"""What happened, written once. Owns the audit records and their hash chain; hands on `record` for use inside the
transaction that makes the change, and `sign_ins` to read a member's own. May not judge, send or show anything, and
holds no personal data: members are named by their internal id, which means nothing to anybody once the member is gone.
"""
