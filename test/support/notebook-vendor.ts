import { z } from 'zod'
import type { Destination } from '../../src/destinations/destination.ts'
import type { Vendor } from '../../src/destinations/vendor.ts'

const notebookSettings = z.strictObject({
  type: z.literal('notebook').meta({ description: 'A notebook.' }),
  file: z
    .string()
    .min(1)
    .meta({ description: 'Where the notes are.', examples: ['notes.txt'] }),
  pen: z
    .string('a colour')
    .regex(/^[a-z]+$/, 'a colour')
    .meta({ description: 'What notes are written with.', examples: ['${NOTEBOOK_PEN}'] }),
})

type NotebookSettings = z.output<typeof notebookSettings>

/** A vendor that is not part of qrsync: `with-notebook-vendor.ts` adds it to the list. */
export const notebook: Vendor<NotebookSettings> = {
  type: 'notebook',
  label: 'A notebook on the desk',
  usualName: 'notes',
  settings: notebookSettings,
  paths: ['file'],
  secrets: { pen: 'NOTEBOOK_PEN' },
  where: ({ file }) => file,
  takes: () => takes,
  ask: async ({ text, secret }) => ({
    type: 'notebook',
    file: await text({
      message: 'Which notebook?',
      standard: 'notes.txt',
      setting: notebookSettings.shape.file,
    }),
    pen: await secret({
      message: 'Which pen?',
      setting: notebookSettings.shape.pen,
      variable: 'NOTEBOOK_PEN',
    }),
  }),
  open: (_name, { file }) => Promise.resolve(openNotebook(file)),
}

const takes = { streams: ['scans'] as const, gatherMs: 0 }

function openNotebook(file: string): Destination {
  return {
    ...takes,
    batch: { rows: 10, characters: 4_000_000 },
    check: () => Promise.resolve({ identity: `Notebook ${file}`, needs: [], warnings: ['Paper burns.'] }),
    plan: () => Promise.resolve([]),
    apply: () => Promise.resolve([]),
    identity: () => Promise.resolve(file),
    async *write(_stream, rows) {
      yield await Promise.resolve(rows.map(({ id }) => ({ id, is: 'confirmed' as const })))
    },
    close: () => Promise.resolve(),
  }
}
