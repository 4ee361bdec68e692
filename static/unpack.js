// Makes the lab's module of its packed form (xtask/src/split/pack.rs, which says what is in it). A release has this in the
// same file as the glue. In the packed form the operands of all instructions stand sorted by their kind; here each goes
// back behind its opcode.

/** The module that was packed: a Uint8Array, like what is given. */
export function unpack(packed) {
  const KINDS = 14;
  const [BEFORE, AFTER, LOCALS, OPCODE, GET, SET, CONST, WIDE, CALL, INDIRECT, BRANCH, BLOCK, OFFSET, REST] =
    Array(KINDS).keys();
  // The module's head, the section's number and size, and its name.
  let place = 9;
  while (packed[place++] & 0x80);
  place += 1 + packed[place];
  const view = new DataView(packed.buffer, packed.byteOffset);
  const next = () => view.getUint32((place += 4) - 4, true);
  const out = new Uint8Array(next());
  let functions = next();
  const lengths = Array.from({ length: KINDS }, next);
  // Where the next byte of each kind is.
  const at = lengths.map((_, kind) => lengths.slice(0, kind).reduce((sum, length) => sum + length, place));
  let to = 0;

  const bytes = (kind, count) => {
    while (count-- > 0) out[to++] = packed[at[kind]++];
  };
  const numbers = (kind, count) => {
    while (count-- > 0) while ((out[to++] = packed[at[kind]++]) & 0x80);
  };
  /** A number that says how many things follow. */
  const counted = (kind) => {
    let value = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = (out[to++] = packed[at[kind]++]);
      value |= (byte & 0x7f) << shift;
      if (byte < 0x80) return value;
    }
  };
  const number = (value) => {
    for (; value >= 0x80; value >>>= 7) out[to++] = value | 0x80;
    out[to++] = value;
  };
  /** What `write` writes, behind its length. */
  const sized = (write) => {
    const content = to + 5;
    const begin = to;
    to = content;
    write();
    const end = to;
    to = begin;
    number(end - content);
    out.copyWithin(to, content, end);
    to += end - content;
  };

  // By opcode from 0x28 on: the usual alignment of a load or a store.
  const ALIGNED = "23230011001122232301012";
  const body = () => {
    for (let groups = counted(LOCALS); groups > 0; groups -= 1) {
      numbers(LOCALS, 1);
      bytes(LOCALS, 1);
    }
    for (let depth = 1; depth > 0; ) {
      const opcode = packed[at[OPCODE]++];
      if (opcode === 0xff) {
        out[to++] = packed[at[OPCODE]++];
        bytes(REST, 1);
        numbers(OFFSET, 1);
        continue;
      }
      out[to++] = opcode;
      if (opcode === 0x20) numbers(GET, 1);
      else if (opcode === 0x21 || opcode === 0x22) numbers(SET, 1);
      else if (opcode >= 0x28 && opcode <= 0x3e) {
        out[to++] = ALIGNED.charCodeAt(opcode - 0x28) - 48;
        numbers(OFFSET, 1);
      } else if (opcode === 0x41) numbers(CONST, 1);
      else if (opcode >= 0x45 && opcode <= 0xc4) continue;
      else if (opcode === 0x0b) depth -= 1;
      else if (opcode >= 0x02 && opcode <= 0x04) {
        numbers(BLOCK, 1);
        depth += 1;
      } else if (opcode === 0x0c || opcode === 0x0d) numbers(BRANCH, 1);
      else if (opcode === 0x10) numbers(CALL, 1);
      else if (opcode === 0x11) numbers(INDIRECT, 2);
      else if (opcode === 0x42) numbers(WIDE, 1);
      else if (opcode === 0x43) bytes(WIDE, 4);
      else if (opcode === 0x44) bytes(WIDE, 8);
      else if (opcode === 0x0e) numbers(REST, counted(REST) + 1);
      else if (opcode === 0x1c) bytes(REST, counted(REST));
      else if (opcode === 0xfc) {
        const which = counted(REST);
        numbers(REST, [8, 10, 12, 14].includes(which) ? 2 : which > 7 ? 1 : 0);
      } else if ((opcode >= 0x23 && opcode <= 0x26) || [0x3f, 0x40, 0xd0, 0xd2].includes(opcode)) numbers(REST, 1);
    }
  };

  bytes(BEFORE, lengths[BEFORE]);
  out[to++] = 10; // The section of code.
  sized(() => {
    number(functions);
    for (; functions > 0; functions -= 1) sized(body);
  });
  bytes(AFTER, lengths[AFTER]);
  return out;
}
