import { z } from 'zod'
import { streamNames } from '../../streams/streams.ts'

export const duckdbSettings = z.strictObject({
  type: z.literal('duckdb').meta({ description: 'A DuckDB file.' }),
  path: z
    .string()
    .min(1)
    .meta({ description: 'The file.', examples: ['qr-codes.duckdb'] }),
})

export type DuckDbSettings = z.output<typeof duckdbSettings>

/** A file accepts every stream, without gathering. */
export const takes = { streams: streamNames, gatherMs: 0 }
