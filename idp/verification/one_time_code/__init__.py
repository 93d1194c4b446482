"""Proving that a telephone is at hand, by a code sent to it. Owns the code, how long and how often it may be tried, and
how often one may be sent; hands on the method. It proves possession of a number and nothing about who somebody is: the
desk gives it to requests that name a number, and to no other, so that it never stands in for 본인확인.
"""
