-- Which of these jobs were accepted before, which are new, which are another job under a known key.
-- The record is written before the job is added: a crash between the two is healed by sending again, which adds it then. A record may end
-- before its job does, which waits for its time or its account: `seen`, and what BullMQ and the ledger keep of the job tells whether it is
-- the same. Added under that id, another one would be taken for it and lost.
-- a.jobs: [queue, id, digest, fingerprint, line] each. Answers [`new | again | duplicate | conflict | seen`] for each, in order; the first two are to be
-- added; `seen` with the name, data, options, priority and time of BullMQ's job and the ledger's description, '' for what is not there.
-- `line` is {} but for a line of a batch. {held}: one that may not be new gets the answer [`held`]. With an object, {ordinal, copy, first, content}:
-- its place among the lines of its target and among those with its content, the id of the target's first line, and the name of its content. A line that
-- was accepted under another ordinal is not new, a line before it was put in or taken out: [`elsewhere`, that ordinal].
-- needs: bullmq, used_ids, accepted_keys
local field_of = accepted_keys.field_of
-- The ordinals under which a content was accepted, behind the first line of its target, lie beside that line's record: how many, and each. Most
-- targets have one line, whose own record says it all.
local NUMBER_LENGTH = 10
local function nth(content, n) return field_of(content) .. '#' .. string.format('%d', n) end
local function count_field(content) return field_of(content) .. '#' end
local function number(n) return string.format('%010d', n) end

-- How many lines of the target were accepted with this content: the first one (0 or 1), and further ones.
local function accepted_copies(line, fingerprint, days)
  local found = accepted_keys.look_up(line.first, { field_of(line.first), count_field(line.content) }, { #fingerprint, NUMBER_LENGTH }, days)
  return found[1] == fingerprint and 1 or 0, num(found[2])
end

-- The ordinal under which this copy of its content was accepted; nil for none.
local function other_ordinal(line, first, further, days)
  if line.copy > first + further then return nil end
  if line.copy <= first then return 1 end
  return tonumber(accepted_keys.look_up(line.first, { nth(line.content, line.copy - first) }, { NUMBER_LENGTH }, days)[1])
end

local function seen(queue, id, digest)
  local answer = { 'seen' }
  local b = call('HMGET', bullmq.key(queue, id), 'name', 'data', 'opts', 'priority', 'timestamp')
  for at = 1, 5 do answer[at + 1] = b[at] or '' end
  answer[7] = call('HGET', keys.job(digest), 'meta') or ''
  return answer
end

local function accept(id, fingerprint, line, further, days)
  accepted_keys.write(id, field_of(id), fingerprint, days)
  if not line.content or line.ordinal <= 1 then return end
  accepted_keys.write(line.first, nth(line.content, further + 1), number(line.ordinal), days)
  accepted_keys.write(line.first, count_field(line.content), number(further + 1), days)
end

local function look_at(row, days)
  local queue, id, digest, fingerprint, line = row[1], row[2], row[3], row[4], row[5]
  -- Of a line that is the first of its target, both in one command.
  local counted = line.first == id and count_field(line.content) or nil
  local found = accepted_keys.look_up(id, { field_of(id), counted }, { #fingerprint, NUMBER_LENGTH }, days)
  local known = found[1]
  if known and known ~= fingerprint then return { 'conflict' } end
  if bullmq.has(queue, id) or call('EXISTS', keys.job(digest)) == 1 or used_ids.status_of(digest, days) then
    return known and { 'duplicate' } or seen(queue, id, digest)
  end
  if known then return { 'again' } end
  local first, further = 0, num(found[2])
  if line.content and line.first ~= id then first, further = accepted_copies(line, fingerprint, days) end
  local ordinal = line.content and other_ordinal(line, first, further, days)
  if ordinal then return { 'elsewhere', string.format('%d', ordinal) } end
  if line.held then return { 'held' } end
  accept(id, fingerprint, line, further, days)
  return { 'new' }
end

script('door', {
  run = function(a)
    tick()
    local answers = {}
    for i, row in ipairs(a.jobs) do answers[i] = look_at(row, a.ledgerDays) end
    return answers
  end,
})
