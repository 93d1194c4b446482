"""The doors of this room. All answer JSON, refusals as problems (RFC 9457); `table` lists what they take."""
