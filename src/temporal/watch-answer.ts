import { setTimeout as sleep } from 'node:timers/promises'
import type { Client } from '@temporalio/client'
import ms from 'ms'
import { ConnectorError } from '../model/connector-error.ts'
import { isAway } from './is-away.ts'

const lookEveryMs = 2_000
/** A container or a machine restarts within this time. If the server is away for longer, the operator should find out why. */
const usualLimitMs = 60_000

export interface AnswerOptions {
  client: Client
  address: string
  /** A line when the server no longer answers, and one when it does again. */
  onStep: (text: string) => void
  /** How long it may be away. */
  limitMs?: number
  everyMs?: number
}

export interface AnswerWatch {
  /** Rejects with TEMPORAL_UNREACHABLE once the server has been away for too long; otherwise it stays pending. */
  lost: Promise<never>
  /** What a waiting command shows while the server is away; null while it answers. */
  away: () => string | null
  stop: () => void
}

/**
 * Checks regularly whether the server still answers, for a command that waits for something on it. Without it, a call that waits
 * for a result would hang silently for minutes when the server is gone.
 */
export function watchAnswer(options: AnswerOptions): AnswerWatch {
  const { client, address, onStep, limitMs = usualLimitMs, everyMs = lookEveryMs } = options
  const stopping = new AbortController()
  let awaySinceMs: number | null = null
  const awayText = `Temporal at ${address} does not answer; retrying for ${ms(limitMs, { long: true })}`

  const look = async () => {
    if (await answers(client)) {
      if (awaySinceMs !== null) onStep(`Temporal at ${address} answers again.`)
      awaySinceMs = null
      return
    }
    if (stopping.signal.aborted) return
    if (awaySinceMs === null) onStep(`${awayText}.`)
    awaySinceMs ??= Date.now()
    if (Date.now() - awaySinceMs < limitMs) return
    throw new ConnectorError(
      'TEMPORAL_UNREACHABLE',
      `The Temporal server at ${address} has not answered for ${ms(limitMs, { long: true })}, so this command stops waiting. ` +
        'Start the server again: running workflows then continue. "qrsync status" shows their state.',
      { retry: 'never' },
    )
  }
  const watch = async (): Promise<never> => {
    for (;;) {
      await sleep(everyMs, undefined, { signal: stopping.signal, ref: false }).catch(() => undefined)
      if (stopping.signal.aborted) return new Promise<never>(() => undefined)
      await look()
    }
  }
  const lost = watch()
  lost.catch(() => undefined)
  return {
    lost,
    away: () => (awaySinceMs === null ? null : awayText),
    stop() {
      stopping.abort()
    },
  }
}

/** Whether the server answers at all: a refusal counts as an answer. */
async function answers(client: Client): Promise<boolean> {
  try {
    await client.withDeadline(Date.now() + 2_000, () => client.workflowService.getSystemInfo({}))
    return true
  } catch (error) {
    return !isAway(error)
  }
}
