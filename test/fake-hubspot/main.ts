import { parseArgs } from 'node:util'
import { startFakeHubSpot } from './fake-hubspot.ts'
import { cardsPath, newContactPath } from './routes/control-path.ts'
import { limitsOfTier, type Tier } from './http/rate-limits.ts'

/**
 * The fake HubSpot as a process. Prints one line, `{"url", "token", "portalId", "page", "newContact"}`, and serves until it
 * is stopped; with --exit-with-parent also until its standard input ends.
 */
const { values } = parseArgs({
  options: {
    port: { type: 'string' },
    tier: { type: 'string', default: 'enterprise' },
    'ten-secondly': { type: 'string' },
    daily: { type: 'string' },
    'fault-rate': { type: 'string', default: '0' },
    'fault-seed': { type: 'string', default: '1' },
    'portal-id': { type: 'string' },
    'time-zone': { type: 'string' },
    'exit-with-parent': { type: 'boolean', default: false },
  },
})

const fake = await startFakeHubSpot({
  tier: tierOf(values.tier),
  limits: {
    ...(values['ten-secondly'] !== undefined && { tenSecondly: Number(values['ten-secondly']) }),
    ...(values.daily !== undefined && { daily: Number(values.daily) }),
  },
  faults: { rate: Number(values['fault-rate']), seed: Number(values['fault-seed']) },
  ...(values.port !== undefined && { port: Number(values.port) }),
  ...(values['portal-id'] !== undefined && { portalId: Number(values['portal-id']) }),
  ...(values['time-zone'] !== undefined && { timeZone: values['time-zone'] }),
})
process.stdout.write(
  `${JSON.stringify({
    url: fake.url,
    token: fake.token,
    portalId: fake.portalId,
    page: fake.url + cardsPath,
    newContact: fake.url + newContactPath,
  })}\n`,
)

const stop = () => void fake.close().then(() => process.exit())
process.on('SIGTERM', stop)
process.on('SIGINT', stop)
if (values['exit-with-parent']) process.stdin.resume().on('end', stop)

function tierOf(name: string): Tier {
  if (name in limitsOfTier) return name as Tier
  throw new Error(`--tier is one of ${Object.keys(limitsOfTier).join(', ')}, not ${name}`)
}
