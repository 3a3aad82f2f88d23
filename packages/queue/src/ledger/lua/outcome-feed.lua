-- The order in which outcomes came, for whoever follows them, and how many of each status there were in each quarter of an hour.
-- needs: stream
local outcome_feed = {}
local QUARTER_MS = 900000
-- A quarter's counts are shown for a day.
local COUNTS_SECONDS = 2 * 86400

-- Old entries go in nodes of about a hundred, so they are looked for after as many outcomes, and when a quarter begins.
local TRIM_EVERY = 100

-- The text of a quarter's number, which stays for as long.
local quarter_number, quarter_text
local function quarter_of(ms)
  local number = math.floor(ms / QUARTER_MS)
  if number ~= quarter_number then quarter_number, quarter_text = number, int(number) end
  return quarter_text
end

-- Answers whether it is time to look for old entries.
local function count(statuses)
  local quarter = quarter_of(now)
  local key = keys.outcome_counts(int(today))
  local is_due = false
  for status, number in pairs(statuses) do
    local after = call('HINCRBY', key, quarter .. '|' .. status, int(number))
    if after == number then call('EXPIRE', key, COUNTS_SECONDS) end
    is_due = is_due or after == number or math.floor(after / TRIM_EVERY) > math.floor((after - number) / TRIM_EVERY)
  end
  return is_due
end

-- `items` were published just now: `id` of the outcome, `name` its status, `doubt` whether it is a write whose effect nobody knows.
-- `days`: for how long outcomes are kept. One entry for all of them.
function outcome_feed.add(items, days)
  if #items == 0 then return end
  local entry, statuses = {}, {}
  local since = now - days * DAY_MS
  for i, item in ipairs(items) do
    local status = string.sub(item.name, 1, 1)
    entry[2 * i - 1], entry[2 * i] = item.id, status
    statuses[status] = (statuses[status] or 0) + 1
    if item.doubt and days > 0 then
      call('ZADD', keys.unknown_writes, now_text, item.id)
      call('ZREMRANGEBYSCORE', keys.unknown_writes, '-inf', int(since))
    end
  end
  local is_due = count(statuses)
  if days == 0 then return end
  stream.add(keys.outcome_feed, entry)
  if is_due then stream.drop_older(keys.outcome_feed, since) end
end

-- An unknown outcome with a person's word: whoever follows is told once more, and it is counted once.
function outcome_feed.tell_again(outcome_id, days)
  if days > 0 then stream.add(keys.outcome_feed, { outcome_id, 'u' }) end
end

return outcome_feed
