import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'

type Unpack = (packed: Buffer, options: { maxOutputLength: number }) => Buffer

const unpackers: Readonly<Record<string, Unpack>> = {
  identity: (packed) => packed,
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  // Some servers leave out the header of zlib.
  deflate: (packed, options) =>
    ((packed[0] ?? 0) & 0x0f) === 8 ? inflateSync(packed, options) : inflateRawSync(packed, options),
  br: brotliDecompressSync,
  zstd: zstdDecompressSync,
}

/** A response that cannot be unpacked. */
export class NotUnpacked extends Error {
  override readonly name = 'NotUnpacked'
}

/**
 * Unpacks the body of a response. Proxies compress although qrsync asks for no compression.
 *
 * @param encoding the header `content-encoding`
 * @param maxBytes a few packed bytes may stand for more than memory holds
 * @throws NotUnpacked
 */
export function unpack(body: Buffer, encoding: string | undefined, maxBytes: number): Buffer {
  // The encoding that was applied last comes last.
  const names = (encoding ?? 'identity')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
  if (names.length > 2) throw new NotUnpacked('the response is packed more than twice')
  return names.toReversed().reduce((packed, name) => unpackOnce(packed, name, maxBytes), body)
}

function unpackOnce(packed: Buffer, name: string, maxBytes: number): Buffer {
  const unpacker = unpackers[name]
  if (unpacker === undefined) {
    throw new NotUnpacked(`the response is packed with ${name}, which qrsync does not know`)
  }
  try {
    // An answer without a body has nothing to unpack.
    return packed.length === 0 ? packed : unpacker(packed, { maxOutputLength: maxBytes })
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    const why = isTooLarge
      ? `is larger than ${maxBytes / 2 ** 20} MB unpacked`
      : `is not ${name}, as its header says`
    throw new NotUnpacked(`the response ${why}`)
  }
}
