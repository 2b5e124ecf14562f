// The hash function SM3 (GB/T 32905-2016) of a Uint8Array, for logs whose policy says `#hash sm3`; browsers have none.

const FIRST = [0x7380166f, 0x4914b2b9, 0x172442d7, 0xda8a0600, 0xa96f30bc, 0x163138aa, 0xe38dee4d, 0xb0fb0e4e];

const turn = (word, by) => (word << (by % 32)) | (word >>> (32 - (by % 32)));
const p0 = (x) => x ^ turn(x, 9) ^ turn(x, 17);
const p1 = (x) => x ^ turn(x, 15) ^ turn(x, 23);

function padded(bytes) {
  const whole = new Uint8Array(Math.ceil((bytes.length + 9) / 64) * 64);
  whole.set(bytes);
  whole[bytes.length] = 0x80;
  new DataView(whole.buffer).setBigUint64(whole.length - 8, BigInt(bytes.length) * 8n);
  return new DataView(whole.buffer);
}

function expanded(view, at) {
  const w = Array.from({ length: 16 }, (_, i) => view.getUint32(at + 4 * i));
  for (let j = 16; j < 68; j += 1) {
    w.push(p1(w[j - 16] ^ w[j - 9] ^ turn(w[j - 3], 15)) ^ turn(w[j - 13], 7) ^ w[j - 6]);
  }
  return w;
}

function compressed(state, w) {
  let [a, b, c, d, e, f, g, h] = state;
  for (let j = 0; j < 64; j += 1) {
    const early = j < 16;
    const ss1 = turn((turn(a, 12) + e + turn(early ? 0x79cc4519 : 0x7a879d8a, j)) | 0, 7);
    const ff = early ? a ^ b ^ c : (a & b) | (a & c) | (b & c);
    const gg = early ? e ^ f ^ g : (e & f) | (~e & g);
    const tt1 = (ff + d + (ss1 ^ turn(a, 12)) + (w[j] ^ w[j + 4])) | 0;
    const tt2 = (gg + h + ss1 + w[j]) | 0;
    [a, b, c, d, e, f, g, h] = [tt1, a, turn(b, 9), c, p0(tt2), e, turn(f, 19), g];
  }
  return [a, b, c, d, e, f, g, h].map((word, i) => word ^ state[i]);
}

export function sm3(bytes) {
  const view = padded(bytes);
  let state = FIRST;
  for (let at = 0; at < view.byteLength; at += 64) state = compressed(state, expanded(view, at));
  const digest = new DataView(new ArrayBuffer(32));
  state.forEach((word, i) => digest.setUint32(4 * i, word >>> 0));
  return new Uint8Array(digest.buffer);
}
