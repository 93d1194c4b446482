"""Member × agency. Owns the link, its subject, its versioned state, the agency's accounts behind it and those asked
for, the rosters that agencies offer, the consent to what each relying party receives, and the receipts of ends; hands
on `Standing` (everything a sign-in must know, in one look) and the verbs that change a link. May not send or show
anything.
"""
