import { z } from 'zod'
import { droppableFields, hashableFields } from '../../streams/scans.ts'

export const shortestSalt = 16
const saltRule = `a secret of at least ${shortestSalt} characters, as \${NAME} or \${file:PATH}`

export const privacySettings = z
  .strictObject({
    drop: z
      .array(z.enum(droppableFields), 'a list of fields')
      .prefault([])
      .meta({
        description: `Scan fields that qrsync leaves empty: ${droppableFields.map((field) => `\`${field}\``).join(', ')} (\`extra\`: all fields that qrsync does not know yet).`,
        examples: [['referrer', 'city']],
      }),
    hash: z
      .array(z.enum(hashableFields), 'a list of fields')
      .prefault([])
      .meta({
        description:
          'Text fields of scans that qrsync replaces with a hash of 32 hexadecimal digits. The same text has the same hash; nobody can reverse it without `privacy.salt`.',
        examples: [['browser']],
      }),
    salt: z
      .string(saltRule)
      .min(shortestSalt, saltRule)
      .optional()
      .meta({
        description: `The secret for the hashes, ${shortestSalt} characters or more. With another salt, the same text has another hash.`,
        examples: ['${QRSYNC_SALT}'],
      }),
  })
  .refine(({ hash, salt }) => hash.length === 0 || salt !== undefined, {
    error: `is missing: hash needs ${saltRule}`,
    path: ['salt'],
  })
  .superRefine(({ drop, hash }, context) => {
    const both = hash.filter((field) => drop.includes(field))
    if (both.length > 0) {
      context.addIssue({ code: 'custom', message: `${both.join(', ')}: either drop or hash`, path: ['hash'] })
    }
  })
  .optional()
  .meta({
    description:
      'Scan data that qrsync never stores, neither in the ledger nor in any destination. The same applies to the shares by device, browser and location (`analytics`). The rules apply from now on: landed rows stay as they are.',
  })
