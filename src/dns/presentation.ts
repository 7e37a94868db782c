/** The pieces of presentation format (RFC 1035 section 5.1) that names and record data share. */

/** One octet as itself, as `\X` when it is among `specials`, or as `\DDD` when it is a blank or not printable ASCII. */
export function escapeOctet(octet: number, specials: string): string {
  if (octet <= 0x20 || octet > 0x7e) return `\\${String(octet).padStart(3, '0')}`;
  const character = String.fromCharCode(octet);
  return specials.includes(character) ? `\\${character}` : character;
}

/** A character-string in quotes; blanks stand as they are. */
export function quoteText(octets: Uint8Array): string {
  let text = '"';
  for (const octet of octets) text += octet === 0x20 ? ' ' : escapeOctet(octet, '"\\');
  return `${text}"`;
}

/** Lower-case hexadecimal. */
export function formatHex(octets: Uint8Array): string {
  return regroup(octets, 4, '0123456789abcdef');
}

/** Base64 with padding (RFC 4648 section 4). */
export function formatBase64(octets: Uint8Array): string {
  const text = regroup(octets, 6, 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/');
  return text.padEnd(Math.ceil(text.length / 4) * 4, '=');
}

/** Base32 in the hex alphabet, lower case, without padding: how NSEC3 writes hashes (RFC 5155 section 3.3). */
export function formatBase32Hex(octets: Uint8Array): string {
  return regroup(octets, 5, '0123456789abcdefghijklmnopqrstuv');
}

/** Cuts the octets, high bit first, into groups of `width` bits, zero bits filling up the last. */
function regroup(octets: Uint8Array, width: number, alphabet: string): string {
  let text = '';
  let held = 0;
  let heldBits = 0;
  for (const octet of octets) {
    held = (held << 8) | octet;
    heldBits += 8;
    while (heldBits >= width) {
      heldBits -= width;
      text += alphabet[held >> heldBits] ?? '';
      held &= (1 << heldBits) - 1;
    }
  }
  return heldBits === 0 ? text : text + (alphabet[held << (width - heldBits)] ?? '');
}
