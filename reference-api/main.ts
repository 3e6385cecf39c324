import { Command } from 'commander'
import { keysCommand } from './commands/keys.ts'
import { planCommand } from './commands/plan.ts'
import { seedCommand } from './commands/seed.ts'
import { serveCommand } from './commands/serve.ts'

const serve = serveCommand()

const program = new Command('reference-api')
  .description('The complete QRCodeStack API on this machine, with one account, for development and tests.')
  .addCommand(serve, { isDefault: true })
  .addCommand(seedCommand())
  .addCommand(keysCommand())
  .addCommand(planCommand())
  .addHelpText('after', () => `\nWithout a command it serves:\n\n${indent(serve.helpInformation())}`)
  .addHelpText(
    'after',
    `
Examples:
  npm run reference-api -- --port 4010 --visitors-per-minute 30
  REFERENCE_API_KEY=$QRCS_API_KEY npm run reference-api -- --store api.db
  npm run reference-api -- --store api.db --faults 429=0.01,500=0.02,cut=0.01 --fault-seed 7
  npm run reference-api -- keys generate --store api.db
  npm run reference-api -- plan set pro --store api.db

With --control, programs on this machine that send its token (Authorization: Bearer …) may also use these paths, which
help tests and are not part of the API:
  GET    /_reference/audit            what was counted and refused, and the peaks of both windows
  GET    /_reference/scan-ids         the ids of all scans, one per line
  POST   /_reference/scans            inserts the given scans: [{"qr_code_id", "scanned_at", "id"?, …}]
  POST   /_reference/limits           sets the account's limits: {"per_minute", "per_month"}
  POST   /_reference/plan             sets the account's plan, with its limits: {"plan"}
  POST   /_reference/calls            counts calls of others in the month, not in the minute: {"count"}
  POST   /_reference/qr-codes         creates a code and returns its id: {"name", "destination_url"?}
  PATCH  /_reference/qr-codes/{id}    renames a code: {"name"}
  DELETE /_reference/qr-codes/{id}    deletes a code, softly
`,
  )

function indent(text: string): string {
  return text.replaceAll(/^(?=.)/gm, '  ')
}

try {
  await program.parseAsync()
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
