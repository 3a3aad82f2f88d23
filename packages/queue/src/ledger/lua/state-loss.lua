-- Whether the state in Redis is older than what a process has seen of it: an older file was put back, a replica without the last writes was promoted, or all
-- was flushed. Then jobs that were sent look as if they were not, and nothing leaves until a person said what may be sent.
-- A state is named by its line, which a restore ends; within it `marks` and `beats` only grow.
-- needs: nothing
local state_loss = {}
-- A worker is taken for alive this long after its last beat; as in strictest.lua.
local ALIVE_MS = 15000
-- Lines that a restore has ended, the latest last; a process that has seen an earlier one is told again.
local MOST_LINES = 50
-- No call is out for longer, whatever LINKUP_TIMEOUT_MS is.
local LONGEST_CALL_MS = 600000

local function has(lines, line) return string.find(',' .. (lines or '') .. ',', ',' .. line .. ',', 1, true) ~= nil end

local function with(lines, line)
  if not line or has(lines, line) then return lines or '' end
  return (lines and lines ~= '') and lines .. ',' .. line or line
end

-- How many marks are missing at least; nil where the state is not older than what was seen.
local function missing(seen)
  if api_key.get('line') == seen.line then
    local marks = num(api_key.get('marks'))
    if marks < seen.marks or num(api_key.get('beats')) < seen.beats then return math.max(0, seen.marks - marks) end
    return nil
  end
  if has(api_key.get('formerLines'), seen.line) then return nil end
  return seen.marks
end

-- Looks at what a process has seen: {line, marks, beats}; nil for one that has seen nothing.
function state_loss.look(seen)
  local marks = seen and missing(seen)
  if not marks then return end
  if not api_key.get('lost') then api_key.put('lost', now_text) end
  local lines = api_key.get('lostLines')
  if not has(lines, seen.line) then api_key.put('lostLines', with(lines, seen.line)) end
  if marks > num(api_key.get('lostMarks')) then api_key.put('lostMarks', int(marks)) end
end

function state_loss.stands() return api_key.get('lost') and true or false end

-- A state of which nobody has a name yet begins its line.
function state_loss.begin_line(name)
  if not api_key.get('line') then api_key.put('line', name .. ':' .. now_text) end
end

-- The counts that a process may take for seen, by name.
function state_loss.told()
  return { line = api_key.get('line') or '', marks = api_key.get('marks') or '0', beats = api_key.get('beats') or '0' }
end

-- The moment before which all calls were sent that are in no count any more, ms; 0: none is missing, or a person said so.
local function all_sent_by() return num(api_key.get('uncountedUntil')) end

-- From when on the calls in a window of this length are known again, ms; a moment that is over: they are.
function state_loss.known_again_at(length_ms)
  local till = all_sent_by()
  return till > 0 and till + length_ms or 0
end

-- By the word of a person nothing is missing that accounts would have to wait for.
function state_loss.count_as_known(name)
  api_key.put('uncountedUntil', false)
  api_key.put('countedBy', name)
end

-- Whether `count_as_known` may still be said, or was by this name.
function state_loss.is_uncounted(name) return all_sent_by() > 0 or api_key.get('countedBy') == name end

-- A person said what may be sent: all that was handed over until now (`is_sent` false: it ends `unknown`), or all of it. Since the loss was noticed nothing left.
function state_loss.restore(name, is_sent)
  api_key.put('uncountedUntil', int(num(api_key.get('lost')) + LONGEST_CALL_MS))
  local formers = api_key.get('formerLines')
  local lost_line = api_key.get('line')
  for line in string.gmatch((api_key.get('lostLines') or '') .. ',' .. (lost_line or ''), '[^,]+') do formers = with(formers, line) end
  local kept = {}
  for line in string.gmatch(formers, '[^,]+') do table.insert(kept, line) end
  api_key.put('formerLines', table.concat(kept, ',', math.max(1, #kept - MOST_LINES + 1)))
  api_key.put('line', name .. ':' .. now_text)
  api_key.put('gatheringUntil', now + ALIVE_MS)
  for _, field in ipairs({ 'lost', 'lostLines', 'lostMarks', 'lostTold' }) do api_key.put(field, false) end
  if not is_sent then api_key.put('doubtUntil', now_text) end
end

function state_loss.has_doubts() return num(api_key.get('doubtUntil')) > 0 end

-- Whether a worker that is alive has yet to settle again, in this line, what it settled in the time that was lost. A worker that says nothing of it keeps no ends.
local function is_owed()
  local line = api_key.get('line')
  for _, name in ipairs(call('ZRANGEBYSCORE', keys.workers, '(' .. int(now - ALIVE_MS), '+inf')) do
    local text = call('HGET', keys.worker_bounds, name)
    local in_line = text and cjson.decode(text).settledIn
    if in_line and in_line ~= line then return true end
  end
  return false
end

-- Whether ends of the time that was lost may still come: since the restore not every worker that is alive had the time to beat, or one has not settled its ends again.
function state_loss.is_gathering()
  local till = num(api_key.get('gatheringUntil'))
  if till == 0 then return false end
  if now < till or is_owed() then return true end
  api_key.put('gatheringUntil', false)
  return false
end

-- Whether nothing may be ended that was not told: the state is lost, or ends of the time that was lost may still come.
function state_loss.is_open() return state_loss.stands() or state_loss.is_gathering() end

-- Whether a job may have been sent in the time that was lost: it was handed over before the restore, or its campaign was made before. q: made_at, campaign (of a recipient's job).
function state_loss.is_doubtful(q)
  local till = num(api_key.get('doubtUntil'))
  if till == 0 then return false end
  if q.made_at <= till then return true end
  return q.campaign and num(call('HGET', keys.campaign(q.campaign), 'createdAt')) <= till
end

return state_loss
