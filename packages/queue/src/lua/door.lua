-- Idempotency keys of accepted jobs: which of these were accepted before, which are new, which are another job under a known key.
-- The record is written before the job is added: a crash between the two is healed by sending again, which adds it then.
-- a.jobs: [queue, id, digest, print] each. Answers `new | again | duplicate | conflict` for each, in order; the first two are to be added.
tick()
local week = math.floor(today / WEEK_DAYS)
local oldest = week - math.ceil(a.ledgerDays / WEEK_DAYS)
local ends = ((week + 1) * WEEK_DAYS + a.ledgerDays) * 86400
local function keys_of(w, id) return P .. 'keys:' .. string.format('%d', w) .. ':' .. string.sub(id, 2, 3) end

local answers = {}
for i, e in ipairs(a.jobs) do
  local queue, id, d, print = e[1], e[2], e[3], e[4]
  local field = string.sub(id, 4)
  local known
  for w = week, oldest, -1 do
    known = call('HGET', keys_of(w, id), field)
    if known then break end
  end
  if known and known ~= print then
    answers[i] = 'conflict'
  else
    if not known then
      local key = keys_of(week, id)
      call('HSET', key, field, print)
      if call('HLEN', key) == 1 then call('EXPIREAT', key, ends) end
    end
    local accepted = call('EXISTS', bull(queue, id)) == 1 or call('EXISTS', JOB(d)) == 1 or used_status(d, a.ledgerDays)
    answers[i] = accepted and 'duplicate' or known and 'again' or 'new'
  end
end
return answers
