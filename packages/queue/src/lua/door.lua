-- Idempotency keys of accepted jobs: which of these were accepted before, which are new, which are another job under a known key.
-- The record is written before the job is added: a crash between the two is healed by sending again, which adds it then. A record that ended
-- before its job did is made anew; the job's id is the same, so the gate finds its end in the ledger and nothing is done twice.
-- a.jobs: [queue, id, digest, print] each. Answers `new | again | duplicate | conflict` for each, in order; the first two are to be added.
tick()
-- Records lie in a few large pieces of time, so that a new key is looked for in two places at the default LINKUP_LEDGER_DAYS.
local PIECE_DAYS = 30
local piece = math.floor(today / PIECE_DAYS)
local oldest = piece - math.ceil(a.ledgerDays / PIECE_DAYS)
local ends = ((piece + 1) * PIECE_DAYS + a.ledgerDays) * 86400
local function keys_of(p, id) return P .. 'keys:' .. string.format('%d', p) .. ':' .. string.sub(id, 2, 3) end

local answers = {}
for i, e in ipairs(a.jobs) do
  local queue, id, d, print = e[1], e[2], e[3], e[4]
  local field = string.sub(id, 4)
  local known
  for p = piece, oldest, -1 do
    known = call('HGET', keys_of(p, id), field)
    if known then break end
  end
  if not known then
    local key = keys_of(piece, id)
    call('HSET', key, field, print)
    if call('HLEN', key) == 1 then call('EXPIREAT', key, ends) end
    answers[i] = 'new'
  elseif known ~= print then
    answers[i] = 'conflict'
  else
    local accepted = call('EXISTS', bull(queue, id)) == 1 or call('EXISTS', JOB(d)) == 1 or used_status(d, a.ledgerDays)
    answers[i] = accepted and 'duplicate' or 'again'
  end
end
return answers
