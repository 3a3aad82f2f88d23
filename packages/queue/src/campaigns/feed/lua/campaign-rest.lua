-- After the feeding job went to BullMQ's `delayed`: was it woken meanwhile? Without this look it would sleep on.
-- needs: feeding
script('campaign_rest', { flags = { 'allow-oom' }, run = function() return feeding.feed_if_woken() end })
