import { randomUUID } from 'node:crypto'
import type { Command } from 'commander'
import { addCommand } from '../../add-command.ts'
import { printResult } from '../../print.ts'
import { exitCodes, NoAnswer } from '../../run-to-exit.ts'

export function addAlerts(program: Command): void {
  const alerts = program.command('alerts').description('test where alerts go')
  addCommand(alerts, {
    name: 'test',
    description: 'send a test alert to each channel of the config file, and report which accept it',
    example: 'qrsync alerts test --config qrsync.yaml',
  })
    .option('--channel <name>', 'only this channel, such as slack, or slack-2 for the second in a list')
    .action(testAlerts)
}

interface TestOptions {
  config: string
  channel?: string
  json: boolean
}

interface Tested {
  channel: string
  at_least: string
  is_sent: boolean
  /** Why it was not sent; null if it was. */
  error: string | null
}

/**
 * Sends an alert that says it is a test, and ends it where it would stay open. Every channel gets it, whatever
 * severity it wants. Needs only the secrets of the channels.
 */
async function testAlerts({ config: path, channel, json }: TestOptions): Promise<void> {
  const { loadConfig } = await import('../../../config/load-config.ts')
  const { openChannels } = await import('../../../observability/alerts/open-channels.ts')
  const { WebhookFailure } = await import('../../../observability/alerts/channel.ts')
  const config = loadConfig(path, process.env, {
    mayLackSecrets: true,
    needed: ['alerts', 'observability.webhook'],
  })
  const all = await openChannels(config)
  const channels = all.filter(({ name }) => channel === undefined || name === channel)
  if (channels.length === 0) {
    const there = all.map(({ name }) => name).join(', ')
    throw new NoAnswer(
      all.length === 0
        ? 'The config file has no alerts: docs/observability.md shows how to add some.'
        : `The config file has no alert channel ${channel ?? ''}. It has: ${there}.`,
    )
  }
  const tested: Tested[] = []
  for (const target of channels) {
    const { name, atLeast, keepsOpen } = target
    const nowMs = Date.now()
    const event = {
      connector: config.connector,
      condition: 'test',
      destination: '',
      severity: atLeast,
      atMs: nowMs,
    }
    let error: string | null = null
    try {
      const text = 'This is a test of "qrsync alerts test". Nothing is wrong.'
      await target.send({ ...event, id: randomUUID(), state: 'began', beganAtMs: null, text })
      const over = 'over: it was a test.'
      if (keepsOpen) {
        await target.send({ ...event, id: randomUUID(), state: 'over', beganAtMs: nowMs, text: over })
      }
    } catch (failure) {
      if (!(failure instanceof WebhookFailure)) throw failure
      error = failure.message
    }
    tested.push({ channel: name, at_least: atLeast, is_sent: error === null, error })
  }
  if (tested.some(({ is_sent: isSent }) => !isSent)) process.exitCode = exitCodes.failed
  const result = { connector: config.connector, channels: tested }
  printResult(result, { json, inWords: ({ channels: each }) => each.map(describe).join('\n') })
}

function describe({ channel, at_least: atLeast, error }: Tested): string {
  if (error !== null) return `! ${channel}: ${error}`
  return `${channel}: sent. It gets alerts of severity ${atLeast}${atLeast === 'critical' ? '' : ' or higher'}.`
}
