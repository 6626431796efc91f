/** A ZIP archive without compression (photos do not get smaller): enough to carry unsent work off a phone. */

const encoder = new TextEncoder();

const CRC_TABLE = new Uint32Array(256).map((_, index) => {
  let value = index;
  for (let bit = 0; bit < 8; bit += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value >>> 0;
});

export function crc32(bytes: Uint8Array): number {
  let value = 0xffffffff;
  for (const byte of bytes) value = (CRC_TABLE[(value ^ byte) & 0xff] ?? 0) ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}

export interface ZipMember {
  name: string;
  data: Uint8Array<ArrayBuffer>;
}

const UTF8_NAMES = 0x0800;

/** All members, stored. Source: PKWARE APPNOTE 6.3, sections 4.3.7, 4.3.12 and 4.3.16. */
export function zip(members: ZipMember[]): Blob {
  const parts: Uint8Array<ArrayBuffer>[] = [];
  const directory: Uint8Array<ArrayBuffer>[] = [];
  let offset = 0;
  for (const { name, data } of members) {
    const nameBytes = encoder.encode(name);
    const crc = crc32(data);
    const local = record(30, nameBytes, (view) => {
      view.setUint32(0, 0x04034b50, true);
      view.setUint16(4, 20, true);
      common(view, 6, crc, data.length, nameBytes.length);
    });
    const at = offset;
    directory.push(
      record(46, nameBytes, (view) => {
        view.setUint32(0, 0x02014b50, true);
        view.setUint16(4, 20, true);
        view.setUint16(6, 20, true);
        common(view, 8, crc, data.length, nameBytes.length);
        view.setUint32(42, at, true);
      }),
    );
    parts.push(local, data);
    offset += local.length + data.length;
  }
  const directorySize = directory.reduce((sum, entry) => sum + entry.length, 0);
  const end = record(22, new Uint8Array(), (view) => {
    view.setUint32(0, 0x06054b50, true);
    view.setUint16(8, members.length, true);
    view.setUint16(10, members.length, true);
    view.setUint32(12, directorySize, true);
    view.setUint32(16, offset, true);
  });
  return new Blob([...parts, ...directory, end], { type: "application/zip" });
}

function record(length: number, tail: Uint8Array, fill: (view: DataView) => void): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(length + tail.length);
  fill(new DataView(bytes.buffer));
  bytes.set(tail, length);
  return bytes;
}

function common(view: DataView, at: number, crc: number, size: number, nameLength: number): void {
  view.setUint16(at, UTF8_NAMES, true);
  view.setUint16(at + 6, 0x0021, true); // 1980-01-01: the times that matter are in the JSON
  view.setUint32(at + 8, crc, true);
  view.setUint32(at + 12, size, true);
  view.setUint32(at + 16, size, true);
  view.setUint16(at + 20, nameLength, true);
}
