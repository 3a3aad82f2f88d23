-- What is to be archived, handed over in the very step that settles it. An outcome's data stays until the archive has it: it is owed, like
-- one that a webhook has not got yet. Nothing is handed over while nobody archives.
local TO_ARCHIVE = P .. 'to-archive'

-- A script that calls this must not do so again when it is repeated.
local function hand_to_archive(item)
  if call('EXISTS', ARCHIVING) == 0 then return end
  call('XADD', TO_ARCHIVE, '*', 'o', item)
  call('HINCRBY', OWED, item, 1)
end
