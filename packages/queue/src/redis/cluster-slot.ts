/** The slot of a key in a cluster: CRC16 of its tag (https://redis.io/docs/latest/operate/oss_and_stack/reference/cluster-spec/#key-distribution-model). */

const SLOTS = 16_384;
/** CRC-16/XMODEM. */
const POLYNOMIAL = 0x1021;

/** The slot of keys with this tag, `{linkup-...}`. */
export function slotOf(tag: string): number {
  const hashed = /\{([^}]+)\}/.exec(tag)?.[1] ?? tag;
  let crc = 0;
  for (const byte of Buffer.from(hashed)) {
    crc ^= byte << 8;
    for (let bit = 0; bit < 8; bit += 1) crc = (crc & 0x8000) === 0 ? crc << 1 : (crc << 1) ^ POLYNOMIAL;
    crc &= 0xffff;
  }
  return crc % SLOTS;
}
