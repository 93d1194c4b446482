"""What must be told to relying parties. Owns the event catalogue, the outbox and the delivery lanes' memory; hands on
`tell`, which writes outbox rows inside the transaction that makes the change and lets them supersede unsent ones, and
`queue_fan_out` for changes of many links. May not send: that is the transmitter's.
"""
