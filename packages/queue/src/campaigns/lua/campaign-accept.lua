-- Takes a batch of recipients, all new or none. args[2] and on: for each account of `a.shares` one packed chunk.
-- Answers ok(the place behind them) | seen(list of digests that are not new) | edited: the text they were checked against changed | closed(state) |
-- moved(the list's end): the shares were dealt for another place. Places are those of the list as it was last dealt.
-- needs: campaign_life
local function key_of(id, digest) return keys.recipients(id, string.sub(digest, 1, 2)) end

-- Notes these recipients; answers those that were known, in which case none is noted.
local function note(id, digests)
  local known, noted = {}, {}
  for _, digest in ipairs(digests) do
    table.insert(call('HSETNX', key_of(id, digest), string.sub(digest, 3), '') == 1 and noted or known, digest)
  end
  if #known > 0 then
    for _, digest in ipairs(noted) do call('HDEL', key_of(id, digest), string.sub(digest, 3)) end
  end
  return known
end

-- A list with more columns than anybody's is looked through at its start.
local MOST_COLUMNS = 500

-- Notes which columns somebody fills, so that a start need not look. It says less than there is for a list that began before this was noted.
local function note_filled(id, filled, count)
  local known = num(call('HGET', keys.campaign(id), 'columns'))
  if known + #filled > MOST_COLUMNS then return end
  for _, name in ipairs(filled) do known = known + call('HSETNX', keys.campaign(id), 'has:' .. name, '1') end
  call('HSET', keys.campaign(id), 'columns', known)
  call('HINCRBY', keys.campaign(id), 'noted', count)
end

local function accept(a, args)
  local id = a.campaign
  local c = call('HMGET', keys.campaign(id), 'state', 'why', 'batch', 'accepted', 'rev', 'deletedAt', 'dealtFrom')
  local state = not c[6] and c[1]
  if not state or state == 'cancelled' or c[2] == 'expired' then
    return { kind = 'closed', state = c[2] == 'expired' and 'expired' or state or 'unknown' }
  end
  -- A repeated script finds its own batch.
  local place = num(c[4]) - num(c[7])
  if c[3] == a.batch then return { kind = 'ok', place = place } end
  if a.rev and num(c[5]) ~= a.rev then return { kind = 'edited' } end
  if place ~= a.offset then return { kind = 'moved', place = place } end
  local known = note(id, a.digests)
  if #known > 0 then return { kind = 'seen', digests = known } end
  for i, share in ipairs(a.shares) do
    call('RPUSH', keys.todo(id, share.account), args[1 + i])
    call('HINCRBY', keys.campaign(id), 'left:' .. share.account, share.count)
  end
  note_filled(id, a.filled, #a.digests)
  call('HINCRBY', keys.campaign(id), 'accepted', #a.digests)
  call('HSET', keys.campaign(id), 'batch', a.batch)
  if state == 'ended' then campaign_life.change(id, 'running', '') end
  if state == 'ended' or state == 'running' then campaign_life.look_again(id) end
  return { kind = 'ok', place = place + #a.digests }
end

script('campaign_accept', { run = function(a, args)
  tick()
  return cjson.encode(accept(a, args))
end })
