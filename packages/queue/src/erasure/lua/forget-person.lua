#!lua flags=allow-oom
-- Replaces one piece of text that names a person, if it still is what was read. Events: chunk | outcome | job | entry.
-- ARGV[2]: as it was read, ARGV[3]: as it is to be. Answers done | changed | gone.
local on = {}

-- A chunk of a campaign's recipients, by its number counted from the first ever: the cursor stays where it is.
function on.chunk()
  local place = a.chunk - num(call('HGET', CAMPAIGN(a.campaign), 'chunk:' .. a.account))
  if place < 0 then return 'gone' end
  local todo = TODO(a.campaign, a.account)
  if call('LINDEX', todo, place) ~= ARGV[2] then return 'changed' end
  call('LSET', todo, place, ARGV[3])
  -- The feeder drops what it has in memory.
  call('HINCRBY', CAMPAIGN(a.campaign), 'erased', 1)
  return 'done'
end

function on.outcome()
  local key = P .. 'outcome:' .. a.outcomeId
  local text = call('GET', key)
  if text ~= ARGV[2] then return text and 'changed' or 'gone' end
  call('SET', key, ARGV[3], 'KEEPTTL')
  return 'done'
end

local function replace_field(key, field)
  if call('TYPE', key).ok ~= 'hash' then return 'gone' end
  local text = call('HGET', key, field)
  if text ~= ARGV[2] then return text and 'changed' or 'gone' end
  call('HSET', key, field, ARGV[3])
  return 'done'
end

function on.job() return replace_field(bull(a.queue, a.id), 'data') end
function on.entry() return replace_field(JOB(a.d), 'meta') end

tick()
return on[a.event]()
