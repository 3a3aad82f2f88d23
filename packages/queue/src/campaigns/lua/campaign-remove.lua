-- Takes a recipient out of a draft, as if it had never come: its row becomes one that names nobody, and it may come again.
-- args[2]: the chunk as it was read; args[3]: as it is to be. Answers done | changed: read it again | started: the campaign is no draft any more.
-- needs: nothing
local function remove(a, args)
  local key = keys.campaign(a.campaign)
  local c = call('HMGET', key, 'state', 'chunk:' .. a.account)
  if c[1] ~= 'draft' then return 'started' end
  local todo, place = keys.todo(a.campaign, a.account), a.chunk - num(c[2])
  if call('LINDEX', todo, place) ~= args[2] then return 'changed' end
  call('LSET', todo, place, args[3])
  call('HDEL', keys.recipients(a.campaign, string.sub(a.digest, 1, 2)), string.sub(a.digest, 3))
  -- The place in the list stays, as who is whose goes by it; and columns that this one filled alone are looked for anew.
  for _, count in ipairs({ 'ended', 'removed', 'erased' }) do call('HINCRBY', key, count, 1) end
  call('HINCRBY', key, 'noted', -1)
  return 'done'
end

script('campaign_remove', { flags = { 'allow-oom' }, run = function(a, args)
  tick()
  return remove(a, args)
end })
