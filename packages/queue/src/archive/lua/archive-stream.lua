-- Hands outcomes over to the archive. An outcome's data stays until the archive has it: it is owed, like one that a webhook has not got yet. Nothing is
-- taken while nobody archives.
-- needs: owed
local archive_stream = {}

-- A script that calls this must not do so again when it is repeated.
function archive_stream.take(item)
  if call('EXISTS', keys.archiving) == 0 then return end
  call('XADD', keys.to_archive, '*', 'o', item)
  owed.add(item)
end

return archive_stream
