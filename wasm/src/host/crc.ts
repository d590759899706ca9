/** CRC-32, as in zip files and PNG. */

const TABLE = Uint32Array.from({ length: 256 }, (_, at) => {
  let entry = at;
  for (let bit = 0; bit < 8; bit++) entry = (entry >>> 1) ^ (entry & 1 ? 0xedb88320 : 0);
  return entry;
});

/** The checksum of bytes. */
export function crc32(bytes: Uint8Array): number {
  let crc = -1;
  // Not `for of`, which takes four times as long here.
  for (let at = 0; at < bytes.length; at++) crc = (crc >>> 8) ^ Number(TABLE[(crc ^ Number(bytes[at])) & 255]);
  return ~crc >>> 0;
}
