-- How long a finished job's id is used, by one rule, for who reads and for what expires: until `ledger_days` days after the week in which its
-- outcome was published. A week is seven days from a Thursday, 0:00 UTC, as days are counted from 1 January 1970. So it is `ledger_days` at
-- least and at most seven days more, whatever the weekday.
-- needs: nothing
local used_ids = {}
local WEEK_DAYS = 7
local DAY_SECONDS = 86400

local function week_of(day) return math.floor(day / WEEK_DAYS) end
used_ids.week_of = week_of
-- The first day on which the ids of a week are free again.
local function free_on(week, ledger_days) return (week + 1) * WEEK_DAYS + ledger_days end
used_ids.free_on = free_on

-- Lets a key expire when this day begins, never sooner than it was to expire before. Redis's clock is never ahead of `now`, so a key is there
-- for as long as a reader asks for it; one that is there for longer is not asked for.
function used_ids.keep_until(key, day)
  local expires = call('EXPIRETIME', key)
  if expires >= -1 and expires < day * DAY_SECONDS then call('EXPIREAT', key, day * DAY_SECONDS) end
end

-- The first letter of the status that the job ended with; nil for one that is not known as finished.
function used_ids.status_of(digest, ledger_days)
  local week, letters, rest = week_of(today), string.sub(digest, 1, 2), string.sub(digest, 3)
  while free_on(week, ledger_days) > today do
    local status = call('HGET', keys.used(int(week), letters), rest)
    if status then return status end
    week = week - 1
  end
  return nil
end

-- The id of the job that does an ended one again is kept for longer than the ended one is known, which would be done again once more without
-- it: a week more than the id of a job that is published today, and without an end before that.
function used_ids.keep_redriven(key, ledger_days) used_ids.keep_until(key, free_on(week_of(today) + 1, ledger_days)) end

-- The id of a job that ended with this status is used from now on.
local function note_used(digest, status, q)
  local week = week_of(today)
  local key = keys.used(int(week), string.sub(digest, 1, 2))
  call('HSET', key, string.sub(digest, 3), string.sub(status, 1, 1))
  used_ids.keep_until(key, free_on(week, q.ledger_days))
  if q.is_redriven then used_ids.keep_redriven(keys.redriven(digest), q.ledger_days) end
end

-- The entries of finished jobs (digest, status) shrink to one byte. q: ledger_days; is_redriven: other jobs may do them again.
function used_ids.compact_entries(entries, q)
  local gone = {}
  for i, one in ipairs(entries) do
    note_used(one.digest, one.status, q)
    gone[i] = keys.job(one.digest)
  end
  if #gone > 0 then call('DEL', unpack(gone)) end
end

function used_ids.compact_entry(digest, status, q)
  note_used(digest, status, q)
  call('DEL', keys.job(digest))
end

return used_ids
