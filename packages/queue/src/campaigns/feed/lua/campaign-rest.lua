#!lua flags=allow-oom
-- After the feeding job went to BullMQ's `delayed`: was it woken meanwhile? Without this look it would sleep on.
return feed_if_woken()
