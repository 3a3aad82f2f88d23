-- The jobs that wait for a rule of their account, see account-rules.lua: how they come back when it lets them go. For the sweep; no call waits for it.
-- needs: account_rules, lanes
local capped_jobs = {}
-- So many jobs of a line come back at once; those that may not go all the same go aside again.
local MOST_WOKEN = 10
-- Looked at again after this, ms, where a woken job takes no place, or its account is away. A job that takes its place asks for a look itself.
local LOOK_MS = 30000

-- Urgent jobs of a line whose rule is overridden go on. Answers whether there was one.
local function wake_urgent(account_id, held, q)
  if account_rules.overridden_until(held.overridden, account_rules.rule_of(q.line)) == 0 then return false end
  return lanes.line_up_urgent(account_id, q.score, MOST_WOKEN) > 0
end

-- Looks at one line of an account. Answers when it is to be looked at again; nil: nobody waits.
local function look(account_id, line)
  local account = lanes.read_account(account_id)
  if not account.state then return nil end
  if account.state ~= 'active' then return now + LOOK_MS end
  local score = int(account_rules.score(line))
  local held = account_rules.of(account) or {}
  if wake_urgent(account_id, held, { line = line, score = score }) then
    lanes.hand_out_places(account_id, account)
    return now
  end
  local room, again = account_rules.room(account_id, held, line, account.note)
  if room == 0 then
    local waits = call('ZCOUNT', keys.lane(account_id), score, score) > 0
    return waits and again or nil
  end
  local woken = call('ZRANGEBYSCORE', keys.lane(account_id), score, score, 'LIMIT', 0, int(math.min(room or MOST_WOKEN, MOST_WOKEN)))
  if #woken == 0 then return nil end
  for _, member in ipairs(woken) do call('ZADD', keys.lane(account_id), 0, member) end
  lanes.hand_out_places(account_id, account)
  return room and now + LOOK_MS or now
end

function capped_jobs.sweep(most)
  for _, member in ipairs(call('ZRANGEBYSCORE', keys.capped, '-inf', now_text, 'LIMIT', 0, most)) do
    local line, account_id = string.match(member, '^(%S+) (.+)$')
    local again = look(account_id, line)
    if again then call('ZADD', keys.capped, int(again), member) else call('ZREM', keys.capped, member) end
  end
end

return capped_jobs
