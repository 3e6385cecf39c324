import { fileURLToPath } from 'node:url'
import type { DataConverter } from '@temporalio/common'
import type { Config } from '../../config/schema.ts'
import { createPayloadCodec } from './payload-codec.ts'

/** It keeps a failure's message and stack as a payload, which the codec encrypts. Workflows are bundled with it. */
export const failureConverterPath = fileURLToPath(
  new URL(
    import.meta.url.endsWith('.js') ? './failure-converter.js' : './failure-converter.ts',
    import.meta.url,
  ),
)

/**
 * Returns how clients and workers write what Temporal stores. Without keys they write it readably, and report
 * what is encrypted.
 */
export function dataConverterOf(temporal: Config['temporal']): DataConverter {
  const { key, former_key: formerKey } = temporal?.encryption ?? {}
  const codec = createPayloadCodec({ key: bytesOf(key), formerKey: bytesOf(formerKey) })
  if (key === undefined) return { payloadCodecs: [codec] }
  return { payloadCodecs: [codec], failureConverterPath }
}

const bytesOf = (key: string | undefined) => (key === undefined ? null : Buffer.from(key, 'base64'))
