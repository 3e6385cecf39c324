import { z } from 'zod'
import { droppableFields, hashableFields } from '../../streams/scans.ts'

const shortestSalt = 16
const saltRule = `a secret of at least ${shortestSalt} characters, as \${NAME} or \${file:PATH}`

export const privacySettings = z
  .strictObject({
    drop: z
      .array(z.enum(droppableFields), 'a list of fields')
      .prefault([])
      .meta({
        description: `Fields of scans that are left empty: ${droppableFields.map((field) => `\`${field}\``).join(', ')} (\`extra\`: all that qrsync does not know yet).`,
        examples: [['referrer', 'city']],
      }),
    hash: z
      .array(z.enum(hashableFields), 'a list of fields')
      .prefault([])
      .meta({
        description:
          'Fields of scans that hold text, in place of which 32 hexadecimal digits are landed: the same for the same text, and of no use without `privacy.salt`.',
        examples: [['browser']],
      }),
    salt: z
      .string(saltRule)
      .min(shortestSalt, saltRule)
      .optional()
      .meta({
        description: `The secret that hashes are made with, ${shortestSalt} characters or more. With another one, the same text has another hash.`,
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
      'What of a scan is never landed: neither in the ledger nor in any destination. The shares by device, browser and place (`analytics`) follow. It counts from then on: what is landed stays as it is.',
  })
