import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, zstdDecompressSync } from 'node:zlib'

type Unpack = (packed: Buffer, options: { maxOutputLength: number }) => Buffer

const unpackers: Readonly<Record<string, Unpack>> = {
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
  const names = (encoding ?? '')
    .toLowerCase()
    .split(',')
    .map((name) => name.trim())
    // `identity` is no encoding, and an element of a header's list may be empty (RFC 9110, 5.6.1).
    .filter((name) => name !== '' && name !== 'identity')
  if (names.length > 2) throw new NotUnpacked('the response is packed more than twice')
  // The encoding that was applied last comes last.
  const unpacked = names.toReversed().reduce((packed, name) => unpackOnce(packed, name, maxBytes), body)
  if (unpacked.length > maxBytes) throw new NotUnpacked(`the response is larger than ${megabytes(maxBytes)}`)
  return unpacked
}

function unpackOnce(packed: Buffer, name: string, maxBytes: number): Buffer {
  const unpacker = Object.hasOwn(unpackers, name) ? unpackers[name] : undefined
  if (unpacker === undefined) {
    throw new NotUnpacked(`the response is packed with ${name}, which qrsync does not know`)
  }
  try {
    // An answer without a body has nothing to unpack.
    return packed.length === 0 ? packed : unpacker(packed, { maxOutputLength: maxBytes })
  } catch (error) {
    const isTooLarge = (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE'
    const why = isTooLarge
      ? `is larger than ${megabytes(maxBytes)} unpacked`
      : `is not ${name}, as its header says`
    throw new NotUnpacked(`the response ${why}`)
  }
}

const megabytes = (bytes: number) => `${bytes / 2 ** 20} MB`
