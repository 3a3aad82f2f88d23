-- Whether more work waits for the rate window than so many calls, by the cheapest looks first. It only reads, and counts too much rather than too
-- little: a job between its answer and its end in the queue counts, and so does one whose account rests soon after.
-- needs: bullmq
local waiting_work = {}
-- So many accounts and campaigns are looked at; more of them are more work than fits.
local MOST_ACCOUNTS = 1000
local MOST_CAMPAIGNS = 20

-- Jobs parked for accounts at work, those of each as far as it comes in one window: one call after another. Stops when there are more than `most`.
local function parked(most)
  local window_ms = num(api_key.get('window'))
  local each = math.ceil(window_ms / math.max(1, num(api_key.get('hold')))) * math.max(1, num(api_key.get('accountMax')))
  local found = 0
  for _, account in ipairs(call('ZRANGEBYSCORE', keys.served, '(' .. int(now - window_ms), '+inf', 'LIMIT', 0, MOST_ACCOUNTS)) do
    found = found + math.min(each, call('ZCOUNT', keys.lane(account), '-inf', now_text))
    if found > most then break end
  end
  return found
end

-- Recipients of running campaigns that are not in the queues yet. Stops when there are more than `most`.
local function unfed(most)
  local campaigns = call('ZRANGE', keys.running, 0, MOST_CAMPAIGNS)
  if #campaigns > MOST_CAMPAIGNS then return most + 1 end
  local found = 0
  for _, id in ipairs(campaigns) do
    local v = call('HMGET', keys.campaign(id), 'accepted', 'fed', 'firstLeft')
    local left = num(v[1]) - num(v[2])
    found = found + math.max(0, v[3] and math.min(left, num(v[3])) or left)
    if found > most then break end
  end
  return found
end

function waiting_work.exceeds(room)
  if room <= 0 then return true end
  local here, delayed = bullmq.work()
  -- Of the jobs in hand those with a grant wait no more.
  local found = math.max(0, here - call('ZCARD', keys.open))
  if found > room then return true end
  -- All of the delayed may be parked. Where that would be too many, lanes say how many are.
  if delayed > 0 then found = found + (found + delayed <= room and delayed or parked(room - found)) end
  return found > room or found + unfed(room - found) > room
end

return waiting_work
