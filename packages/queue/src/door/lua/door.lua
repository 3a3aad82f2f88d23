-- Idempotency keys of accepted jobs: which of these were accepted before, which are new, which are another job under a known key.
-- The record is written before the job is added: a crash between the two is healed by sending again, which adds it then. A record may end
-- before its job does, which waits for its time or its account: `seen`, and what BullMQ and the ledger keep of the job tells whether it is
-- the same. Added under that id, another one would be taken for it and lost.
-- a.jobs: [queue, id, digest, print, line] each. Answers [`new | again | duplicate | conflict | seen`] for each, in order; the first two are to be
-- added; `seen` with the name, data, options, priority and time of BullMQ's job and the ledger's description, '' for what is not there.
-- `line` is {} but for a line of a batch. {held}: one that may not be new gets the answer [`held`]. With an object, {ordinal, copy, first, content}:
-- its place among the lines of its target and among those with its content, the id of the target's first line, and the name of its content. What
-- was accepted under another ordinal is not new, a line before it was put in or taken out: [`elsewhere`, that ordinal].
-- a.formerIds, in place of a.jobs: [1 while they are honoured, else 0, the prints of what was accepted under them, '' for nothing].
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

-- What is on record in these fields of one name's hashes, each of its length; nil for what is not.
local function look_up(name, fields, lengths)
  local found = {}
  for p = piece, oldest, -1 do
    local kept = call('HMGET', keys_of(p, name), unpack(fields))
    for i = 1, #fields do
      if kept[i] and found[i] == nil then found[i] = read(kept[i], string.rep(' ', lengths[i])) or false end
    end
  end
  return found
end
local function write(name, field, text)
  local key = keys_of(piece, name)
  call('HSET', key, field, record(text))
  keep_until(key, piece_ends(piece))
end
local function field_of(id) return string.sub(id, 4) end

-- Keys that went by a batch's line: as long as a record may last that was written before the first look at them, and for two weeks more, in which
-- processes of before may go on.
if a.formerIds then
  local SLACK_DAYS = 14
  call('HSETNX', KEY, 'formerKeysUntil', today + a.ledgerDays + SLACK_DAYS)
  if num(call('HGET', KEY, 'formerKeysUntil')) <= today then return { 0, {} } end
  local prints = {}
  for i, id in ipairs(a.formerIds) do prints[i] = look_up(id, { field_of(id) }, { a.printLength })[1] or '' end
  return { 1, prints }
end

-- The ordinals under which a content was accepted, behind the first line of its target, lie beside that line's record: how many, and each. Most
-- targets have one line, whose own record says it all.
local NUMBER_LENGTH = 10
local function nth(content, n) return field_of(content) .. '#' .. string.format('%d', n) end
local function count(content) return field_of(content) .. '#' end
local function number(n) return string.format('%0' .. NUMBER_LENGTH .. 'd', n) end

-- How many lines of the target were accepted with this content: the first one (0 or 1), and further ones.
local function accepted_copies(line, print)
  local found = look_up(line.first, { field_of(line.first), count(line.content) }, { #print, NUMBER_LENGTH })
  return found[1] == print and 1 or 0, num(found[2])
end

-- The ordinal under which this copy of its content was accepted; nil for none.
local function other_ordinal(line, first, further)
  if line.copy > first + further then return nil end
  if line.copy <= first then return 1 end
  return tonumber(look_up(line.first, { nth(line.content, line.copy - first) }, { NUMBER_LENGTH })[1])
end

local function text_of(v) return v or '' end
local function seen(queue, id, d)
  local b = call('HMGET', bull(queue, id), 'name', 'data', 'opts', 'priority', 'timestamp')
  return { 'seen', text_of(b[1]), text_of(b[2]), text_of(b[3]), text_of(b[4]), text_of(b[5]), text_of(call('HGET', JOB(d), 'meta')) }
end

local answers = {}
for i, e in ipairs(a.jobs) do
  local queue, id, d, print, line = e[1], e[2], e[3], e[4], e[5]
  -- Of a line that is the first of its target, both in one command.
  local found = look_up(id, { field_of(id), line.first == id and count(line.content) or nil }, { #print, NUMBER_LENGTH })
  local known = found[1]
  if known and known ~= print then
    answers[i] = { 'conflict' }
  elseif call('EXISTS', bull(queue, id)) == 1 or call('EXISTS', JOB(d)) == 1 or used_status(d, a.ledgerDays) then
    answers[i] = known and { 'duplicate' } or seen(queue, id, d)
  elseif known then
    answers[i] = { 'again' }
  else
    local first, further = 0, num(found[2])
    if line.content and line.first ~= id then first, further = accepted_copies(line, print) end
    local ordinal = line.content and other_ordinal(line, first, further)
    if ordinal then
      answers[i] = { 'elsewhere', string.format('%d', ordinal) }
    elseif line.held then
      answers[i] = { 'held' }
    else
      write(id, field_of(id), print)
      if line.content and line.ordinal > 1 then
        write(line.first, nth(line.content, further + 1), number(line.ordinal))
        write(line.first, count(line.content), number(further + 1))
      end
      answers[i] = { 'new' }
    end
  end
end
return answers
