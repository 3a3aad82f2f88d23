-- Idempotency keys of accepted jobs: which of these were accepted before, which are new, which are another job under a known key.
-- The record is written before the job is added: a crash between the two is healed by sending again, which adds it then. A record may end
-- before its job does, which waits for its time or its account: `seen`, and what BullMQ and the ledger keep of the job tells whether it is
-- the same. Added under that id, another one would be taken for it and lost.
-- a.jobs: [queue, id, digest, print] each. Answers [`new | again | duplicate | conflict | seen`] for each, in order; the first two are to be
-- added; `seen` with the name, data, options, priority and time of BullMQ's job and the ledger's description, '' for what is not there.
tick()
-- Records lie in a few large pieces of time, so that a new key is looked for in two places at the default LINKUP_LEDGER_DAYS, and in three
-- at most. A piece ends with the last record that may be in it.
local PIECE_DAYS = 30
local piece = math.floor(today / PIECE_DAYS)
local function piece_ends(p) return free_on(week_of((p + 1) * PIECE_DAYS - 1), a.ledgerDays) end
local oldest = piece
while piece_ends(oldest - 1) > today do oldest = oldest - 1 end
local function keys_of(p, id) return P .. 'keys:' .. string.format('%d', p) .. ':' .. string.sub(id, 2, 3) end

-- A record is the print and the day it was written on. It ends as an id does that became used on that day, not with its piece: the job may
-- have ended on that day, and then the ledger knows nothing more of it, and a record without a job says that the job was never added.
local function record(print) return print .. string.format('%x', today) end
local function read(kept, print)
  local day = tonumber(string.sub(kept, #print + 1), 16) or 0
  return free_on(week_of(day), a.ledgerDays) > today and string.sub(kept, 1, #print) or nil
end

local function text_of(v) return v or '' end
local function seen(queue, id, d)
  local b = call('HMGET', bull(queue, id), 'name', 'data', 'opts', 'priority', 'timestamp')
  return { 'seen', text_of(b[1]), text_of(b[2]), text_of(b[3]), text_of(b[4]), text_of(b[5]), text_of(call('HGET', JOB(d), 'meta')) }
end

local answers = {}
for i, e in ipairs(a.jobs) do
  local queue, id, d, print = e[1], e[2], e[3], e[4]
  local field = string.sub(id, 4)
  local known
  for p = piece, oldest, -1 do
    local kept = call('HGET', keys_of(p, id), field)
    if kept then
      known = read(kept, print)
      break
    end
  end
  if known and known ~= print then
    answers[i] = { 'conflict' }
  elseif call('EXISTS', bull(queue, id)) == 1 or call('EXISTS', JOB(d)) == 1 or used_status(d, a.ledgerDays) then
    answers[i] = known and { 'duplicate' } or seen(queue, id, d)
  elseif known then
    answers[i] = { 'again' }
  else
    local key = keys_of(piece, id)
    call('HSET', key, field, record(print))
    keep_until(key, piece_ends(piece))
    answers[i] = { 'new' }
  end
end
return answers
