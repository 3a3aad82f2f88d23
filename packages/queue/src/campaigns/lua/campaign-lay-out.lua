-- Lays a batch of recipients that are dealt anew beside their campaign's list, where they stay until the edit takes them, or for an hour.
-- args[2] and on: for each account of `a.shares` one packed chunk, the share's chunk of that number from 0.
-- needs: nothing
local KEPT_MS = 3600000

script('campaign_lay_out', { run = function(a, args)
  tick()
  for i, share in ipairs(a.shares) do
    local key = keys.dealt(a.campaign, a.deal, share.account)
    -- A repeated script finds its own chunk.
    if call('LLEN', key) == share.chunk then call('RPUSH', key, args[1 + i]) end
    call('PEXPIRE', key, KEPT_MS)
  end
  return 1
end })
